# SPDX-License-Identifier: Apache-2.0
"""Axis conventions, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.errors import KinestError
from kinest_ros.tracking.devices.basis import BASES, basis_matrices, to_ros_basis

NONE = np.array([0.0, 0.0, 0.0, 1.0])
S = np.sqrt(0.5)


@pytest.mark.parametrize(
    ("basis", "given_position", "ros"),
    [
        ("ros", (1, 2, 3), (1, 2, 3)),
        # OpenXR: 1 m to the right, 2 m up, 3 m ahead (-z) is x 3, y -1, z 2.
        ("openxr", (1, 2, -3), (3, -1, 2)),
        ("unity", (1, 2, 3), (3, -1, 2)),
    ],
)
def test_positions(basis, given_position, ros):
    position, quaternion = to_ros_basis(np.array(given_position), NONE, basis)
    np.testing.assert_allclose(position, ros)
    np.testing.assert_allclose(quaternion, NONE)


@pytest.mark.parametrize(
    ("basis", "axis_angle", "ros_axis_angle"),
    [
        # Turning left by 90 deg: about +y in a right-handed, about -y in a left-handed Y-up frame.
        ("openxr", (0, 90, 0), (0, 0, 90)),
        ("unity", (0, -90, 0), (0, 0, 90)),
        # Looking up by 30 deg: about +x (right) with -z ahead; about -x in Unity; about -y in ROS.
        ("openxr", (30, 0, 0), (0, -30, 0)),
        ("unity", (-30, 0, 0), (0, -30, 0)),
        # Leaning the head to the right shoulder by 20 deg: about the axis that points ahead, x in
        # ROS; -z ahead in OpenXR; +z ahead, left-handed, in Unity.
        ("openxr", (0, 0, -20), (20, 0, 0)),
        ("unity", (0, 0, -20), (20, 0, 0)),
        ("ros", (10, 20, 30), (10, 20, 30)),
    ],
)
def test_rotations(basis, axis_angle, ros_axis_angle):
    quaternion = Rotation.from_rotvec(axis_angle, degrees=True).as_quat()
    _, converted = to_ros_basis(np.zeros(3), quaternion, basis)
    expected = Rotation.from_rotvec(ros_axis_angle, degrees=True).as_matrix()
    np.testing.assert_allclose(Rotation.from_quat(converted).as_matrix(), expected, atol=1e-12)


@given(st.sampled_from(BASES), st.integers(0, 2**32 - 1))
def test_rotations_are_conjugated(basis, seed):
    rotation = Rotation.random(rng=np.random.default_rng(seed))
    matrix, _ = basis_matrices(basis)
    _, converted = to_ros_basis(np.zeros(3), rotation.as_quat(), basis)
    np.testing.assert_allclose(
        Rotation.from_quat(converted).as_matrix(),
        matrix @ rotation.as_matrix() @ matrix.T,
        atol=1e-12,
    )


def test_any_leading_shape_and_no_change_of_the_input():
    quaternion = np.tile([S, 0.0, 0.0, S], (4, 2, 1))
    kept = quaternion.copy()
    position, converted = to_ros_basis(np.ones((4, 2, 3)), quaternion, "unity")
    assert position.shape == (4, 2, 3)
    assert converted.shape == (4, 2, 4)
    np.testing.assert_array_equal(quaternion, kept)


def test_unknown_basis_lists_the_known_ones():
    with pytest.raises(KinestError, match=r"'vive'.*ros, openxr, unity"):
        to_ros_basis(np.zeros(3), NONE, "vive")
