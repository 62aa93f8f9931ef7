# SPDX-License-Identifier: Apache-2.0
"""The base of a robot that turns on and on: its pose is one, and the one that is asked for."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.retarget.live.base_governor import SPIN, SPIN_ACCELERATION, BaseGovernor

TICK = 1.0 / 120.0
UP = np.array((0.0, 0.0, 1.0))


def away(governor: BaseGovernor, goal: Rotation) -> float:
    return float((Rotation.from_quat(governor.quaternion).inv() * goal).magnitude())


def test_it_turns_for_long_and_stays_a_rotation():
    """What rounding adds must not grow from step to step."""
    governor, rate = BaseGovernor(), np.array((0.3, -0.2, 1.5))
    rest = Rotation.from_euler("xyz", (0.4, -0.3, 1.0))
    governor.start(np.zeros(3), rest.as_quat())
    for step in range(1, 1201):
        goal = rest * Rotation.from_rotvec(rate * step * TICK)
        governor.follow(np.zeros(3), goal.as_quat(), np.zeros(3), rate, TICK)
        if step > 120:
            assert away(governor, goal) < 1e-6
            np.testing.assert_allclose(governor.angular, rate, atol=1e-5)
    assert np.linalg.norm(governor.quaternion) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("goal", [0.3, 3.0])
def test_a_turn_that_is_asked_for_at_once_is_made_within_the_limits(goal: float):
    governor, spins = BaseGovernor(), []
    target = Rotation.from_rotvec(goal * UP)
    for _ in range(120):
        governor.follow(np.zeros(3), target.as_quat(), np.zeros(3), np.zeros(3), TICK)
        spins.append(governor.angular)
    assert away(governor, target) < 1e-6
    speeds = np.linalg.norm(spins, axis=1)
    assert speeds.max() <= SPIN * (1.0 + 1e-9)
    assert np.linalg.norm(np.diff(spins, axis=0), axis=1).max() <= SPIN_ACCELERATION * TICK * 1.001


def test_a_stop_ends_the_way_too_and_soon():
    governor, rate = BaseGovernor(), np.array((2.0, 0.0, 0.0))
    for step in range(1, 61):
        governor.follow(rate * step * TICK, np.array((0, 0, 0, 1.0)), rate, np.zeros(3), TICK)
    assert governor.linear == pytest.approx(rate, abs=1e-6)
    places = []
    for _ in range(10):
        governor.stop(TICK)
        places.append(governor.position)
    assert governor.linear == pytest.approx(np.zeros(3), abs=1e-9)
    assert places[-1][0] > 1.0 and np.ptp(places[5:], axis=0).max() < 1e-9


def test_a_stop_ends_the_turn_within_its_acceleration():
    governor, rate = BaseGovernor(), np.array((0.0, 0.0, 5.0))
    for step in range(1, 61):
        goal = Rotation.from_rotvec(rate * step * TICK)
        governor.follow(np.zeros(3), goal.as_quat(), np.zeros(3), rate, TICK)
    for left in (5.0 - SPIN_ACCELERATION * TICK, 5.0 - 2.0 * SPIN_ACCELERATION * TICK):
        governor.stop(TICK)
        np.testing.assert_allclose(governor.angular, (0.0, 0.0, max(left, 0.0)), atol=1e-6)
