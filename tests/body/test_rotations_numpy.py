# SPDX-License-Identifier: Apache-2.0
"""The closed forms against scipy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.transform import Rotation

from kinest_ros.body.rotations_numpy import (
    matrices_from_quaternions,
    matrices_from_vectors,
    mean_rotation,
    quaternions_from_matrices,
    rotation_vectors,
    slerp,
)

vectors = arrays(np.float64, (5, 3), elements=st.floats(-1.8, 1.8))
HALF_TURNS = np.pi * np.array(
    [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0], [0.6, 0.8, 0], [0, -0.6, 0.8]]
)


@given(vectors)
def test_vectors_and_matrices(vector):
    matrix = matrices_from_vectors(vector)
    np.testing.assert_allclose(matrix, Rotation.from_rotvec(vector).as_matrix(), atol=1e-12)
    np.testing.assert_allclose(rotation_vectors(matrix), vector, atol=1e-9)


@given(vectors)
def test_quaternions_and_matrices(vector):
    rotation = Rotation.from_rotvec(vector)
    quaternion = quaternions_from_matrices(rotation.as_matrix())
    np.testing.assert_allclose(quaternion, rotation.as_quat(canonical=True), atol=1e-12)
    np.testing.assert_allclose(
        matrices_from_quaternions(quaternion), rotation.as_matrix(), atol=1e-12
    )


def test_half_turns():
    matrix = Rotation.from_rotvec(HALF_TURNS).as_matrix()
    again = matrices_from_quaternions(quaternions_from_matrices(matrix))
    np.testing.assert_allclose(again, matrix, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(rotation_vectors(matrix), axis=-1), np.pi)


@given(vectors, vectors, st.floats(-1.0, 4.0))
def test_slerp_is_exact_at_constant_angular_velocity(start, turn, fraction):
    first = Rotation.from_rotvec(start)
    speed = Rotation.from_rotvec(0.9 * turn)
    second = speed * first
    # A quaternion and its negative are the same rotation.
    result = slerp(first.as_quat(), -second.as_quat(), np.full(5, fraction))
    if np.linalg.norm(turn, axis=-1).max() * 0.9 > np.pi - 0.01:
        return
    expected = Rotation.from_rotvec(0.9 * fraction * turn) * first
    error = (Rotation.from_quat(result) * expected.inv()).magnitude()
    np.testing.assert_allclose(error, 0.0, atol=1e-6)


def test_leading_shapes():
    vector = np.random.default_rng(0).normal(size=(2, 4, 3))
    matrix = matrices_from_vectors(vector)
    assert matrix.shape == (2, 4, 3, 3)
    assert quaternions_from_matrices(matrix).shape == (2, 4, 4)


@given(arrays(np.float64, (7, 3), elements=st.floats(-1.5, 1.5)))
def test_the_mean(vector):
    matrices = matrices_from_vectors(vector)
    mean = mean_rotation(matrices)
    np.testing.assert_allclose(mean @ mean.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(mean) > 0.0
    # Where several rotations are all but equally near, whichever it is: no other may be nearer.
    other = Rotation.from_matrix(matrices).mean().as_matrix()
    distances = [np.square(matrices - each).sum() for each in (mean, other)]
    assert distances[0] <= distances[1] + 1e-9
