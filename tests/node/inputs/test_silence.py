# SPDX-License-Identifier: Apache-2.0
"""What the graph can tell about a topic that is silent, with real publishers and subscriptions."""

from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import rclpy
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from rclpy.context import Context
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy

from kinest_ros.node.inputs.silence import explain_silence
from tests.node.live import Client, wait_for

pytestmark = pytest.mark.ros


@pytest.fixture(scope="module")
def listener(ros_domain: int) -> Iterator[Node]:
    context = Context()
    rclpy.init(context=context, domain_id=ros_domain)
    yield rclpy.create_node("listener", context=context)
    rclpy.shutdown(context=context)


@pytest.mark.parametrize(
    ("kind", "reliability", "expected"),
    [
        (None, None, "nobody publishes /silence/"),
        (PoseWithCovarianceStamped, ReliabilityPolicy.RELIABLE, "as geometry_msgs/msg/PoseWithCov"),
        (PoseStamped, ReliabilityPolicy.BEST_EFFORT, "set qos_reliability to best_effort"),
        (PoseStamped, ReliabilityPolicy.RELIABLE, None),
    ],
    ids=["nobody", "other_type", "best_effort", "right"],
)
def test_what_keeps_poses_away_is_said(
    client: Client, listener: Node, request, kind, reliability, expected
) -> None:
    topic = f"/silence/{request.node.callspec.id}"
    listener.create_subscription(PoseStamped, topic, print, 10)  # asks for reliable
    if kind is not None:
        client.node.create_publisher(kind, topic, QoSProfile(depth=1, reliability=reliability))

    def explained() -> bool:
        text = explain_silence(listener, topic, PoseStamped)
        return text is None if expected is None else text is not None and expected in text

    wait_for(explained, 10.0)


def test_what_the_node_publishes_itself_is_no_source(listener: Node) -> None:
    """As on /tf, where the body goes out by the topic on which trackers may come in."""
    listener.create_publisher(PoseStamped, "/silence/own", 10)
    wait_for(lambda: listener.get_publishers_info_by_topic("/silence/own"), 10.0)
    said, _, others = explain_silence(listener, "/silence/own", PoseStamped).partition(";")
    assert said == "nobody publishes /silence/own"
    assert "/silence/own" not in others.replace("-r /silence/own:=", "")


def test_topics_that_may_be_meant_are_named(client: Client, listener: Node) -> None:
    """The most similar names; none of another type, listened to, or without a publisher."""
    for kind, topic in (
        (PoseStamped, "/vr/missed"),
        (PoseStamped, "/heard/missed"),
        (PoseWithCovarianceStamped, "/other/missed"),
    ):
        client.node.create_publisher(kind, topic, 10)
    client.node.create_subscription(PoseStamped, "/too/missed", print, 10)
    listener.create_subscription(PoseStamped, "/heard/missed", print, 10)
    listener.create_subscription(PoseStamped, "/silence/missed", print, 10)

    def others() -> str:
        text = explain_silence(listener, "/silence/missed", PoseStamped)
        assert text is not None and text.startswith("nobody publishes /silence/missed")
        return text

    wait_for(lambda: "/vr/missed" in others(), 10.0)
    assert others().endswith("-r /silence/missed:=/NAME")
    assert not any(name in others() for name in ("/heard/", "/other/", "/too/"))
