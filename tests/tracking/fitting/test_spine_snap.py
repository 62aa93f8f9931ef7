# SPDX-License-Identifier: Apache-2.0
"""The spine joins head and pelvis, by small turns, and gives up softly."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.tracking.fitting.posing import HEAD, positions_from_head, world_rotations
from kinest_ros.tracking.fitting.spine_snap import (
    _EASE,
    MOST_PULL,
    PELVIS,
    SPINE,
    join_spine,
    turn_pelvis,
)
from tests.tracking.fakes import SKELETON, random_pose

OFFSETS = SKELETON.rest_offsets
LENGTH = np.linalg.norm(OFFSETS[[6, 9, 12, 15]], axis=1).sum()
MOST_TURN = np.arcsin(MOST_PULL * _EASE[:, 0])


def reach_of(world):
    positions = positions_from_head(world, OFFSETS, np.zeros(3))
    return positions[HEAD] - positions[PELVIS]


def turns(before, after):
    return Rotation.from_matrix(after @ np.swapaxes(before, -1, -2)).magnitude()


def most_turns(world, offsets):
    """A pull along the spine straightens a bone at the most; one across it turns it further."""
    bones = (world[SPINE] @ offsets[[6, 9, 12, 15], :, None])[..., 0]
    chord = bones.sum(axis=0)
    cosines = bones @ chord / np.linalg.norm(bones, axis=1) / np.linalg.norm(chord)
    return MOST_TURN + np.arccos(np.clip(cosines, -1.0, 1.0)) + 1e-6


@given(st.integers(0, 2**31), st.floats(0.0, 0.05))
def test_it_joins_what_another_spine_joined(seed, spread):
    """A body whose spine joints are turned a little is bent back to where the first one had it.

    Turned further it is not always, since the spine gives way softly before it bends too much.
    """
    true = world_rotations(random_pose(seed, 0.25))
    off = np.random.default_rng(seed).normal(scale=spread, size=(4, 3))
    world = true.copy()
    world[SPINE] = Rotation.from_rotvec(off).as_matrix() @ world[SPINE]
    bent = join_spine(world, OFFSETS, reach_of(true))
    np.testing.assert_allclose(reach_of(bent), reach_of(true), atol=4e-3)
    others = np.setdiff1d(np.arange(22), SPINE)
    np.testing.assert_array_equal(bent[others], world[others])
    np.testing.assert_allclose(bent @ np.swapaxes(bent, -1, -2), np.tile(np.eye(3), (22, 1, 1)),
                               atol=1e-9)  # fmt: skip


@given(st.integers(0, 2**31), st.floats(0.0, 150.0))
def test_however_far_the_head_is_nothing_breaks(seed, exponent):
    world = world_rotations(random_pose(seed, 0.3))
    away = np.random.default_rng(seed).normal(size=3) * 10.0**exponent
    bent = join_spine(world, OFFSETS, away)
    assert np.isfinite(bent).all()
    assert (turns(world[SPINE], bent[SPINE]) <= most_turns(world, OFFSETS)).all()


@given(st.integers(0, 2**31))
def test_where_it_joins_already_nothing_moves(seed):
    world = world_rotations(random_pose(seed, 0.3))
    np.testing.assert_allclose(join_spine(world, OFFSETS, reach_of(world)), world, atol=1e-9)


@example(seed=70230367, away=[1.0, 0.0, 0.0], spread=0.25)
@given(
    st.integers(0, 2**31),
    st.lists(st.floats(-100.0, 100.0), min_size=3, max_size=3),
    st.sampled_from([0.0, 0.25]),
)
def test_out_of_reach_it_bends_no_further_than_it_may(seed, away, spread):
    """Wherever the pelvis is said to be, also with a spine as straight as a stick."""
    world = world_rotations(random_pose(seed, spread))
    offsets = OFFSETS.copy()
    if not spread:
        offsets[SPINE[1:], 2] = offsets[HEAD, 2] = 0.0
    bent = join_spine(world, offsets, np.array(away))
    assert np.isfinite(bent).all()
    assert (turns(world[SPINE], bent[SPINE]) <= most_turns(world, offsets)).all()


def test_what_is_left_grows_smoothly_beyond_reach():
    """No leap where the spine gives up, stretched or pressed: its joints keep their pace."""
    world = world_rotations(random_pose(5, 0.15))
    start = reach_of(world)
    for sign in (1.0, -1.0):
        shares = 1.0 + sign * np.arange(0.0, 0.5, 0.001)
        poses = [join_spine(world, OFFSETS, share * start) for share in shares]
        positions = np.array([positions_from_head(p, OFFSETS, np.zeros(3)) for p in poses])
        step = np.linalg.norm(np.diff(positions, axis=0), axis=-1).max(axis=-1)
        # The trackers move by 0.001 of the reach, half a millimetre.
        assert step.max() < 0.005
        left = np.linalg.norm(positions[:, HEAD] - positions[:, PELVIS] - shares[:, None] * start,
                              axis=-1)  # fmt: skip
        assert left[2] < 2e-4
        assert left[-1] > 0.15


def test_the_same_wherever_one_stands():
    turn = Rotation.from_rotvec([0.4, -1.0, 2.0]).as_matrix()
    world = world_rotations(random_pose(8, 0.2))
    reach = reach_of(world) + [0.02, -0.03, -0.01]
    one, other = join_spine(world, OFFSETS, reach), join_spine(turn @ world, OFFSETS, turn @ reach)
    np.testing.assert_allclose(turn @ one, other, atol=1e-6)


@given(st.integers(0, 2**31))
def test_the_spine_shares_the_turn_of_the_pelvis(seed):
    world = world_rotations(random_pose(seed, 0.3))
    turn = Rotation.from_rotvec(np.random.default_rng(seed).normal(scale=0.4, size=3))
    turned = world.copy()
    turn_pelvis(turned, turn.as_matrix() @ world[PELVIS])
    np.testing.assert_allclose(turned[PELVIS], turn.as_matrix() @ world[PELVIS], atol=1e-12)
    angles = turns(world, turned)
    whole = angles[PELVIS]
    assert angles[SPINE] == pytest.approx(whole * np.array([0.75, 0.5, 0.25, 0.0]), abs=1e-6)
    others = np.setdiff1d(np.arange(22), [PELVIS, *SPINE])
    np.testing.assert_array_equal(turned[others], world[others])
