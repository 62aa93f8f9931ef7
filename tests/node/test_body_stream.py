# SPDX-License-Identifier: Apache-2.0
"""A body's diagnostics when what comes cannot be used, on a node in this process."""

from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import rclpy
from diagnostic_msgs.msg import DiagnosticStatus

from kinest_ros.node.body_stream import BodyStream
from kinest_ros.node.kinest_node import KinestNode
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.node.performances import START_NS, sway

pytestmark = pytest.mark.ros


@pytest.fixture
def stream(ros_domain: int) -> Iterator[BodyStream]:
    """The only body of an active node that nobody spins: what it is to take is handed to it."""
    rclpy.init(domain_id=ros_domain, args=["--ros-args", "-p", "device:=cpu"])
    node = KinestNode()
    node.start()
    yield node._pipeline._streams[0]
    node.destroy_node()
    rclpy.shutdown()


def body_status(stream: BodyStream) -> DiagnosticStatus:
    return stream.statuses()[0]


def test_while_every_pose_raises_it_is_an_error_and_not_a_lost_head(
    stream: BodyStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = list(sway(0.5))
    with monkeypatch.context() as broken:
        broken.setattr(type(stream._tracker), "push_worn", lambda *_: 1 / 0)
        for frame in frames:
            stream._on_frame(frame, "/pose")
        status = body_status(stream)
        assert status.level == DiagnosticStatus.ERROR
        assert (
            status.message == f"faults of the node: {len(frames)} in the last second, see the log"
        )
    assert body_status(stream).level == DiagnosticStatus.WARN  # none since: a head that is awaited
    for frame in frames:
        stream._on_frame(frame, "/pose")
    # At once, so it is too slow by its own account; but it is tracking again.
    assert body_status(stream).level != DiagnosticStatus.ERROR
    assert stream._health.bodies > 20


def test_a_head_that_is_never_good_is_refused_and_not_awaited(stream: BodyStream) -> None:
    assert body_status(stream).message == "waiting for the first head pose"
    nowhere = TrackerPose((np.nan, 0.0, 1.5), (0.0, 0.0, 0.0, 1.0))
    for index in range(5):
        stream._on_frame(TrackerFrame(START_NS + index, {"head": nowhere}), "/pose")
    status = body_status(stream)
    assert status.level == DiagnosticStatus.ERROR
    assert status.message == "head poses arrive but are refused (5 invalid): see the log"
