# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kinest_ros.calibration.refusal import REFUSALS, Refusal
from kinest_ros.calibration.samples import Samples
from kinest_ros.calibration.search import best_held
from kinest_ros.formats.recordings.aframe import read_aframe
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.calibration.people import START_NS, Person


def busy(person: Person, seconds: float, start_ns: int):
    """The person moves about."""
    for frame in person.frames(seconds, start_ns=start_ns):
        time = (frame.stamp_ns - start_ns) * 1e-9
        shift = np.array((0.3 * np.sin(2.0 * time), 0.2 * np.cos(time), 0.0))
        poses = {
            slot: TrackerPose(np.asarray(pose.position) + shift, pose.quaternion)
            for slot, pose in frame.poses.items()
        }
        yield TrackerFrame(frame.stamp_ns, poses)


def performance(person: Person) -> Samples:
    """Four busy seconds, three of the pose, two busy ones."""
    frames = [
        *busy(person, 4.0, START_NS),
        *person.frames(3.0, start_ns=START_NS + 4_000_000_000),
        *busy(person, 2.0, START_NS + 7_000_000_000),
    ]
    return Samples.from_frames(frames)


@pytest.mark.parametrize("pose", "TI")
def test_the_pose_is_found(pose: str) -> None:
    windows = []
    found = best_held(performance(Person(pose=pose)), on_window=lambda: windows.append(1))
    assert found.refusal is None
    assert 3.9 < found.start < 5.1
    assert len(windows) == 35


def test_a_wrong_pose_is_told_rather_than_that_somebody_moved() -> None:
    found = best_held(performance(Person(arms_up=50.0)))
    assert found.refusal is not None and found.refusal.code == "no_pose"
    assert 3.9 < found.start < 5.1


def test_too_short_or_no_head() -> None:
    with pytest.raises(Refusal, match=r"1\.0 s long"):
        best_held(Samples.from_frames(Person().frames(1.0)))
    headless = [
        replace(frame, poses={"left_hand": frame.poses["left_hand"]}) for frame in Person().frames()
    ]
    with pytest.raises(Refusal, match="head"):
        best_held(Samples.from_frames(headless))


def test_real_recordings_are_refused_with_reasons(headset_recordings: Path) -> None:
    """Nobody in them holds a T- or I-pose for two seconds."""
    for path in sorted(headset_recordings.glob("*.json")):
        found = best_held(Samples.from_frames(read_aframe(path).frames()))
        assert found.refusal is not None, path.name
        assert found.refusal.code in REFUSALS
        assert len(str(found.refusal)) > 40
        if path.stem == "one_hand_only":
            assert found.refusal.code == "missing"
