# SPDX-License-Identifier: Apache-2.0
"""Ankles on their trackers, the rest of the body as it was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.tracking.fitting.leg_snap import ANKLES, HIPS, KNEES, SOFT_REACH, TOES, snap_ankles
from kinest_ros.tracking.fitting.posing import HEAD, positions_from_head, world_rotations
from tests.tracking.fakes import SKELETON, random_pose

OFFSETS = SKELETON.rest_offsets
LEG = np.linalg.norm(OFFSETS[4]) + np.linalg.norm(OFFSETS[7])
LEGS = (HIPS, KNEES, ANKLES, TOES)
BOTH = np.array([True, True])


def random_body(seed):
    world = world_rotations(random_pose(seed))
    return world, positions_from_head(world, OFFSETS, np.array([0.3, -0.2, 1.6]))


def targets_for(positions, seed, share):
    away = np.random.default_rng(seed).normal(size=(2, 3))
    return positions[HIPS] + share * LEG * away / np.linalg.norm(away, axis=1, keepdims=True)


@given(st.integers(0, 2**31), st.floats(0.2, 1.0), st.tuples(st.booleans(), st.booleans()))
def test_chosen_ankles_are_met_and_nothing_else_moves(seed, share, chosen):
    world, positions = random_body(seed)
    sides = np.array(chosen)
    targets = targets_for(positions, seed, share)
    new_world, new_positions = snap_ankles(world, positions, OFFSETS, targets, sides)
    left = np.linalg.norm(new_positions[ANKLES][sides] - targets[sides], axis=1)
    assert (left <= 0.251 * SOFT_REACH).all()
    if share < 0.99:
        np.testing.assert_allclose(new_positions[ANKLES][sides], targets[sides], atol=1e-6)
    moved = np.concatenate([np.arange(22)[joints][sides] for joints in LEGS[:2]])
    kept = np.setdiff1d(np.arange(22), moved)
    np.testing.assert_array_equal(new_world[kept], world[kept])
    moved = np.concatenate([np.arange(22)[joints][sides] for joints in LEGS[1:]])
    still = np.setdiff1d(np.arange(22), moved)
    np.testing.assert_array_equal(new_positions[still], positions[still])
    # The positions are those of the new rotations.
    hung = positions_from_head(new_world, OFFSETS, new_positions[HEAD])
    np.testing.assert_allclose(hung, new_positions, atol=1e-9)


def test_out_of_reach_the_leg_points_at_the_tracker():
    world, positions = random_body(3)
    targets = targets_for(positions, 3, 1.5)
    _, new = snap_ankles(world, positions, OFFSETS, targets, BOTH)
    wanted = targets - positions[HIPS]
    reached = new[ANKLES] - positions[HIPS]
    assert np.linalg.norm(reached, axis=1) == pytest.approx([LEG, LEG], abs=1e-6)
    np.testing.assert_allclose(reached / LEG, wanted / (1.5 * LEG), atol=1e-6)


def test_a_knee_does_not_leap_where_the_foot_goes_out_of_reach():
    world, positions = random_body(3)
    shares = np.arange(0.97, 1.02, 0.0001)
    knees, left = [], []
    for share in shares:
        targets = targets_for(positions, 3, share)
        _, new = snap_ankles(world, positions, OFFSETS, targets, BOTH)
        knees.append(new[KNEES])
        left.append(np.linalg.norm(new[ANKLES] - targets, axis=1).max())
    step = np.linalg.norm(np.diff(knees, axis=0), axis=-1).max()
    # Knees go at most a few times as fast as the tracker; without softness, forty times at once.
    assert step < 5.0 * 0.0001 * LEG
    assert max(np.array(left)[shares <= 1.0]) < 0.26 * SOFT_REACH
    assert left[-1] == pytest.approx(0.02 * LEG, rel=0.05)


def test_it_can_be_done_again():
    world, positions = random_body(4)
    for share in (0.6, 0.9995, 1.2):
        targets = targets_for(positions, 4, share)
        once = snap_ankles(world, positions, OFFSETS, targets, BOTH)
        twice = snap_ankles(*once, OFFSETS, targets, BOTH)
        np.testing.assert_allclose(twice[1], once[1], atol=1e-6)
