# SPDX-License-Identifier: Apache-2.0
"""Feet stand by the network's word and by their speed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.tracking.steadying.standing import SPEED, standing

PROBABILITIES = st.floats(0.0, 1.0)
SPEEDS = st.floats(0.0, 20.0)


def test_the_speed_decides_where_the_network_cannot_tell():
    assert standing(0.5, 0.1) == 1.0
    assert standing(0.5, SPEED) == pytest.approx(0.5)
    assert standing(0.5, 2.5) == 0.0


def test_the_network_decides_where_it_is_sure():
    assert standing(1.0, 1.5) == 1.0
    assert standing(0.0, 0.0) == 0.0


@given(st.tuples(PROBABILITIES, PROBABILITIES), st.tuples(SPEEDS, SPEEDS))
def test_more_contact_or_less_speed_stand_no_less(contacts, speeds):
    low, high = sorted(contacts)
    slow, fast = sorted(speeds)
    least = standing(low, fast)
    most = standing(high, slow)
    assert 0.0 <= least <= most <= 1.0
