# SPDX-License-Identifier: Apache-2.0
"""A second node of the same name is told of, once it is no leftover of a restart."""

import time
from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import rclpy
from rclpy.context import Context

from kinest_ros.node.namesakes import PATIENCE, PERIOD, Namesakes

pytestmark = pytest.mark.ros


@pytest.fixture
def context(ros_domain: int) -> Iterator[Context]:
    context = Context()
    rclpy.init(context=context, domain_id=ros_domain)
    yield context
    rclpy.shutdown(context=context)


def test_a_namesake_is_named_after_a_while_and_not_over_and_over(context: Context) -> None:
    lines: list[str] = []
    node = rclpy.create_node("twin", namespace="/lab", context=context)
    watch = Namesakes(node, lines.append)
    for _ in range(PATIENCE + 1):
        assert watch.statuses() == []
    other = rclpy.create_node("twin", namespace="/lab", context=context)
    elsewhere = rclpy.create_node("twin", namespace="/field", context=context)
    end = time.monotonic() + 20.0
    while node.get_node_names().count("twin") < 3 and time.monotonic() < end:
        time.sleep(0.05)
    for _ in range(PATIENCE - 1):
        assert watch.statuses() == [], "one that was killed is listed for a while"
    for _ in range(PERIOD):
        (status,) = watch.statuses()
        assert status.name == "/lab/twin: name"
        assert "2 nodes are called /lab/twin" in status.message
    assert len(lines) == 1 and "__node:=" in lines[0]
    other.destroy_node()
    while node.get_node_names().count("twin") > 2 and time.monotonic() < end:
        time.sleep(0.05)
    assert watch.statuses() == []
    elsewhere.destroy_node()
    node.destroy_node()
