# SPDX-License-Identifier: Apache-2.0
"""Stamps in ROS time: evenly spaced, always later than the one before, never later than now."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.node.outputs.restamp import LEAST_SPACING_NS, Restamp

MS = 1_000_000
SECOND = 1000 * MS
ROS = 1_800_000_000 * SECOND


def run(delays_ms, offset_ns=ROS, rate=60.0, drift=0.0, restamp=None, start=0):
    """A sample and a tick of it per period; return (stamps out, arrivals)."""
    restamp, out, now = restamp or Restamp(), [], []
    for index, delay in enumerate(delays_ms):
        stamp_ns = start + round(index * 1e9 / rate)
        now.append(offset_ns + round(stamp_ns * (1 + drift)) + round(delay * MS))
        restamp.heard(stamp_ns, now[-1])
        out.append(restamp(stamp_ns))
    return np.array(out), np.array(now)


def test_the_example_in_the_docstring():
    restamp = Restamp()
    for stamp, now in ((0, 103), (10, 117), (20, 121)):
        restamp.heard(stamp * MS, now * MS)
    assert restamp(20 * MS) == 121 * MS


@given(st.integers(0, 2**32 - 1), st.floats(-2e-4, 2e-4))
def test_spacing_is_even_whatever_the_delays(seed, drift):
    delays = 3.0 + np.random.default_rng(seed).exponential(8.0, 1200)
    delays[:20] += 30.0  # slow at first
    out, now = run(delays, drift=drift)
    assert (np.diff(out) >= LEAST_SPACING_NS).all()
    settled = slice(60, None)
    assert (out[settled] <= now[settled]).all()
    assert (now[settled] - out[settled] < 100 * MS).all()
    spacing = np.diff(out[300:]) / MS
    assert np.abs(spacing - 1000 / 60).max() < 2.0


def test_clocks_that_are_set_are_followed():
    restamp = Restamp()
    first, _ = run([5.0] * 300, restamp=restamp)
    for shift in (-3600 * SECOND, 3600 * SECOND):  # the trackers' clock is set back, and ahead
        offset = int(first[-1]) + SECOND - shift
        out, now = run([5.0] * 300, offset_ns=offset, restamp=restamp, start=shift)
        assert out[0] > first[-1] and (np.diff(out) > 0).all()
        assert (np.abs(out[150:] - now[150:]) < 10 * MS).all()
        first = out


def test_ros_time_that_goes_back_is_followed():
    restamp = Restamp()
    run([5.0] * 100, restamp=restamp)
    out, now = run([5.0] * 100, offset_ns=ROS - 100 * SECOND, restamp=restamp, start=2 * SECOND)
    assert (out <= now).all() and (now - out < 10 * MS).all()


def test_without_a_sample_stamps_stay():
    assert Restamp()(123) == 123
