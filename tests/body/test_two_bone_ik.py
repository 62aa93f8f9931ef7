# SPDX-License-Identifier: Apache-2.0
"""Two-bone IK meets reachable targets and moves nothing that it need not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.rotations_numpy import matrices_about_axes
from kinest_ros.body.two_bone_ik import two_bone_ik
from tests.search import examples

UPPER = np.array([0.29, 0.0, 0.0])
LOWER = np.array([0.25, 0.01, 0.0])
HINGE = np.array([0.0, -1.0, 0.0])
LENGTHS = np.linalg.norm(UPPER), np.linalg.norm(LOWER)
REACH = sum(LENGTHS)

quick = settings(max_examples=examples(50))

seeds = st.integers(0, 2**32 - 1)


def random_limb(seed: int) -> tuple[np.ndarray, np.ndarray]:
    return tuple(Rotation.random(2, np.random.default_rng(seed)).as_matrix())


def solve(upper, lower, target):
    return two_bone_ik(upper, lower, UPPER, LOWER, np.asarray(target), HINGE)


def end_of(upper, lower):
    return upper @ UPPER + lower @ LOWER


def shortest_turn(start, goal) -> np.ndarray:
    axis = np.cross(start, goal)
    angle = np.arctan2(np.linalg.norm(axis), start @ goal)
    return Rotation.from_rotvec(axis / np.linalg.norm(axis) * angle).as_matrix()


def assert_rotation(matrix) -> None:
    np.testing.assert_allclose(
        matrix @ np.swapaxes(matrix, -1, -2), np.broadcast_to(np.eye(3), matrix.shape), atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.det(matrix), 1.0, atol=1e-9)


@quick
@given(seeds, st.floats(0.1, 0.995))
def test_meets_reachable_targets(seed, share):
    upper, lower = random_limb(seed)
    direction = Rotation.random(rng=np.random.default_rng(seed + 1)).apply([0.0, 0.0, 1.0])
    target = share * REACH * direction
    new_upper, new_lower = solve(upper, lower, target)
    np.testing.assert_allclose(end_of(new_upper, new_lower), target, atol=1e-7)
    assert_rotation(new_upper)
    assert_rotation(new_lower)


@quick
@given(seeds, st.floats(0.15, 0.95))
def test_keeps_the_swivel(seed, share):
    """The limb's plane turns exactly as the line from its root to its end does."""
    upper, lower = random_limb(seed)
    target = share * REACH * Rotation.random(rng=np.random.default_rng(seed + 1)).apply([1, 0, 0])
    new_upper, new_lower = solve(upper, lower, target)
    turn = shortest_turn(end_of(upper, lower), target)
    normal = np.cross(upper @ UPPER, lower @ LOWER)
    new_normal = np.cross(new_upper @ UPPER, new_lower @ LOWER)
    if min(np.linalg.norm(normal), np.linalg.norm(new_normal)) < 1e-5:
        return
    np.testing.assert_allclose(
        new_normal / np.linalg.norm(new_normal),
        turn @ normal / np.linalg.norm(normal),
        atol=1e-6,
    )


@quick
@given(seeds, st.floats(0.15, 0.95))
def test_bones_do_not_twist(seed, share):
    """Undoing the limb's turn, what is left of each bone's turn is about the limb's normal."""
    upper, lower = random_limb(seed)
    target = share * REACH * Rotation.random(rng=np.random.default_rng(seed + 1)).apply([1, 0, 0])
    turn = shortest_turn(end_of(upper, lower), target)
    normal = np.cross(upper @ UPPER, lower @ LOWER)
    for old, new in zip((upper, lower), solve(upper, lower, target), strict=True):
        left = Rotation.from_matrix(turn.T @ new @ old.T).as_rotvec()
        np.testing.assert_allclose(np.cross(left, normal), 0.0, atol=1e-6)


@quick
@given(seeds)
def test_a_limb_already_there_stays(seed):
    upper, lower = random_limb(seed)
    new_upper, new_lower = solve(upper, lower, end_of(upper, lower))
    np.testing.assert_allclose(new_upper, upper, atol=1e-6)
    np.testing.assert_allclose(new_lower, lower, atol=1e-6)


@quick
@given(seeds, st.floats(1.0, 50.0))
def test_targets_out_of_reach_give_a_straight_limb_towards_them(seed, share):
    upper, lower = random_limb(seed)
    direction = Rotation.random(rng=np.random.default_rng(seed + 1)).apply([0.0, 1.0, 0.0])
    new_upper, new_lower = solve(upper, lower, share * REACH * direction)
    np.testing.assert_allclose(end_of(new_upper, new_lower), REACH * direction, atol=1e-6)


@quick
@given(seeds, st.floats(0.0, 1.0))
def test_targets_too_near_fold_the_limb(seed, share):
    upper, lower = random_limb(seed)
    nearest = LENGTHS[0] - LENGTHS[1]
    direction = Rotation.random(rng=np.random.default_rng(seed + 1)).apply([0.0, 1.0, 0.0])
    new_upper, new_lower = solve(upper, lower, share * nearest * direction)
    assert np.linalg.norm(end_of(new_upper, new_lower)) == pytest.approx(nearest, abs=1e-6)
    assert_rotation(new_upper)


def test_a_straight_limb_bends_about_its_hinge():
    offset = np.array([0.25, 0.0, 0.0])
    upper, lower = two_bone_ik(
        np.eye(3), np.eye(3), UPPER, offset, np.array([0.4, 0.0, 0.0]), HINGE
    )
    elbow = upper @ UPPER
    np.testing.assert_allclose(elbow + lower @ offset, [0.4, 0.0, 0.0], atol=1e-9)
    # About -y the forearm comes forward (+z), so the elbow goes back.
    assert elbow[2] < -0.05
    assert abs(elbow[1]) < 1e-12


@pytest.mark.parametrize("target", [[0.0, 0.0, 0.0], [-0.4, 0.0, 0.0], [1e-12, 0.0, 0.0]])
@pytest.mark.parametrize("lower", [np.eye(3), np.diag([-1.0, 1.0, -1.0])])
def test_degenerate_cases_give_rotations(target, lower):
    offset = np.array([0.29, 0.0, 0.0])
    for rotation in two_bone_ik(np.eye(3), lower, UPPER, offset, np.array(target), HINGE):
        assert_rotation(rotation)


def test_the_opposite_direction_is_reached():
    upper, lower = solve(np.eye(3), np.eye(3), [-0.4, 0.0, 0.0])
    np.testing.assert_allclose(end_of(upper, lower), [-0.4, 0.0, 0.0], atol=1e-6)


@quick
@given(seeds)
def test_batches_equal_single_limbs(seed):
    random = np.random.default_rng(seed)
    upper = Rotation.random(6, random).as_matrix().reshape(2, 3, 3, 3)
    lower = Rotation.random(6, random).as_matrix().reshape(2, 3, 3, 3)
    targets = random.normal(scale=0.4, size=(2, 3, 3))
    new_upper, new_lower = solve(upper, lower, targets)
    for index in np.ndindex(2, 3):
        single = solve(upper[index], lower[index], targets[index])
        np.testing.assert_allclose(new_upper[index], single[0], atol=1e-12)
        np.testing.assert_allclose(new_lower[index], single[1], atol=1e-12)


@quick
@given(seeds, st.floats(-10.0, 10.0))
def test_matrices_about_axes(seed, angle):
    axis = np.random.default_rng(seed).normal(size=3)
    axis /= np.linalg.norm(axis)
    expected = Rotation.from_rotvec(angle * axis).as_matrix()
    np.testing.assert_allclose(matrices_about_axes(axis, np.float64(angle)), expected, atol=1e-12)
