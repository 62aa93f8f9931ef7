# SPDX-License-Identifier: Apache-2.0
"""What is told of devices that are lost, frozen or not worn, on a node in this process."""

import re
from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import Pose

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.msg import Tracker, TrackerArray
from kinest_ros.node.body_stream import BodyStream
from kinest_ros.node.kinest_node import KinestNode
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.node.live import fill_pose
from tests.node.performances import START_NS, sway

pytestmark = pytest.mark.ros

NOWHERE = TrackerPose((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
NO = TrackerArray.WORN_NO


@pytest.fixture
def started(ros_domain: int) -> Iterator[Callable[..., BodyStream]]:
    """Starts a node that nobody spins, and returns its only body: it is handed what it takes."""
    nodes = []

    def start(*parameters: str) -> BodyStream:
        given = [part for name in ("device:=cpu", *parameters) for part in ("-p", name)]
        rclpy.init(domain_id=ros_domain, args=["--ros-args", *given])
        nodes.append(KinestNode())
        nodes[0].start()
        return nodes[0]._pipeline._streams[0]

    yield start
    nodes[0].destroy_node()
    rclpy.shutdown()


def told(stream: BodyStream, slot: str = "body") -> tuple[bytes, str]:
    found = {status.name: status for status in stream.statuses()}[f"kinest: {slot}"]
    return found.level, found.message


def log_of(stream: BodyStream, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    logger = stream._node.get_logger()

    def note(line: str) -> None:
        if "behind ROS time" not in line:  # the stamps of invented people are
            lines.append(line)

    monkeypatch.setattr(logger, "warning", note)
    monkeypatch.setattr(stream._node, "get_logger", lambda: logger)
    return lines


def test_a_lost_hand_at_the_origin_is_named(started, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = started()
    lines = log_of(stream, monkeypatch)
    for frame in sway(1.0):
        if "left_hand" in frame.poses:
            frame = TrackerFrame(frame.stamp_ns, {"left_hand": NOWHERE})
        stream._on_frame(frame, "/pose")
    why = "sent at (0, 0, 0) without a rotation: a placeholder, lost or not worn"
    level, text = told(stream)
    assert level == DiagnosticStatus.WARN and text == f"tracking without left_hand ({why})"
    assert lines == [f"left_hand: {why}"]
    told(stream)
    assert len(lines) == 1  # not once a second


def test_a_frozen_hand_and_a_frozen_head_are_named(started, monkeypatch) -> None:
    stream = started()
    lines = log_of(stream, monkeypatch)
    frozen: dict[str, TrackerPose] = {}
    for frame in sway(2.5):
        (slot,) = frame.poses
        if slot == "left_hand" and frame.stamp_ns > START_NS:
            frame = TrackerFrame(frame.stamp_ns, {slot: frozen.setdefault(slot, frame.poses[slot])})
        stream._on_frame(frame, "/pose")
    level, text = told(stream)
    assert level == DiagnosticStatus.WARN
    assert text.startswith("tracking without left_hand (the same pose for 2.")
    assert text.endswith(" s: frozen)")
    assert len(lines) == 1 and "s: frozen; if the tracker really is" in lines[0]
    for index in range(100):
        frame = TrackerFrame(START_NS + 3 * 10**9 + index * 2 * 10**7, {"head": sway_head()})
        stream._on_frame(frame, "/pose")
    level, text = told(stream)
    assert level == DiagnosticStatus.ERROR
    assert text.startswith("head lost (the same pose for 2.0 s: frozen)")


def sway_head() -> TrackerPose:
    return next(frame.poses["head"] for frame in sway(0.1) if "head" in frame.poses)


def arrays(worn: int, first: int, last: int) -> Iterator[TrackerArray]:
    for index, frame in enumerate(f for f in sway(8.0) if "head" in f.poses):
        if first <= index < last:
            tracker = Tracker(slot="head", pose=Pose(), valid=worn != NO)
            fill_pose(tracker.pose, frame.poses["head"])
            message = TrackerArray(trackers=[tracker], worn=worn)
            message.header.frame_id = "world"
            stamp = message.header.stamp
            stamp.sec, stamp.nanosec = divmod(frame.stamp_ns, 1_000_000_000)
            yield message


def test_the_trackers_own_flag_silences(started) -> None:
    """Also where a headset that is not worn sends no valid pose."""
    stream = started("input:=tracker_array")
    take = stream._input._on_message

    def bodies_of(worn: int, first: int, last: int) -> int:
        before = stream._health.bodies
        for message in arrays(worn, first, last):
            take("trackers", "/kinest/trackers", message)
        return stream._health.bodies - before

    assert bodies_of(TrackerArray.WORN_YES, 0, 60) > 40
    assert bodies_of(NO, 60, 90) == 0
    level, text = told(stream)
    assert level == DiagnosticStatus.WARN
    assert text == "headset not worn: nothing is published until it is"
    assert bodies_of(TrackerArray.WORN_UNKNOWN, 90, 150) > 40
    assert "not worn" not in told(stream)[1]


def test_feet_in_the_air_are_told_of(started, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody on a platform, whose stature is given."""
    stream = started("stature:=1.6")
    lines = log_of(stream, monkeypatch)
    for frame in sway(8.0):
        if "head" in frame.poses:
            head = frame.poses["head"]
            high = TrackerPose((head.position[0], head.position[1], 1.9), head.quaternion)
            stream._on_frame(TrackerFrame(frame.stamp_ns, {"head": high}), "/pose")
    level, text = told(stream)
    assert level == DiagnosticStatus.WARN
    gap = float(re.fullmatch(r".*the standing feet are (\d+) cm above the floor", text)[1])
    assert gap == pytest.approx(100.0 * (1.9 - Skeleton.from_stature(1.6).head_height), abs=4.0)
    assert any("taller than the skeleton" in line for line in lines)
