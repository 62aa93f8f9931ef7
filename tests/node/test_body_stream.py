# SPDX-License-Identifier: Apache-2.0
"""A body's diagnostics when what comes cannot be used, on a node in this process."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

from kinest_ros.body.joints import SLOTS
from kinest_ros.node.body_stream import BodyStream
from kinest_ros.node.kinest_node import KinestNode
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.node.performances import START_NS, sway

pytestmark = pytest.mark.ros


@contextmanager
def active_node(domain: int, *arguments: str) -> Iterator[KinestNode]:
    """An active node that nobody spins: what it is to take is handed to it."""
    rclpy.init(domain_id=domain, args=["--ros-args", "-p", "device:=cpu", *arguments])
    node = KinestNode()
    node.start()
    node._pipeline._diagnosed = math.inf  # its timer does not run here, and need not be made up for
    try:
        yield node
    finally:
        node.destroy_node()
        rclpy.shutdown()


@contextmanager
def active(domain: int, *arguments: str) -> Iterator[BodyStream]:
    """The only body of such a node."""
    with active_node(domain, *arguments) as node:
        yield node._pipeline._streams[0]


@pytest.fixture
def stream(ros_domain: int) -> Iterator[BodyStream]:
    with active(ros_domain) as stream:
        yield stream


def body_status(stream: BodyStream) -> DiagnosticStatus:
    return stream.statuses()[0]


def test_while_every_pose_raises_it_is_an_error_and_not_a_lost_head(
    stream: BodyStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = list(sway(0.5))
    with monkeypatch.context() as broken:
        broken.setattr(type(stream._tracker), "steps", lambda *_: 1 / 0)
        for frame in frames:
            stream._on_frame(frame, "/pose")
        status = body_status(stream)
        assert status.level == DiagnosticStatus.ERROR
        assert status.message == f"internal errors: {len(frames)} in the last second, see the log"
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


def statuses(stream: BodyStream) -> dict[str, tuple[bytes, str]]:
    return {s.name.removeprefix("kinest: "): (s.level, s.message) for s in stream.statuses()}


@pytest.mark.parametrize(
    "trackers",
    [
        ("head",),
        ("head", "left_hand", "right_hand"),
        ("right_hand", "left_hand", "head"),
        ("left_foot", "head", "right_hand", "left_hand", "right_foot", "pelvis"),
    ],
)
def test_any_trackers_in_any_order(ros_domain: int, trackers: tuple[str, ...]) -> None:
    with active(ros_domain, "-p", f"trackers:=[{', '.join(trackers)}]") as stream:
        resets = stream._tracker.stats.resets
        coming = [slot for slot in trackers if slot in ("head", "right_hand", "pelvis")]
        for frame in sway(2.0, 60.0, slots=tuple(coming)):
            stream._on_frame(frame, "/pose")
        assert (stream._faults, stream._tracker.stats.resets) == (0, resets)
        assert stream._health.bodies >= 117
        used = {slot: health.used > 0 for slot, health in stream._health.report().trackers.items()}
        assert used == {slot: slot in coming for slot in SLOTS}


def exchange(stream: BodyStream) -> None:
    """Tell the body, as ~/calibrate does, that left is right."""
    tracker = stream._tracker
    tracker.wear(tracker.skeleton, replace(tracker.settings, swap_hands=True))
    stream._follow_skeleton()


def called_left(seconds: float, start: float = 0.0) -> Iterator[TrackerFrame]:
    """Head and right hand, whose device is called left."""
    for frame in sway(
        seconds, slots=("head", "right_hand"), start_ns=START_NS + round(start * 1e9)
    ):
        poses = {slot.replace("right", "left"): pose for slot, pose in frame.poses.items()}
        yield replace(frame, poses=poses)


@pytest.mark.parametrize("when", ["before", "after"])
def test_exchanged_hands_go_by_the_wearers_names_everywhere(stream: BodyStream, when: str) -> None:
    if when == "before":
        exchange(stream)
    for frame in called_left(2.0):
        stream._on_frame(frame, "/kinest/left_hand/pose")
    if when == "after":
        assert set(statuses(stream)) == {"body", "clock", "head", "left_hand"}
        exchange(stream)
        for frame in called_left(1.0, start=2.0):
            stream._on_frame(frame, "/kinest/left_hand/pose")
    assert stream._health._trackers["right_hand"].used > 50
    found = statuses(stream)
    assert set(found) == {"body", "clock", "head", "right_hand"}
    assert found["right_hand"] == (DiagnosticStatus.OK, "tracking")
    received = stream._tracker.stats.received
    assert received["right_hand"] == received["head"] and received["left_hand"] == 0
    assert stream._faults == 0


def test_a_bad_pose_of_an_exchanged_hand_costs_the_others_nothing(stream: BodyStream) -> None:
    exchange(stream)
    nowhere = TrackerPose((np.nan, 0.0, 1.5), (0.0, 0.0, 0.0, 1.0))
    for frame in sway(0.5):
        if "head" in frame.poses:
            poses = {**frame.poses, "left_hand": nowhere, "right_hand": frame.poses["head"]}
            stream._on_frame(replace(frame, poses=poses), "/pose")
    stats = stream._tracker.stats
    assert stats.dropped_invalid["right_hand"] == 36 == stats.received["left_hand"]
    assert stats.dropped_invalid["left_hand"] == 0
    assert stream._health._trackers["left_hand"].used > 20
    assert {"left_hand", "right_hand"} - set(statuses(stream)) == {"right_hand"}


def test_calibration_sees_the_names_that_were_sent(
    stream: BodyStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[TrackerFrame] = []
    monkeypatch.setattr(stream._calibrating, "sample", kept.append)
    exchange(stream)
    frames = list(called_left(0.2))
    for frame in frames:
        stream._on_frame(frame, "/pose")
    assert kept == frames


def test_the_hand_that_is_missed_is_the_wearers(stream: BodyStream) -> None:
    exchange(stream)
    for frame in called_left(0.5):
        stream._on_frame(frame, "/pose")
    unheard = [stream._report.explain_silence(stream._health.report(), {}) for _ in range(8)][-1]
    assert unheard == {"left_hand": "nobody publishes /kinest/right_hand/pose"}


def test_a_node_in_a_namespace_is_told_apart(ros_domain: int) -> None:
    with active(ros_domain, "-r", "__ns:=/robot1", "-p", "body_id:=bob") as stream:
        for frame in sway(0.3):
            stream._on_frame(frame, "/pose")
        for status in stream.statuses():
            assert status.name.startswith("/robot1/kinest bob: ")
            assert status.hardware_id == "/robot1/kinest"


def test_diagnostics_come_while_poses_keep_the_timer_waiting(
    ros_domain: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with active_node(ros_domain) as node:
        sent: list[DiagnosticArray] = []
        monkeypatch.setattr(node._pipeline, "_diagnostics", SimpleNamespace(publish=sent.append))
        frame = next(iter(sway(0.1)))
        node._pipeline._streams[0]._on_frame(frame, "/pose")
        assert not sent
        node._pipeline._diagnosed = time.monotonic() - 10.0
        for _ in range(5):
            node._pipeline._streams[0]._on_frame(frame, "/pose")
        assert len(sent) == 1
