# SPDX-License-Identifier: Apache-2.0
"""Forward kinematics: against a plain recursion, and its invariances."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import PARENTS
from kinest_ros.body.kinematics import forward_kinematics, forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from tests.search import examples

seeds = st.integers(0, 2**32 - 1)
thorough = settings(max_examples=examples(40))
SKELETON = Skeleton.from_stature(1.7)
CHILDREN = np.arange(1, 22)
ABOVE = np.array(PARENTS[1:])


def random_pose(seed: int, *shape: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Local rotations (..., 22, 3, 3), offsets (22, 3) and a root position (..., 3)."""
    rng = np.random.default_rng(seed)
    vectors = rng.uniform(-2.0, 2.0, (*shape, 22, 3))
    local = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(*shape, 22, 3, 3)
    return local, rng.normal(scale=0.3, size=(22, 3)), rng.normal(size=(*shape, 3))


@given(seeds)
@thorough
def test_it_is_the_recursion_along_the_tree(seed: int) -> None:
    local, offsets, root = random_pose(seed)
    positions, rotations = forward_kinematics_np(local, offsets, root)
    expected_positions, expected_rotations = [root], [local[0]]
    for joint in range(1, 22):
        parent = PARENTS[joint]
        above = expected_rotations[parent]
        expected_positions.append(expected_positions[parent] + above @ offsets[joint])
        expected_rotations.append(above @ local[joint])
    np.testing.assert_allclose(positions, expected_positions, atol=1e-12)
    np.testing.assert_allclose(rotations, expected_rotations, atol=1e-12)


@given(seeds)
@thorough
def test_torch_and_numpy_agree(seed: int) -> None:
    local, offsets, root = random_pose(seed, 3, 2)
    expected = forward_kinematics_np(local, offsets, root)
    for rest in (offsets, np.broadcast_to(offsets, (3, 2, 22, 3)).copy()):
        found = forward_kinematics(*(torch.from_numpy(x) for x in (local, rest, root)))
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-12)


def test_every_body_of_a_batch_has_its_own_skeleton() -> None:
    local, _, root = random_pose(0, 4)
    offsets = np.random.default_rng(1).normal(size=(4, 22, 3))
    positions, _ = forward_kinematics_np(local, offsets, root)
    batched, _ = forward_kinematics(*(torch.from_numpy(x) for x in (local, offsets, root)))
    for body in range(4):
        alone, _ = forward_kinematics_np(local[body], offsets[body], root[body])
        np.testing.assert_allclose(positions[body], alone, atol=1e-12)
        np.testing.assert_allclose(batched[body].numpy(), alone, atol=1e-12)


def test_identity_is_the_rest_pose() -> None:
    root = np.array([1.0, 2.0, 3.0])
    local = np.tile(np.eye(3), (22, 1, 1))
    positions, rotations = forward_kinematics_np(local, SKELETON.rest_offsets, root)
    np.testing.assert_allclose(positions, root + SKELETON.rest_positions(), atol=1e-12)
    np.testing.assert_array_equal(rotations, local)


@given(seeds)
@thorough
def test_moving_the_body_moves_every_joint_with_it(seed: int) -> None:
    local, offsets, root = random_pose(seed)
    positions, rotations = forward_kinematics_np(local, offsets, root)
    turn = Rotation.random(random_state=seed).as_matrix()
    shift = np.random.default_rng(seed).normal(size=3)
    moved = local.copy()
    moved[0] = turn @ local[0]
    new_positions, new_rotations = forward_kinematics_np(moved, offsets, turn @ root + shift)
    np.testing.assert_allclose(new_positions, positions @ turn.T + shift, atol=1e-9)
    np.testing.assert_allclose(new_rotations, turn @ rotations, atol=1e-12)


@given(seeds)
@thorough
def test_bones_keep_their_lengths(seed: int) -> None:
    local, offsets, root = random_pose(seed, 5)
    positions, _ = forward_kinematics_np(local, offsets, root)
    bones = np.linalg.norm(positions[:, CHILDREN] - positions[:, ABOVE], axis=-1)
    expected = np.broadcast_to(np.linalg.norm(offsets[1:], axis=-1), bones.shape)
    np.testing.assert_allclose(bones, expected, atol=1e-9)


def test_a_joint_moves_only_what_hangs_on_it() -> None:
    local, offsets, root = random_pose(7)
    before, _ = forward_kinematics_np(local, offsets, root)
    turned = local.copy()
    turned[18] = turned[18] @ Rotation.from_rotvec([0.3, 0.2, -0.1]).as_matrix()
    after, _ = forward_kinematics_np(turned, offsets, root)
    moved = np.linalg.norm(after - before, axis=-1) > 1e-9
    assert np.flatnonzero(moved).tolist() == [20]  # the left wrist, by the left elbow


def test_gradients_are_those_of_finite_differences() -> None:
    inputs = tuple(torch.from_numpy(x).requires_grad_() for x in random_pose(3))
    assert torch.autograd.gradcheck(forward_kinematics, inputs, fast_mode=True)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_shapes(shape: tuple[int, ...]) -> None:
    local, offsets, root = random_pose(0, *shape)
    positions, rotations = forward_kinematics_np(local, offsets, root)
    assert positions.shape == (*shape, 22, 3)
    assert rotations.shape == (*shape, 22, 3, 3)
    batched, turned = forward_kinematics(*(torch.from_numpy(x) for x in (local, offsets, root)))
    assert batched.shape == positions.shape
    assert turned.shape == rotations.shape
