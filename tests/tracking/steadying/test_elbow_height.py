# SPDX-License-Identifier: Apache-2.0
"""Elbows stay above the floor; shoulders, wrists and bones stay as they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.tracking.fitting.body_fit import WorldPose
from kinest_ros.tracking.fitting.posing import positions_from_head, world_rotations
from kinest_ros.tracking.steadying.elbow_height import with_elbows_above
from kinest_ros.tracking.steadying.floor_bounds import LIMB_HEIGHT
from tests.tracking.fakes import SKELETON, rest_pose

ARM = [JOINT_INDEX[f"left_{joint}"] for joint in ("shoulder", "elbow", "wrist")]
BONES = np.linalg.norm(SKELETON.rest_offsets[ARM[1:]], axis=1)


def with_elbow(away: float, angle: float, height: float) -> WorldPose:
    """Return a body whose left arm lies level, its elbow `away` m off the line, at an angle."""
    world = world_rotations(rest_pose())
    positions = positions_from_head(world, SKELETON.rest_offsets, np.array((0.0, 0.0, 1.5)))
    shoulder = positions[ARM[0]].copy()
    shoulder[2] = height
    across, up = np.array((0.0, 1.0, 0.0)), np.array((0.0, 0.0, 1.0))
    along = np.array((1.0, 0.0, 0.0))
    upper, lower = (np.sqrt(bone**2 - away**2) for bone in BONES)
    elbow = shoulder + upper * along + away * (np.cos(angle) * across + np.sin(angle) * up)
    positions[ARM] = shoulder, elbow, shoulder + (upper + lower) * along
    return WorldPose(world, positions)


@given(st.floats(0.02, 0.15), st.floats(-np.pi, np.pi), st.floats(-0.1, 0.3))
def test_it_is_raised_as_far_as_the_arm_lets_it_and_no_bone_changes(away, angle, height):
    pose = with_elbow(away, angle, height)
    found = with_elbows_above(pose, 0.0)
    shoulder, elbow, wrist = found.positions[ARM]
    np.testing.assert_allclose(found.positions[ARM[::2]], pose.positions[ARM[::2]], atol=1e-12)
    lengths = np.linalg.norm([elbow - shoulder, wrist - elbow], axis=1)
    np.testing.assert_allclose(lengths, BONES, atol=1e-9)
    lowest = min(LIMB_HEIGHT, height + away)  # the top of its circle, if that is lower
    assert elbow[2] >= lowest - 1e-9
    if pose.positions[ARM[1], 2] >= LIMB_HEIGHT:
        assert found is pose
    elif height + away > LIMB_HEIGHT:
        assert elbow[2] == pytest.approx(LIMB_HEIGHT, abs=1e-9)  # and no higher


def test_the_arm_turns_as_its_elbow_goes():
    pose = with_elbow(0.1, -0.5 * np.pi + 0.2, 0.1)
    found = with_elbows_above(pose, 0.0)
    turn = found.world[ARM[0]] @ pose.world[ARM[0]].T
    start = pose.positions[ARM[0]]
    np.testing.assert_allclose(
        turn @ (pose.positions[ARM[1]] - start), found.positions[ARM[1]] - start, atol=1e-9
    )
    np.testing.assert_allclose(found.world[ARM[2]], pose.world[ARM[2]])  # the hand is tracked
    assert not np.allclose(turn, np.eye(3))


def test_a_straight_arm_stays():
    pose = with_elbow(0.0, 0.0, -0.1)
    np.testing.assert_allclose(with_elbows_above(pose, 0.0).positions, pose.positions, atol=1e-9)
