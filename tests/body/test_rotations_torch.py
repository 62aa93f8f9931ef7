# SPDX-License-Identifier: Apache-2.0
"""Rotation conversions: round trips and conventions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.rotations_numpy import (
    matrices_from_quaternions,
    matrices_from_vectors,
    quaternions_from_matrices,
)
from kinest_ros.body.rotations_torch import (
    geodesic_angle,
    log_so3,
    matrix_from_sixd,
    sixd_from_matrix,
)
from tests.search import examples

seeds = st.integers(0, 2**32 - 1)
thorough = settings(max_examples=examples(50))
SHAPES = [(), (1,), (5,), (2, 3), (0,), (4, 22)]


def random_matrices(seed: int, *shape: int) -> np.ndarray:
    rotvecs = np.random.default_rng(seed).uniform(-np.pi, np.pi, (*shape, 3))
    return Rotation.from_rotvec(rotvecs.reshape(-1, 3)).as_matrix().reshape(*shape, 3, 3)


def is_rotation(matrix: torch.Tensor, atol: float) -> bool:
    eye = torch.eye(3, dtype=matrix.dtype).expand_as(matrix)
    orthonormal = torch.allclose(matrix @ matrix.transpose(-1, -2), eye, atol=atol)
    return orthonormal and bool((torch.linalg.det(matrix) > 0).all())


@pytest.mark.parametrize("shape", SHAPES)
def test_sixd_round_trip(shape: tuple[int, ...]) -> None:
    matrices = torch.from_numpy(random_matrices(0, *shape))
    sixd = sixd_from_matrix(matrices)
    assert sixd.shape == (*shape, 6)
    torch.testing.assert_close(matrix_from_sixd(sixd), matrices, atol=1e-12, rtol=0)


def test_sixd_is_column_0_then_column_1() -> None:
    matrix = torch.arange(9.0).reshape(3, 3)
    assert sixd_from_matrix(matrix).tolist() == [0.0, 3.0, 6.0, 1.0, 4.0, 7.0]


@given(seeds, st.floats(-6.0, 6.0))
@thorough
def test_any_sixd_gives_a_rotation(seed: int, exponent: float) -> None:
    sixd = torch.from_numpy(np.random.default_rng(seed).normal(size=(50, 6)) * 10.0**exponent)
    matrices = matrix_from_sixd(sixd)
    assert is_rotation(matrices, 1e-9)
    # Column 0 keeps its direction, and the length of the input does not matter.
    first = sixd[:, :3] / sixd[:, :3].norm(dim=-1, keepdim=True)
    torch.testing.assert_close(matrices[..., 0], first, atol=1e-9, rtol=0)
    torch.testing.assert_close(matrix_from_sixd(sixd * 3.0), matrices, atol=1e-9, rtol=0)


def test_sixd_of_float32_is_a_rotation() -> None:
    sixd = torch.from_numpy(np.random.default_rng(0).normal(size=(500, 6))).float()
    assert is_rotation(matrix_from_sixd(sixd), 1e-4)


def test_sixd_has_gradients() -> None:
    sixd = torch.from_numpy(np.random.default_rng(1).normal(size=(4, 6))).requires_grad_()
    assert torch.autograd.gradcheck(matrix_from_sixd, (sixd,))


@pytest.mark.parametrize("shape", SHAPES)
def test_quaternion_round_trip(shape: tuple[int, ...]) -> None:
    matrices = random_matrices(2, *shape)
    quaternions = quaternions_from_matrices(matrices)
    assert quaternions.shape == (*shape, 4)
    np.testing.assert_allclose(np.linalg.norm(quaternions, axis=-1), 1.0)
    np.testing.assert_allclose(matrices_from_quaternions(quaternions), matrices, atol=1e-12)
    np.testing.assert_allclose(matrices_from_quaternions(-quaternions), matrices, atol=1e-12)


def test_quaternions_are_xyzw() -> None:
    quarter = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    half = np.sqrt(0.5)
    np.testing.assert_allclose(
        quaternions_from_matrices(quarter), [0.0, 0.0, half, half], atol=1e-12
    )
    np.testing.assert_allclose(
        matrices_from_quaternions(np.array([0.0, 0.0, half, half])), quarter, atol=1e-12
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_rotation_vectors(shape: tuple[int, ...]) -> None:
    vectors = np.random.default_rng(3).uniform(-1.5, 1.5, (*shape, 3))
    matrices = matrices_from_vectors(vectors)
    assert matrices.shape == (*shape, 3, 3)
    logs = log_so3(torch.from_numpy(matrices)).numpy()
    np.testing.assert_allclose(logs, vectors, atol=1e-6)


@given(seeds, st.floats(-7.0, 0.4))
@thorough
def test_log_undoes_exp_from_tiny_to_large_turns(seed: int, exponent: float) -> None:
    axis = np.random.default_rng(seed).normal(size=(20, 3))
    vectors = axis / np.linalg.norm(axis, axis=-1, keepdims=True) * 10.0**exponent
    logs = log_so3(torch.from_numpy(matrices_from_vectors(vectors))).numpy()
    np.testing.assert_allclose(logs, vectors, atol=1e-6, rtol=1e-6)


def test_log_of_no_turn_is_zero_with_finite_gradients() -> None:
    matrix = torch.eye(3).expand(4, 3, 3).clone().requires_grad_()
    log = log_so3(matrix)
    assert not log.detach().any()
    log.sum().backward()
    assert torch.isfinite(matrix.grad).all()


@given(seeds)
@thorough
def test_geodesic_angle_is_the_angle_of_the_relative_turn(seed: int) -> None:
    first, second = random_matrices(seed, 2, 30)
    expected = (Rotation.from_matrix(first).inv() * Rotation.from_matrix(second)).magnitude()
    angle = geodesic_angle(torch.from_numpy(first), torch.from_numpy(second)).numpy()
    # The logarithm is meant for small turns; next to a half turn it may lose digits.
    clear = expected < np.pi - 1e-2
    np.testing.assert_allclose(angle[clear], expected[clear], atol=1e-5)
    swapped = geodesic_angle(torch.from_numpy(second), torch.from_numpy(first)).numpy()
    np.testing.assert_allclose(swapped, angle, atol=1e-9)
