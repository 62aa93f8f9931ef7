# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.body.rotations_numpy import unit
from kinest_ros.motion.procedural.swivel import calm_swivel

FPS = 60.0
LINE = np.tile([1.0, 0.0, 0.0], (240, 1))


def crossing(miss):
    """A pole that goes from above the line to below it, past it at a distance."""
    height = np.linspace(1.0, -1.0, len(LINE))
    return np.column_stack([np.ones(len(LINE)), np.full(len(LINE), miss), height])


def fastest(line, pole):
    """rad/s of the direction aside from the line."""
    aside = unit(pole - np.sum(pole * line, -1, keepdims=True) * line)
    return np.arccos(np.clip(np.sum(aside[1:] * aside[:-1], -1), -1.0, 1.0)).max() * FPS


@pytest.mark.parametrize("miss", [0.0, 1e-6, 0.004])
def test_a_pole_that_crosses_the_line_is_led_round_it(miss):
    pole = crossing(miss)
    calm = calm_swivel(LINE, pole, FPS)
    assert fastest(LINE, pole) > 60.0
    assert fastest(LINE, calm) < 16.0
    np.testing.assert_array_equal(calm[:60], pole[:60])
    np.testing.assert_array_equal(calm[-60:], pole[-60:])


def test_a_pole_that_turns_at_a_human_pace_is_left_alone():
    pole = crossing(0.2)
    assert calm_swivel(LINE, pole, FPS) is pole


def test_an_arm_that_swings_fast_does_not_swivel():
    swing = Rotation.from_rotvec(np.outer(np.arange(240) / FPS, [0.0, 30.0, 0.0]))
    line, pole = swing.apply(LINE), swing.apply(np.tile([0.3, 0.0, 1.0], (240, 1)))
    assert fastest(line, pole) > 20.0
    assert calm_swivel(line, pole, FPS) is pole
