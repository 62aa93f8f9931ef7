# SPDX-License-Identifier: Apache-2.0
"""Lag is made good by shares, but for feet that stand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.retarget.evaluation.measures import measure
from kinest_ros.retarget.evaluation.poses import retarget_motion
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver import catching_up
from kinest_ros.retarget.solver.catching_up import CatchingUp
from kinest_ros.retarget.solver.retargeter import Retargeter
from kinest_ros.retarget.targets.human import Human
from tests.retarget.robots import performed
from tests.search import examples

FOOT, PELVIS = np.arange(3, 6), np.arange(6, 9)
SHARES = CatchingUp([FOOT], PELVIS)


@settings(max_examples=examples(30))
@given(st.integers(0, 10_000), st.floats(0.0, 1.0), st.floats(0.001, 0.1))
def test_what_is_left_is_a_share_of_the_lag(seed, hold, dt):
    lag = np.random.default_rng(seed).normal(size=12)
    left = SHARES.left(lag, [hold], dt)
    assert (left * lag >= 0.0).all()
    assert (np.abs(left) < np.abs(lag)).all()


def test_half_the_time_step_twice_leaves_as_much():
    lag = np.full(12, 0.01)
    once = SHARES.left(lag, [0.0], 0.02)[9:]
    twice = SHARES.left(SHARES.left(lag, [0.0], 0.01), [0.0], 0.01)[9:]
    assert twice == pytest.approx(once)


def test_a_standing_foot_does_not_lag():
    lag = np.full(12, 0.05)
    assert not SHARES.left(lag, [1.0], 0.02)[FOOT].any()
    assert SHARES.left(lag, [0.0], 0.02)[FOOT].all()


def test_an_arm_that_is_held_up_pulls_with_a_bounded_force():
    """The farther off it is, the less its rows count: the chest is not torn along."""
    stand = performed("standing", 1.0)
    retargeter = Retargeter(Robot.load())
    for frame in range(30):
        retargeter.step(stand.human(frame), int(stand.stamps_ns[frame]))
    tasks, data = retargeter._tasks, retargeter._data
    rows = tasks._rows_of_arm[1]
    forces = []
    for degrees in (3.0, 60.0, 120.0):
        human = stand.human(30)
        angle = np.radians(degrees)
        turn = np.array(
            ((np.cos(angle), 0, np.sin(angle)), (0, 1, 0), (-np.sin(angle), 0, np.cos(angle)))
        )
        places = human.positions.copy()
        places[[19, 21]] = places[17] + (places[[19, 21]] - places[17]) @ turn.T
        far = Human(places, human.rotations, human.contacts)
        targets = retargeter._maker.make(far, tasks.feet(data), 1.0 / 60.0)
        tasks.aim(targets)
        retargeter._posture.kinematics()
        residual, jacobian = tasks.evaluate(data)
        forces.append(np.linalg.norm(residual[rows] @ jacobian[rows]))
    assert forces[1] < 12.0 * forces[0]
    assert forces[2] < 1.3 * forces[1]


def test_joints_ring_less_and_follow_as_well(monkeypatch):
    walk = performed("walking", 3.0)

    def values():
        retargeter = Retargeter(Robot.load())
        return measure(retargeter, walk, retarget_motion(retargeter, walk)).values

    shares = values()
    monkeypatch.setattr(catching_up, "TIME", 1e-6)
    at_once = values()
    assert shares["jerk"] < 0.9 * at_once["jerk"]
    assert shares["arm"] < at_once["arm"] + 0.3
    assert shares["leg"] < at_once["leg"] + 0.5
    assert shares["slide"] < at_once["slide"] + 0.2
