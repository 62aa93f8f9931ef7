# SPDX-License-Identifier: Apache-2.0
"""Mount offsets."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.errors import KinestError
from kinest_ros.tracking.devices.mount import Mount

angles = st.floats(-math.pi, math.pi)


@given(st.tuples(angles, angles, angles))
def test_rpy_is_about_fixed_axes(rpy):
    expected = Rotation.from_euler("xyz", rpy).as_matrix()
    np.testing.assert_allclose(Mount(rpy=rpy).rotation, expected, atol=1e-12)


def test_identity_by_default():
    assert Mount().xyz == (0.0, 0.0, 0.0)
    np.testing.assert_array_equal(Mount().rotation, np.eye(3))


@pytest.mark.parametrize(
    "values",
    [
        {"xyz": (0.0, math.nan, 0.0)},
        {"rpy": (0.0, 0.0)},
        {"rpy": (math.inf, 0.0, 0.0)},
        {"rpy": (0.0, 90.0, 0.0)},
        {"rpy": (0.0, 0.0, -6.4)},
        {"xyz": (80.0, 0.0, 0.0)},
    ],
)
def test_bad_values_are_refused(values):
    with pytest.raises(KinestError, match="mount " + next(iter(values))):
        Mount(**values)


def test_a_whole_turn_is_an_angle():
    np.testing.assert_allclose(Mount(rpy=(0.0, 0.0, 2.0 * np.pi)).rotation, np.eye(3), atol=1e-12)


@given(angles=st.tuples(*[st.floats(-3.1, 3.1)] * 3))
def test_from_rotation_is_the_same_rotation(angles):
    rotation = Mount(rpy=angles).rotation
    np.testing.assert_allclose(
        Mount.from_rotation((0, 0, 0), rotation).rotation, rotation, atol=1e-6
    )


@pytest.mark.parametrize("pitch", [np.pi / 2, -np.pi / 2])
@pytest.mark.parametrize("roll", [0.0, 0.7, -2.0])
def test_from_rotation_at_a_pitch_of_90_degrees(pitch, roll):
    rotation = Mount(rpy=(roll, pitch, 0.4)).rotation
    mount = Mount.from_rotation((1.0, 0, 0), rotation)
    np.testing.assert_allclose(mount.rotation, rotation, atol=1e-6)
    assert mount.xyz == (1.0, 0.0, 0.0)
