# SPDX-License-Identifier: Apache-2.0
"""Hands turn closely in calm motion, and less closely where they whirl."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.retarget.evaluation.measures import measure
from kinest_ros.retarget.evaluation.poses import retarget_motion
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.hand_turning import BRISK, HandTurning
from kinest_ros.retarget.solver.retargeter import Retargeter
from kinest_ros.retarget.solver.settings import RetargetSettings
from kinest_ros.retarget.solver.weights import Weights
from kinest_ros.retarget.targets.small_rotations import turn
from tests.retarget.robots import performed

CALM, FAST = 0.4, 0.15


def at_speeds(left: float, right: float, dt: float = 1 / 60, seconds: float = 1.0) -> list[float]:
    """Weights of hands that have turned at some rad/s for a while."""
    turning = HandTurning(CALM, FAST)
    for frame in range(round(seconds / dt)):
        angles = (left * frame * dt, right * frame * dt)
        hands = np.array([turn(np.array((0.0, 0.0, angle))) for angle in angles])
        found = turning.weights(hands, dt)
    return found


def test_each_hand_counts_by_its_own_speed():
    still, whirls = at_speeds(0.0, 4.0 * BRISK)
    assert still == CALM
    assert FAST < whirls < FAST + 0.01
    assert at_speeds(BRISK, 0.0)[0] == pytest.approx(0.5 * (CALM + FAST), abs=0.01)


def test_the_frame_rate_does_not_matter():
    assert at_speeds(5.0, 8.0, 1 / 120) == pytest.approx(at_speeds(5.0, 8.0, 1 / 60), abs=0.005)


def test_a_reset_forgets_the_speed():
    turning = HandTurning(CALM, FAST)
    for angle in (0.0, 1.0, 2.0):
        turning.weights(np.array([turn(np.array((0.0, angle, 0.0)))] * 2), 1 / 60)
    turning.reset()
    assert turning.weights(np.array([turn(np.array((1.0, 0.0, 0.0)))] * 2), 1 / 60) == [CALM, CALM]


def test_hands_of_a_calm_person_turn_as_theirs():
    walk = performed("walking", 4.0)

    def off(weights: Weights) -> float:
        retargeter = Retargeter(Robot.load(), replace(RetargetSettings(), weights=weights))
        return measure(retargeter, walk, retarget_motion(retargeter, walk)).values["hand_turn"]

    weights = Weights()
    assert off(weights) < 0.7 * off(replace(weights, hand_rotation=weights.hand_whirl))
