# SPDX-License-Identifier: Apache-2.0
"""Foot slide and floor penetration against cases worked out by hand."""

import numpy as np
import pytest

from kinest_ros.evaluation.floor import floor_penetration, foot_slide, planted_toes

LEFT, RIGHT = 10, 11


def _standing(count=11):
    positions = np.full((count, 22, 3), 0.5)
    positions[:, [LEFT, RIGHT], 2] = 0.02
    return positions


def test_slow_low_toes_stand():
    """The left toe slips by 1 mm a frame (6 cm/s); the right is lifted, later fast."""
    positions = _standing()
    positions[:, LEFT, 0] += 0.001 * np.arange(11)
    positions[:5, RIGHT, 2] = 0.051
    positions[5:, RIGHT, 0] += 0.003 * np.arange(6)  # 18 cm/s
    planted = planted_toes(positions)
    assert planted.shape == (10, 2)
    assert planted[:, 0].all()
    assert not planted[:, 1].any()
    assert foot_slide(positions, planted) == pytest.approx(6.0)


def test_slide_is_of_the_prediction_where_the_truth_stands():
    """Standing for the last 5 of 10 steps, in which the prediction moves by 1 cm a frame."""
    truth = _standing()
    truth[:5, [LEFT, RIGHT], 2] = 0.2
    predicted = _standing()
    predicted[:, LEFT, 1] += 0.01 * np.arange(11)
    predicted[:, RIGHT, 2] += 0.01 * np.arange(11)  # upwards is no slide
    planted = planted_toes(truth)
    assert planted.sum() == 10
    assert foot_slide(predicted, planted) == pytest.approx((60.0 + 0.0) / 2)
    assert np.isnan(foot_slide(predicted, np.zeros_like(planted)))


def test_depth_below_the_floor():
    """A toe joint is 2 cm above its sole; other joints count themselves. Half the frames sink."""
    positions = _standing(10)
    assert floor_penetration(positions) == pytest.approx(0.0)
    positions[:5, LEFT, 2] = 0.0
    assert floor_penetration(positions) == pytest.approx(2.0 / 2)
    positions[:5, 4, 2] = -0.05
    assert floor_penetration(positions) == pytest.approx(5.0 / 2)
    assert floor_penetration(positions + [0, 0, 1.0], floor=1.0) == pytest.approx(5.0 / 2)
