# SPDX-License-Identifier: Apache-2.0
"""Velocity windows: whatever is asked for, range, velocity and acceleration hold."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.retarget.live.governor import Governor
from kinest_ros.retarget.solver.limits import velocity_window


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(5.0, 400.0), st.floats(0.5, 20.0))
def test_no_wish_leads_beyond_the_limits(seed, acceleration, most):
    random = np.random.default_rng(seed)
    dt = 1.0 / 60.0
    lower, upper = np.array([-1.0, -0.2]), np.array([0.5, 2.0])
    position, velocity = np.zeros(2), np.zeros(2)
    limit, rate = np.full(2, most), np.full(2, acceleration)
    for _ in range(200):
        low, high = velocity_window(position, velocity, lower, upper, limit, rate, dt)
        assert (low <= high + 1e-12).all()
        wish = random.choice((-1e3, 1e3, 0.0, random.normal()), 2)
        new = np.clip(wish, low, high)
        assert (np.abs(new) <= most + 1e-9).all()
        assert (np.abs(new - velocity) <= acceleration * dt + 1e-6).all()
        position, velocity = position + new * dt, new
        assert (position >= lower - 1e-9).all() and (position <= upper + 1e-9).all()


def test_a_governor_meets_a_reference_that_keeps_the_limits():
    governor = Governor(np.full(1, -3.0), np.full(1, 3.0), np.full(1, 10.0), np.full(1, 100.0))
    dt = 1.0 / 60.0
    times = np.arange(300) * dt
    course = np.sin(2.0 * times)
    governor.start(course[:1])
    off = []
    for before, now in pairwise(course):
        place = governor.follow(np.array([now]), np.array([(now - before) / dt]), dt)
        off.append(abs(place[0] - now))
    assert max(off[30:]) < 1e-9


def test_a_governor_reaches_a_far_goal_without_overshoot():
    governor = Governor(np.full(1, -3.0), np.full(1, 3.0), np.full(1, 4.0), np.full(1, 20.0))
    places = [governor.follow(np.array([2.0]), np.zeros(1), 1.0 / 60.0)[0] for _ in range(200)]
    assert abs(places[-1] - 2.0) < 1e-6
    assert max(places) <= 2.0 + 1e-9
