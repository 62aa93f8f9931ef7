# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.calibration.calibration import calibrate
from kinest_ros.calibration.held_pose import held_pose
from kinest_ros.calibration.refusal import REFUSALS, Refusal
from kinest_ros.calibration.samples import Samples
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.calibration.people import START_NS, Person


def changed(
    frames: Iterable[TrackerFrame], change: Callable[[float, str, TrackerPose], TrackerPose | None]
) -> Iterator[TrackerFrame]:
    """Frames with change(seconds, slot, pose) applied; None drops the pose."""
    for frame in frames:
        time = (frame.stamp_ns - START_NS) * 1e-9
        poses = {slot: change(time, slot, pose) for slot, pose in frame.poses.items()}
        yield replace(frame, poses={slot: pose for slot, pose in poses.items() if pose})


def refusal(frames: Iterable[TrackerFrame]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        calibrate(Samples.from_frames(frames))
    return caught.value


def turned(pose: TrackerPose, **euler: float) -> TrackerPose:
    """The pose turned in its own axes, by degrees about one of them."""
    ((axis, degrees),) = euler.items()
    turn = Rotation.from_quat(pose.quaternion) * Rotation.from_euler(axis, degrees, degrees=True)
    return TrackerPose(pose.position, turn.as_quat())


def without(slot_gone: str, after: float = -1.0):
    return lambda t, slot, pose: None if slot == slot_gone and t > after else pose


def walking(t: float, slot: str, pose: TrackerPose) -> TrackerPose:
    return TrackerPose(pose.position + np.array((0.3 * t, 0.0, 0.0)), pose.quaternion)


def waving(t: float, slot: str, pose: TrackerPose) -> TrackerPose:
    wave = 0.08 * np.sin(6.0 * t) * (slot == "left_hand")
    return TrackerPose(pose.position + np.array((0.0, 0.0, wave)), pose.quaternion)


def twisting(t: float, slot: str, pose: TrackerPose) -> TrackerPose:
    return turned(pose, x=30.0 * np.sin(3.0 * t)) if slot == "right_hand" else pose


def looking_down(t: float, slot: str, pose: TrackerPose) -> TrackerPose:
    return turned(pose, y=40.0) if slot == "head" else pose


def looking_aside(t: float, slot: str, pose: TrackerPose) -> TrackerPose:
    return turned(pose, z=40.0) if slot == "head" else pose


@pytest.mark.parametrize(
    ("frames", "code", "text"),
    [
        (changed(Person().frames(), without("left_hand")), "missing", "left_hand"),
        (changed(Person().frames(), without("right_hand", 1.0)), "few_samples", "right_hand"),
        (Person().frames(seconds=1.0), "few_samples", "head"),
        (Person().frames(rate=8.0), "few_samples", "samples"),
        (changed(Person().frames(), walking), "moved", "head moved by"),
        (changed(Person().frames(), waving), "moved", "left_hand moved by"),
        (changed(Person().frames(), twisting), "moved", "right_hand turned by"),
        (changed(Person().frames(), looking_down), "head_not_level", "nose down 40°"),
        (changed(Person().frames(), looking_aside), "head_turned", "to the left"),
        (Person(arms_up=-45.0).frames(), "no_pose", "points 4"),
        (Person(arms_up=40.0).frames(), "no_pose", "up"),
        (Person(arms_forward=60.0).frames(), "no_pose", "forward"),
        (Person(pose="I", arms_up=40.0).frames(), "no_pose", "down"),
    ],
)
def test_refusals(frames: Iterable[TrackerFrame], code: str, text: str) -> None:
    refused = refusal(frames)
    assert refused.code == code and code in REFUSALS
    assert text in str(refused)


def test_bent_arms_are_refused() -> None:
    def at_the_chest(t: float, slot: str, pose: TrackerPose) -> TrackerPose:
        if slot == "head":
            return pose
        side = 0.25 if slot == "left_hand" else -0.25
        place = np.array((0.6, -1.2, 1.4)) + Rotation.from_euler("z", 30, degrees=True).apply(
            (0.15, side, 0.0)
        )
        return TrackerPose(place, pose.quaternion)

    assert refusal(changed(Person().frames(), at_the_chest)).code == "arms_bent"


def test_one_arm_out_and_one_hanging_is_neither() -> None:
    hanging = {frame.stamp_ns: frame for frame in Person(pose="I").frames()}
    frames = []
    for frame in Person().frames():
        left = hanging[frame.stamp_ns].poses["left_hand"]
        frames.append(replace(frame, poses={**frame.poses, "left_hand": left}))
    refused = refusal(frames)
    assert refused.code == "no_pose"
    assert "left arm points" in str(refused)


@pytest.mark.parametrize("pose", "TI")
def test_means_and_heading(pose: str) -> None:
    person = Person(pose=pose, heading=-140.0, noise=0.002)
    samples = Samples.from_frames(person.frames())
    held = held_pose(samples.last(2.0))
    assert held.kind == pose
    assert np.degrees(held.heading) == pytest.approx(-140.0, abs=1.0)
    exact = next(iter(replace(person, noise=0.0).frames()))
    for slot, true in exact.poses.items():
        np.testing.assert_allclose(held.positions[slot], true.position, atol=1e-3)
        assert 0.002 < held.move[slot] < 0.006


def test_a_head_turned_a_little_does_not_turn_the_body() -> None:
    """The line of the hands tells better where the chest faces."""
    crooked = Mount((-0.09, 0.0, -0.087), (0.0, 0.0, np.radians(12.0)))
    person = Person(heading=0.0)
    person = replace(person, mounts={**person.mounts, "head": crooked})
    held = held_pose(Samples.from_frames(person.frames()).last(2.0))
    assert abs(np.degrees(held.heading)) < 5.0
