# SPDX-License-Identifier: Apache-2.0
"""Motions of trackers, and ways to push samples of them."""

import math

import numpy as np
import pytest
from hypothesis import strategies as st

from kinest_ros.tracking.sampling.resampler import Resampler, first_tick_from, tick_stamp
from kinest_ros.tracking.sampling.sample_track import Source

MS = 1_000_000
HEAD, LEFT, RIGHT = 0, 1, 2
SPEED = np.array([0.7, -0.3, 0.2])
AXIS = np.array([0.36, -0.48, 0.8])


def turned(angle: float) -> np.ndarray:
    """The quaternion of a turn about one axis."""
    return np.append(math.sin(0.5 * angle) * AXIS, math.cos(0.5 * angle))


def steady(slot: int, stamp_ns: int) -> tuple[np.ndarray, np.ndarray]:
    """Constant velocity and angular velocity, another for each slot."""
    time = stamp_ns * 1e-9
    return (slot + 1) * SPEED * time + [0.0, slot, 1.0], turned(2.5 * (slot + 1) * time)


def swinging(slot: int, stamp_ns: int) -> tuple[np.ndarray, np.ndarray]:
    time = stamp_ns * 1e-9
    return math.sin((slot + 3) * time) * SPEED, turned(math.sin((slot + 2) * time))


def run(samples, motion=steady, resampler=None, timeout=0.25):
    """Push (stamp, slots) one after the other; return all ticks."""
    resampler = resampler or Resampler(timeout)
    ticks = []
    for stamp_ns, slots in samples:
        ticks += resampler.push(stamp_ns, {slot: motion(slot, stamp_ns) for slot in slots})[0]
    return ticks


def assert_same(first, second):
    assert [tick.index for tick in first] == [tick.index for tick in second]
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.sources, other.sources)
        np.testing.assert_array_equal(one.positions, other.positions)
        np.testing.assert_array_equal(one.quaternions, other.quaternions)


def assert_on(ticks, motion, slots):
    """The given slots are measured where the motion was."""
    for tick in ticks:
        assert tick.stamp_ns == round(tick.index * 1e9 / 60)
        for slot in slots:
            position, quaternion = motion(slot, tick.stamp_ns)
            assert tick.sources[slot] == Source.MEASURED
            np.testing.assert_allclose(tick.positions[slot], position, atol=5e-6)
            assert abs(quaternion @ tick.quaternions[slot]) == pytest.approx(1.0, abs=1e-10)


rates = st.floats(15.0, 120.0)
phases = st.floats(0.0, 1.0)


def stamps(rate: float, phase: float, seconds: float, jitter: float = 0.0, seed: int = 0):
    count = int(seconds * rate)
    wobble = np.random.default_rng(seed).uniform(-jitter, jitter, count) / rate
    times = 5.0 + (np.arange(count) + phase) / rate + wobble
    return [int(time * 1e9) for time in times]


@st.composite
def recordings(draw):
    """Samples of three trackers in the order of their stamps, with losses of any length."""
    rate = draw(rates)
    times = stamps(rate, draw(phases), draw(st.floats(0.3, 1.5)), 0.3, draw(st.integers(0, 99)))
    if draw(st.booleans()):
        times = [tick_stamp(first_tick_from(time)) for time in times]
        times = sorted(set(times))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    there = rng.random((len(times), 3)) > draw(st.floats(0.0, 0.5))
    for slot in (HEAD, LEFT, RIGHT):
        if draw(st.booleans()):
            start = rng.integers(0, len(times))
            there[start : start + rng.integers(1, len(times) + 1), slot] = False
    return [
        (time, tuple(np.flatnonzero(row).tolist())) for time, row in zip(times, there, strict=True)
    ]
