# SPDX-License-Identifier: Apache-2.0
"""Each kind of message gives each tracker its own pose, and none to those that have none.

Messages go from the senders straight to the input's callbacks, without a network.
"""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from geometry_msgs.msg import Pose

from kinest_ros.body.joints import SLOTS
from kinest_ros.decoding.options import InputOptions
from kinest_ros.node.inputs.registry import INPUTS, create_input
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.node.inputs.routes import ROUTES
from tests.node.performances import START_NS, THREE, sway


class Wire:
    """A node on which what is published is heard at once."""

    def __init__(self) -> None:
        self._callbacks: dict[str, Callable[[Any], None]] = {}

    def resolve_topic_name(self, name: str, only_expand: bool = False) -> str:
        return name.replace("~", "/kinest")

    def create_subscription(self, kind: type, topic: str, callback: Any, *_: Any, **__: Any) -> Any:
        self._callbacks[topic] = callback
        return SimpleNamespace(topic_name=topic, msg_type=kind)

    def create_publisher(self, kind: type, topic: str, _: Any) -> Any:
        def publish(message: Any) -> None:
            assert isinstance(message, kind)
            self._callbacks[topic](message)

        return SimpleNamespace(publish=publish)


def frames_at(count: int, slots: tuple[str, ...]) -> list[TrackerFrame]:
    """Frames with a pose of each slot at each time, of values that no other pose has."""
    by_stamp: dict[int, dict[str, TrackerPose]] = {}
    for frame in sway(count / 72.0, slots=slots):
        by_stamp.setdefault(frame.stamp_ns, {}).update(frame.poses)
    return [TrackerFrame(stamp, poses, "world") for stamp, poses in by_stamp.items()]


def heard(name: str, frames: list[TrackerFrame]) -> dict[tuple[int, str], TrackerPose]:
    """What an input makes of frames sent as its kind of message, by stamp and slot."""
    pytest.importorskip(f"{INPUTS[name].package}.msg", reason="for tests, make setup builds it")
    wire, found, warnings = Wire(), {}, []

    def take(frame: TrackerFrame, topic: str) -> None:
        assert frame.frame_id == "world" and topic.startswith("/")
        for slot, pose in frame.poses.items():
            assert (frame.stamp_ns, slot) not in found, "each pose once"
            found[frame.stamp_ns, slot] = pose

    parameters = getattr(ROUTES[name], "parameters", {})
    sources = {
        key.removeprefix("source."): value
        for key, value in parameters.items()
        if key.startswith("source.")
    }
    options = InputOptions(sources=sources)
    source = create_input(name, wire, options, take, lambda *text: warnings.append(text))
    source.start()
    route = ROUTES[name](wire)
    for frame in frames:
        route.send(frame)
    assert warnings == []
    return found


def assert_same(
    found: Mapping[tuple[int, str], TrackerPose], frames: list[TrackerFrame], but: int = 0
) -> None:
    """Compare, leaving out the poses of the first `but` stamps: a chain may not be known yet."""
    sent = {(f.stamp_ns, slot): pose for f in frames for slot, pose in f.poses.items()}
    early = {frame.stamp_ns for frame in frames[:but]}
    assert found.keys() - sent.keys() == set()
    assert {key for key in sent.keys() - found.keys() if key[0] not in early} == set()
    for key, pose in found.items():
        np.testing.assert_allclose(pose.position, sent[key].position, atol=1e-9)
        cosine = abs(np.dot(pose.quaternion, sent[key].quaternion))
        assert cosine == pytest.approx(1.0, abs=1e-9), key


def slots_of(name: str) -> tuple[str, ...]:
    return THREE if name == "isaac_teleop" else SLOTS  # it has no more


@pytest.mark.parametrize("name", ROUTES)
def test_each_tracker_has_its_own_pose(name: str) -> None:
    frames = frames_at(5, slots_of(name))
    assert_same(heard(name, frames), frames, but=name == "tf")


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("lost", ["head", "left_hand", "right_hand"])
def test_a_tracker_without_a_valid_pose_has_none(name: str, lost: str) -> None:
    """It is left out, or there with a pose that means nothing and marked as not valid."""
    frames = frames_at(6, slots_of(name))
    gone = [
        TrackerFrame(frame.stamp_ns, {s: p for s, p in frame.poses.items() if s != lost}, "world")
        for frame in frames
    ]
    sent = [*frames[:2], *gone[2:4], *frames[4:]]
    found = heard(name, sent)
    assert_same(found, sent, but=name == "tf")
    stamps = {stamp for stamp, slot in found if slot == lost}
    assert stamps.isdisjoint({frame.stamp_ns for frame in gone[2:4]})


def test_the_validity_of_a_pose_is_its_own() -> None:
    """Whatever stands beside it in the message: valid ones before, after and between others."""
    kind = pytest.importorskip("teleop_ros2_interfaces.msg", reason="make setup builds it")
    wire, found = Wire(), []
    source = create_input("isaac_teleop", wire, InputOptions(), lambda f, _: found.append(f), print)
    source.start()
    for valid in ((True, False), (False, True), (True, True), (False, False)):
        message = kind.NamedPoseArray(name=["left", "right"], pose=[Pose(), Pose()])
        message.header.stamp.sec = START_NS // 1_000_000_000
        message.is_valid = list(valid)
        wire._callbacks["/kinest/poses"](message)
    slots = [sorted(frame.poses) for frame in found]
    assert slots == [["left_hand"], ["right_hand"], ["left_hand", "right_hand"]]
