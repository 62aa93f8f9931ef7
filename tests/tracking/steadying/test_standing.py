# SPDX-License-Identifier: Apache-2.0
"""Feet stand by the network's word and by their speed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.tracking.steadying.standing import SPEED, standing

PROBABILITIES = st.floats(0.0, 1.0)
SPEEDS = st.floats(0.0, 20.0)


def test_the_speed_decides_where_the_network_cannot_tell():
    assert standing(np.array(0.5), np.array(0.1)) == 1.0
    assert standing(np.array(0.5), np.array(SPEED)) == pytest.approx(0.5)
    assert standing(np.array(0.5), np.array(2.5)) == 0.0


def test_the_network_decides_where_it_is_sure():
    both = standing(np.array([1.0, 0.0]), np.array([1.5, 0.0]))
    np.testing.assert_array_equal(both, [1.0, 0.0])


@given(st.tuples(PROBABILITIES, PROBABILITIES), st.tuples(SPEEDS, SPEEDS))
def test_more_contact_or_less_speed_stand_no_less(contacts, speeds):
    low, high = sorted(contacts)
    slow, fast = sorted(speeds)
    least = standing(np.array(low), np.array(fast))
    most = standing(np.array(high), np.array(slow))
    assert 0.0 <= least <= most <= 1.0
