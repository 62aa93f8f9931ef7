# SPDX-License-Identifier: Apache-2.0
"""Well-formed poses that mean something else are named, and right ones are left alone."""

import numpy as np
import pytest

from kinest_ros.body.joints import SLOTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.formats.recordings.aframe import read_aframe
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.node.diagnostics.plausibility import PlausibilityWatch
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from kinest_ros.tracking.settings import TrackerSettings
from tests.tracking.fakes import link_poses

HANDS = ("left_hand", "right_hand")


@pytest.fixture(scope="module")
def walk():
    person = Skeleton.from_stature(1.70)
    motion = generate("walking", person, seed=1, duration=12.0, fps=60.0)
    poses = zip(motion.local_rotations, motion.root_position, strict=True)
    seen = [link_poses(*pose, person.rest_offsets) for pose in poses]
    return [{slot: pose for slot, pose in each.items() if slot in SLOTS[:3]} for each in seen]


def notes(stream, settings=None):
    watch, found = PlausibilityWatch(), {}
    for index, poses in enumerate(stream):
        frame = TrackerFrame(round((index + 1) * 1e9 / 60), poses)
        found.update(watch.check(frame, settings or TrackerSettings()))
    return found


def changed(stream, position=lambda pose, head: pose.position, order=(0, 1, 2, 3), slots=SLOTS):
    return [
        {
            slot: TrackerPose(position(pose, poses["head"]), np.array(pose.quaternion)[list(order)])
            if slot in slots
            else pose
            for slot, pose in poses.items()
        }
        for poses in stream
    ]


@pytest.mark.slow
def test_who_walks_about_is_left_alone(walk):
    assert not notes(walk)


def test_w_first_is_named(walk):
    found = notes(changed(walk, order=(3, 0, 1, 2)))
    assert list(found) == ["quaternion order"] and "x, y, z, w" in found["quaternion order"]


@pytest.mark.parametrize(
    ("parts", "unit", "slots"),
    [(100.0, "centimetres", SLOTS), (1000.0, "millimetres", SLOTS), (100.0, "centimetres", HANDS)],
)
def test_other_units_are_named(walk, parts, unit, slots):
    found = notes(changed(walk, lambda pose, _: pose.position * parts, slots=slots))
    assert list(found) == ["units"] and unit in found["units"]


def test_exchanged_hands_are_named_whatever_they_are_called(walk):
    other = dict(zip(HANDS, reversed(HANDS), strict=True))
    exchanged = [{other.get(slot, slot): pose for slot, pose in each.items()} for each in walk]
    assert "calibrate" in notes(exchanged)["exchanged hands"]


@pytest.mark.parametrize("exchanged", [False, True])
def test_exchanged_hands_of_somebody_who_waves_are_named(exchanged):
    """They never hang, but are farther apart than anybody's crossed hands."""

    def moment(time: float) -> dict[str, TrackerPose]:
        upright, poses = (0.0, 0.0, 0.0, 1.0), {}
        poses["head"] = TrackerPose((0.01 * np.sin(time), 0.0, 1.62), upright)
        for sign, slot in zip((1.0, -1.0), HANDS, strict=True):
            side = -sign if exchanged else sign
            wave = 0.15 * np.sin(5.0 * time + sign)
            poses[slot] = TrackerPose((0.2, side * (0.45 + wave), 1.45 + wave), upright)
        return poses

    found = notes([moment(tick / 60.0) for tick in range(600)])
    assert list(found) == ["exchanged hands"] * exchanged


def test_hands_exchanged_while_running_and_back(walk):
    other = dict(zip(HANDS, reversed(HANDS), strict=True))
    exchanged = [{other.get(slot, slot): pose for slot, pose in each.items()} for each in walk]
    watch, seen = PlausibilityWatch(), []
    for index, poses in enumerate([*walk, *exchanged, *walk]):
        watch.check(TrackerFrame(round((index + 1) * 1e9 / 60), poses), TrackerSettings())
        seen.append("exchanged hands" in watch.notes)
    third = len(walk)
    assert not any(seen[:third]) and any(seen[third : 2 * third]) and not any(seen[-third // 2 :])


def test_hands_in_the_frame_of_the_head_are_named(walk):
    found = notes(changed(walk, lambda pose, head: pose.position - head.position, slots=HANDS))
    assert list(found) == ["head frame"] and "left_hand and right_hand" in found["head frame"]


@pytest.mark.slow
def test_recordings_are_left_alone(shared_data):
    for path in sorted((shared_data / "headset").glob("*.json")):
        watch = PlausibilityWatch()
        for frame in read_aframe(path).frames():
            assert not watch.check(frame, TrackerSettings()), path
