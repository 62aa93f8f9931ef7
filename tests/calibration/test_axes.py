# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest

from kinest_ros.calibration.axes import KNOWN, forward_evidence
from kinest_ros.calibration.calibration import calibrate
from kinest_ros.calibration.refusal import Refusal
from kinest_ros.calibration.samples import Samples
from kinest_ros.formats.recordings.aframe import read_aframe
from kinest_ros.tracking.devices.basis import basis_matrices
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.calibration.people import Person


def received(frames, basis: str) -> list[TrackerFrame]:
    """Frames in the ROS basis as a system with other axes would have sent them."""
    matrix, vector = basis_matrices(basis)
    return [
        TrackerFrame(
            frame.stamp_ns,
            {
                slot: TrackerPose(
                    np.asarray(pose.position) @ matrix,
                    np.append(np.asarray(pose.quaternion)[:3] @ vector, pose.quaternion[3]),
                )
                for slot, pose in frame.poses.items()
            },
        )
        for frame in frames
    ]


@pytest.mark.parametrize("pose", "TI")
@pytest.mark.parametrize("heading", [0.0, 70.0, -160.0])
@pytest.mark.parametrize(
    ("sent", "declared"), [("openxr", "ros"), ("unity", "ros"), ("ros", "openxr"), ("ros", "unity")]
)
def test_a_wrong_vertical_is_named_with_the_right_basis(
    pose: str, heading: float, sent: str, declared: str
) -> None:
    frames = Person(pose=pose, heading=heading).frames(basis=sent)
    with pytest.raises(Refusal) as caught:
        calibrate(Samples.from_frames(frames), declared)
    assert caught.value.code == "axes"
    proposed = str(caught.value).split("an upright pose with input_basis ")[1]
    assert f"'{sent}" in proposed or f"or {sent}'" in proposed
    assert f"'{declared}'" not in proposed


def test_nothing_moved_says_nothing_of_forward() -> None:
    assert abs(forward_evidence(Samples.from_frames(Person().frames()))) < KNOWN


@pytest.mark.slow
def test_recordings_tell_forward_from_back(shared_data: Path) -> None:
    """On real people, over whole recordings."""
    assert told_forward(shared_data / "headset") >= 9


def test_excerpts_tell_forward_from_back(headset_recordings: Path) -> None:
    """Seconds may say nothing, but never the opposite."""
    assert told_forward(headset_recordings) >= 7


def told_forward(folder: Path) -> int:
    """In how many recordings forward is told; the mirror image is unity data read as openxr."""
    told = 0
    for path in sorted(folder.glob("*.json")):
        frames = list(read_aframe(path).frames())
        right = forward_evidence(Samples.from_frames(frames))
        as_unity = Samples.from_frames(received(frames, "unity"))
        mirrored = forward_evidence(as_unity.in_basis("openxr"))
        assert right > -KNOWN and mirrored < KNOWN, path.name
        told += right > KNOWN and mirrored < -KNOWN
    return told


def test_a_mirrored_wearer_is_warned(headset_recordings: Path) -> None:
    """A real person moves about, then an invented one holds the pose, all in unity's axes."""
    before = list(read_aframe(headset_recordings / "hands.json").frames())
    pose = list(Person(position=(0.0, 0.0), heading=0.0).frames())
    shift = pose[0].stamp_ns - before[-1].stamp_ns - 100_000_000
    moved = [TrackerFrame(f.stamp_ns + shift, f.poses) for f in before]
    frames = received([*moved, *pose], "unity")
    wrong = calibrate(Samples.from_frames(frames), "openxr")
    assert any("'unity'" in text for text in wrong.warnings)
    assert not calibrate(Samples.from_frames(frames), "unity").warnings


def test_motion_before_the_pose_tells_which_of_two_bases_it_is(headset_recordings: Path) -> None:
    before = list(read_aframe(headset_recordings / "hands.json").frames())
    pose = list(Person(position=(0.0, 0.0), heading=20.0).frames())
    shift = pose[0].stamp_ns - before[-1].stamp_ns - 100_000_000
    moved = [TrackerFrame(f.stamp_ns + shift, f.poses) for f in before]
    for sent in ("openxr", "unity"):
        with pytest.raises(Refusal, match=f"with input_basis '{sent}': set it"):
            calibrate(Samples.from_frames(received([*moved, *pose], sent)), "ros")
