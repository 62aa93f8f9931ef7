# SPDX-License-Identifier: Apache-2.0
"""Roll, pitch, yaw are URDF's, and the same by tf_transformations and by SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.body.roll_pitch_yaw import (
    Angles,
    ByScipy,
    ByTfTransformations,
    matrix_from_rpy,
    rpy_from_matrix,
)
from tests.search import examples

turn = st.floats(-np.pi, np.pi)


@pytest.fixture(params=[ByTfTransformations, ByScipy], scope="module")
def angles(request: pytest.FixtureRequest) -> Angles:
    try:
        return request.param()
    except ImportError as error:
        pytest.skip(f"needs tf_transformations of ROS: {error}")


def about(axis: int, angle: float) -> np.ndarray:
    """The right-handed turn about an axis, from its definition."""
    a, b = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[[a, b], [a, b]] = np.cos(angle)
    matrix[a, b], matrix[b, a] = -np.sin(angle), np.sin(angle)
    return matrix


@settings(max_examples=examples(100))
@given(roll=turn, pitch=turn, yaw=turn)
def test_they_are_those_of_urdf(angles: Angles, roll: float, pitch: float, yaw: float) -> None:
    expected = about(2, yaw) @ about(1, pitch) @ about(0, roll)
    np.testing.assert_allclose(angles.matrix((roll, pitch, yaw)), expected, atol=1e-12)
    found = angles.angles(expected)
    # Angles near the poles lose half of their digits; the rotation does not.
    np.testing.assert_allclose(angles.matrix(found), expected, atol=1e-7)
    if abs(pitch) < 1.5:
        np.testing.assert_allclose(found, (roll, pitch, yaw), atol=1e-9)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_straight_up_and_down_yaw_is_zero(angles: Angles, sign: float) -> None:
    rotation = about(2, 0.3) @ about(1, sign * np.pi / 2.0) @ about(0, 0.5)
    roll, pitch, yaw = angles.angles(rotation)
    assert yaw == 0.0 and pitch == pytest.approx(sign * np.pi / 2.0, abs=1e-6)
    np.testing.assert_allclose(angles.matrix((roll, pitch, yaw)), rotation, atol=1e-7)


def test_what_is_provided_does_it() -> None:
    rotation = matrix_from_rpy((0.1, -0.2, 0.3))
    np.testing.assert_allclose(rotation, about(2, 0.3) @ about(1, -0.2) @ about(0, 0.1), atol=1e-12)
    np.testing.assert_allclose(rpy_from_matrix(rotation), (0.1, -0.2, 0.3), atol=1e-12)
    np.testing.assert_array_equal(matrix_from_rpy((0.0, 0.0, 0.0)), np.eye(3))
