# SPDX-License-Identifier: Apache-2.0
"""Transforms of plain floats agree with scipy's."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

from kinest_ros.decoding.transforms import IDENTITY, between, compose, inverse, normalised

numbers = st.floats(-3.0, 3.0)
transforms = st.tuples(*[numbers] * 7).filter(lambda t: np.linalg.norm(t[3:]) > 0.1).map(normalised)


def matrix(transform) -> np.ndarray:
    result = np.eye(4)
    result[:3, :3] = Rotation.from_quat(transform[3:]).as_matrix()
    result[:3, 3] = transform[:3]
    return result


@given(transforms, transforms)
def test_composition_and_inverse(first, second):
    product = compose(first, second)
    np.testing.assert_allclose(matrix(product), matrix(first) @ matrix(second), atol=1e-12)
    np.testing.assert_allclose(matrix(compose(first, inverse(first))), np.eye(4), atol=1e-12)
    np.testing.assert_allclose(matrix(compose(inverse(first), first)), np.eye(4), atol=1e-12)


@given(transforms, transforms, st.floats(0.0, 1.0))
def test_between(first, second, fraction):
    found = between(first, second, fraction)
    both = Rotation.from_quat([first[3:], second[3:]])
    if (both[0].inv() * both[1]).magnitude() > 3.14:
        return  # half a turn has two ways
    expected = Slerp([0.0, 1.0], both)(fraction)
    assert (expected.inv() * Rotation.from_quat(found[3:])).magnitude() < 1e-6
    place = (1.0 - fraction) * np.array(first[:3]) + fraction * np.array(second[:3])
    np.testing.assert_allclose(found[:3], place, atol=1e-12)


def test_a_quaternion_of_length_zero_stays_one():
    """Such a pose must be refused further on, and not become some rotation here."""
    zero = normalised((1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 0.0))
    assert zero[3:] == (0.0, 0.0, 0.0, 0.0)
    assert compose(IDENTITY, zero)[3:] == (0.0, 0.0, 0.0, 0.0)
