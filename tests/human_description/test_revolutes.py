# SPDX-License-Identifier: Apache-2.0
"""The axes of the 63 revolutes, and whether real motion keeps off their singularities."""

from __future__ import annotations

import functools
import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_NAMES, MIRROR
from kinest_ros.human_description.angles import clearance, decompose
from kinest_ros.human_description.revolutes import (
    AXIS_ORDER,
    CHAINS,
    JOINT_AXES,
    JOINT_STATE_NAMES,
    SHOULDER_TILT,
    TILTS,
)

CLOSE = np.radians(5.0)


def test_names_are_every_joint_but_the_root_as_x_y_z() -> None:
    assert len(set(JOINT_STATE_NAMES)) == 63
    assert JOINT_STATE_NAMES[:4] == ("left_hip_x", "left_hip_y", "left_hip_z", "right_hip_x")
    assert JOINT_STATE_NAMES[-1] == "right_wrist_z"


def test_every_joint_turns_about_three_axes() -> None:
    assert all(sorted(order) == ["x", "y", "z"] for order in AXIS_ORDER)
    for chain, axes in zip(CHAINS, JOINT_AXES, strict=True):
        np.testing.assert_allclose(np.linalg.norm(axes, axis=-1), 1.0)
        first, middle, third = axes[chain]
        assert abs(first @ middle) < 1e-12
        assert abs(middle @ third) < 1e-12


def test_only_the_first_axis_of_the_shoulders_is_tilted() -> None:
    expected = np.tile(np.eye(3), (21, 1, 1))
    c, s = np.cos(SHOULDER_TILT), np.sin(SHOULDER_TILT)
    expected[JOINT_NAMES.index("left_shoulder") - 1, 0] = (c, -s, 0.0)
    expected[JOINT_NAMES.index("right_shoulder") - 1, 0] = (c, s, 0.0)
    np.testing.assert_allclose(JOINT_AXES, expected, atol=1e-12)


def test_left_and_right_are_mirrored() -> None:
    for joint in range(1, 22):
        assert AXIS_ORDER[joint - 1] == AXIS_ORDER[MIRROR[joint] - 1]
        assert TILTS[joint - 1] == -TILTS[MIRROR[joint] - 1]


# Turns of the left shoulder in SMPL axes (X left, Y up, Z forward), degrees.
ARM_POSES = {
    "to the side": (0.0, 0.0, 0.0),
    "hanging": (0.0, 0.0, -90.0),
    "overhead": (0.0, 0.0, 85.0),
    "diagonally forward": (0.0, -45.0, 0.0),
    "forward": (0.0, -90.0, 0.0),
    "forward and down": (0.0, -90.0, -45.0),
    "forward and up": (0.0, -90.0, 45.0),
}


@pytest.mark.parametrize("pose", ARM_POSES)
@pytest.mark.parametrize("twist", [-90.0, 0.0, 45.0, 90.0])
@pytest.mark.parametrize("side", ["left", "right"])
def test_common_arm_poses_are_far_from_the_singularity(pose: str, twist: float, side: str) -> None:
    _, yaw, roll = ARM_POSES[pose]
    # Roll about the forward axis last for the frontal poses; for the reaching ones it is a pitch.
    if yaw:
        turn = Rotation.from_euler("X", -roll, degrees=True) * Rotation.from_euler(
            "Y", yaw, degrees=True
        )
    else:
        turn = Rotation.from_euler("Z", roll, degrees=True)
    vector = (turn * Rotation.from_euler("X", twist, degrees=True)).as_rotvec()
    if side == "right":
        vector = vector * (1.0, -1.0, -1.0)
    bodies = np.tile([0.0, 0.0, 0.0, 1.0], (22, 1))
    joint = JOINT_NAMES.index(f"{side}_shoulder")
    bodies[joint] = Rotation.from_rotvec(vector).as_quat()
    assert clearance(decompose(bodies))[joint - 1] > np.radians(29.0)


@functools.cache
def link_rotations(motion: Path) -> np.ndarray | None:
    """Rotations (frames, 21, 3, 3), in link axes, in clips of every source; None: no clips."""
    rng = np.random.default_rng(0)
    vectors = []
    for source, count in (("bandai", 60), ("convseq", 20), ("papagina", 20)):
        clips = sorted((motion / source).glob("*.npz"))
        for clip in rng.permutation(np.array(clips))[:count]:
            with np.load(clip) as archive:
                step = max(1, round(float(archive["mocap_framerate"]) / 30.0))
                vectors.append(archive["poses"][::step, 3:66].reshape(-1, 21, 3))
    if not vectors:
        return None
    flat = np.concatenate(vectors)
    local = Rotation.from_rotvec(flat.reshape(-1, 3)).as_matrix().reshape(-1, 21, 3, 3)
    return JOINT_FROM_LINK.T @ local @ JOINT_FROM_LINK


@pytest.fixture
def real_rotations(shared_data: Path) -> np.ndarray:
    rotations = link_rotations(shared_data / "motion")
    if rotations is None:
        pytest.skip(f"no clips in {shared_data / 'motion'}")
    return rotations


def distances(rotations: np.ndarray, first: np.ndarray, third: np.ndarray) -> np.ndarray:
    """Distance (frames,) in rad of a joint's middle angle from ±90°."""
    along = np.abs(np.einsum("i,nij,j->n", first, rotations, third))
    return np.arccos(np.minimum(along, 1.0))


def test_real_motion_keeps_off_the_singularities(real_rotations: np.ndarray) -> None:
    for joint in range(1, 22):
        axes = JOINT_AXES[joint - 1][CHAINS[joint - 1]]
        ours = distances(real_rotations[:, joint - 1], axes[0], axes[2])
        assert np.mean(ours < CLOSE) < 5e-4, JOINT_NAMES[joint]
        assert np.quantile(ours, 1e-3) > np.radians(14.0), JOINT_NAMES[joint]


def test_no_other_order_keeps_off_more(real_rotations: np.ndarray) -> None:
    for joint in range(1, 22):
        axes = JOINT_AXES[joint - 1][CHAINS[joint - 1]]
        rotations = real_rotations[:, joint - 1]
        ours = distances(rotations, axes[0], axes[2])
        for i, _, k in itertools.permutations(range(3)):
            other = distances(rotations, np.eye(3)[i], np.eye(3)[k])
            label = f"{JOINT_NAMES[joint]} {'xyz'[i]}..{'xyz'[k]}"
            assert np.mean(ours < CLOSE) <= np.mean(other < CLOSE) + 1e-4, label
            # Where nothing comes close, a few degrees of clearance more or less do not matter.
            assert np.quantile(ours, 1e-3) > np.quantile(other, 1e-3) - np.radians(10.0), label
