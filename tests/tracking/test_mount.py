# SPDX-License-Identifier: Apache-2.0
"""Mount offsets."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.errors import KinestError
from kinest_ros.tracking.mount import Mount

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
        {"xyz": (80.0, 0.0, 0.0)},
    ],
)
def test_bad_values_are_refused(values):
    with pytest.raises(KinestError, match="mount " + next(iter(values))):
        Mount(**values)
