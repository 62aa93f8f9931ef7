# SPDX-License-Identifier: Apache-2.0
"""Stamps on another clock than ROS time, over DDS: told, and mended with restamp."""

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from diagnostic_msgs.msg import DiagnosticStatus

from tests.node.live import Client, NodeProcess, published, stamp_of, wait_for
from tests.node.performances import START_NS, sway

pytestmark = pytest.mark.ros

#: ns, by which the left hand's clock is ahead of the head's: more than the time between two poses
#: that a busy machine lets through.
AHEAD = 400_000_000


@pytest.fixture(scope="module", params=[False, True], ids=["as they are", "restamped"])
def fed(
    ros_domain: int, client: Client, request: pytest.FixtureRequest
) -> Iterator[tuple[bool, NodeProcess]]:
    """A node that is sent stamps of years ago, and whether it restamps."""
    frames = (
        replace(frame, stamp_ns=frame.stamp_ns + AHEAD) if "left_hand" in frame.poses else frame
        for frame in sway(240.0, rate=20.0, slots=("head", "left_hand"))
    )
    restamp = str(request.param).lower()
    with NodeProcess("autostart:=true", "device:=cpu", f"restamp:={restamp}") as process:
        process.wait_for_log("active")
        client.wait_matched()
        client.clear()
        with published(client, frames):
            wait_for(lambda: len(client.bodies) > 90, 60.0)
            wait_for(lambda: named(client, "clock") is not None, 60.0)
            wait_for(lambda: "stamps arrive" in named(client, "left_hand").message, 60.0)
        yield request.param, process
        process.stop()
    client.wait_unmatched()
    client.clear()
    client.descriptions.clear()


def named(client: Client, name: str) -> DiagnosticStatus | None:
    """The newest status of that name."""
    found = [s for d in client.diagnostics for s in d.status if s.name == f"kinest: {name}"]
    return found[-1] if found else None


def test_everything_has_the_same_stamp(fed: tuple[bool, NodeProcess], client: Client) -> None:
    restamped, _ = fed
    stamps = np.array([stamp_of(body) for body in client.bodies])
    assert (np.diff(stamps) > 0).all()
    now = time.time_ns()
    if restamped:
        assert stamps[0] > now - 3600e9 and stamps[-1] <= now
    else:
        assert stamps[0] >= START_NS and stamps[-1] <= START_NS + 240e9
    for messages in (
        [stamp_of(message) for message in client.joint_states],
        [stamp_of(message.transforms[-1]) for message in client.transforms if message.transforms],
    ):
        assert len(set(messages) & set(stamps.tolist())) > 80


def test_far_stamps_are_told_and_how_to_mend_them(
    fed: tuple[bool, NodeProcess], client: Client
) -> None:
    restamped, process = fed
    status = named(client, "clock")
    assert "days behind ROS time" in status.message
    lines = [line for line in process.log.splitlines() if "behind ROS time" in line]
    if restamped:
        assert status.level == DiagnosticStatus.OK and not lines
    else:
        assert status.level == DiagnosticStatus.WARN
        assert len(lines) == 1 and "set the parameter restamp" in lines[0]


def test_a_hand_on_another_clock_is_named(fed: tuple[bool, NodeProcess], client: Client) -> None:
    _, process = fed
    status = named(client, "left_hand")
    assert status.level == DiagnosticStatus.WARN and "ahead of the head's" in status.message
    values = {pair.key: pair.value for pair in status.values}
    assert abs(float(values["offset to the head (ms)"]) - AHEAD / 1e6) < 200
    assert float(values["measured (Hz)"]) > 0.0
    lines = [line for line in process.log.splitlines() if "left_hand: stamps arrive" in line]
    assert len(lines) == 1
