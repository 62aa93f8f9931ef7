# SPDX-License-Identifier: Apache-2.0
"""Wrists on their trackers, the rest of the body as it was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.tracking.fitting.posing import local_rotations, positions_from_head, world_rotations
from kinest_ros.tracking.fitting.wrist_snap import snap_wrists
from tests.tracking.fakes import SKELETON, random_pose

SHOULDERS, ELBOWS, WRISTS = np.array([16, 17]), np.array([18, 19]), np.array([20, 21])
OFFSETS = SKELETON.rest_offsets
ARM = np.linalg.norm(OFFSETS[ELBOWS[0]]) + np.linalg.norm(OFFSETS[WRISTS[0]])


def random_body(seed):
    world = world_rotations(random_pose(seed))
    return world, positions_from_head(world, OFFSETS, np.array([0.3, -0.2, 1.6]))


def targets_for(positions, seed, share):
    away = np.random.default_rng(seed).normal(size=(2, 3))
    return positions[SHOULDERS] + share * ARM * away / np.linalg.norm(away, axis=1, keepdims=True)


@given(st.integers(0, 2**31), st.floats(0.2, 0.99), st.tuples(st.booleans(), st.booleans()))
def test_chosen_wrists_are_met_and_nothing_else_moves(seed, share, chosen):
    world, positions = random_body(seed)
    sides = np.array(chosen)
    targets = targets_for(positions, seed, share)
    new_world, new_positions = snap_wrists(world, positions, OFFSETS, targets, sides)
    np.testing.assert_allclose(new_positions[WRISTS[sides]], targets[sides], atol=1e-6)
    moved = np.concatenate((SHOULDERS[sides], ELBOWS[sides]))
    kept = np.setdiff1d(np.arange(22), moved)
    np.testing.assert_array_equal(new_world[kept], world[kept])
    still = np.setdiff1d(np.arange(22), np.concatenate((ELBOWS[sides], WRISTS[sides])))
    np.testing.assert_array_equal(new_positions[still], positions[still])
    # The positions are those of the new rotations.
    hung = positions_from_head(new_world, OFFSETS, new_positions[15])
    np.testing.assert_allclose(hung, new_positions, atol=1e-9)
    np.testing.assert_allclose(world_rotations(local_rotations(new_world)), new_world, atol=1e-9)


def test_out_of_reach_the_arm_points_at_the_tracker():
    world, positions = random_body(3)
    targets = targets_for(positions, 3, 2.0)
    _, new_positions = snap_wrists(world, positions, OFFSETS, targets, np.array([True, True]))
    for shoulder, wrist, target in zip(SHOULDERS, WRISTS, targets, strict=True):
        arm = new_positions[wrist] - new_positions[shoulder]
        wanted = target - new_positions[shoulder]
        assert np.linalg.norm(arm) == pytest.approx(ARM, abs=1e-6)
        assert arm @ wanted / np.linalg.norm(wanted) == pytest.approx(ARM, abs=1e-6)


def test_straight_arms_bend_the_way_elbows_do():
    world = world_rotations(random_pose(0, spread=0.0))
    positions = positions_from_head(world, OFFSETS, np.array([0.0, 0.0, 1.6]))
    targets = positions[SHOULDERS] + 0.8 * (positions[WRISTS] - positions[SHOULDERS])
    _, new_positions = snap_wrists(world, positions, OFFSETS, targets, np.array([True, True]))
    # The body faces the world's x: elbows go back.
    assert (new_positions[ELBOWS, 0] < positions[ELBOWS, 0] - 0.05).all()
