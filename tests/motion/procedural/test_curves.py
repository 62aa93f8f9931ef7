# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.motion.procedural.curves import curve, minimum_jerk, smooth_below, soft_min, wander

TIMES = np.arange(600) / 60.0


def test_minimum_jerk_starts_and_ends_at_rest():
    u = np.linspace(0.0, 1.0, 1001)
    values = minimum_jerk(u)
    assert values[0] == 0.0
    assert values[-1] == pytest.approx(1.0)
    assert abs(np.gradient(values, u)[[0, -1]]).max() < 1e-4


@given(st.lists(st.tuples(st.floats(0, 8), st.floats(0.1, 1.5), st.floats(-2, 2)), max_size=6))
def test_curve_ends_at_the_last_target_and_never_jumps(moves):
    values = curve(TIMES, 0.5, [(begin, begin + length, to) for begin, length, to in moves])
    assert values[-1] == pytest.approx(moves[-1][2] if moves else 0.5)
    # Each move of at most 4 units in 0.1 s peaks at 75 per second.
    assert np.abs(np.diff(values)).max() <= (len(moves) or 1) * 4.0 * 1.875 / 0.1 / 60.0 + 1e-9


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=80))
def test_smooth_below_stays_below(values):
    values = np.array(values)
    assert (smooth_below(values, 0.05, 60.0) <= values + 1e-9).all()


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(1e-3, 1.0))
def test_soft_min_is_below_both(a, b, width):
    value = soft_min(np.array(a), np.array(b), width)
    assert value <= min(a, b) + 1e-9
    assert value >= min(a, b) - width


def test_wander_has_its_size_and_is_smooth():
    times = np.arange(60000) / 60.0
    values = wander(times, np.random.default_rng(0), 0.3)
    assert values.std() == pytest.approx(0.3, rel=0.1)
    assert np.abs(np.diff(values)).max() < 0.1
