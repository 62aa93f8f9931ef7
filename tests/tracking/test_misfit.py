# SPDX-License-Identifier: Apache-2.0
"""Running misfits of hands and floor."""

import numpy as np
import pytest

from kinest_ros.body.skeleton import TOE_JOINT_HEIGHT
from kinest_ros.model.error_model import TYPICAL_MISFIT
from kinest_ros.tracking.fitting.leg_snap import TOES
from kinest_ros.tracking.fitting.wrist_snap import WRISTS
from kinest_ros.tracking.misfit import MOST, Misfit

BOTH, NONE = np.array([True, True]), np.array([False, False])


def _look(misfit, hands=(0.1, 0.1), toes=(0.0, 0.4), valid=BOTH, floor=0.0, count=1):
    """Show a body with its wrists so far from their trackers, its toes so far above standing."""
    positions = np.zeros((22, 3))
    positions[TOES, 2] = floor + TOE_JOINT_HEIGHT + np.array(toes)
    measured = np.where(valid[:, None], [[hands[0], 0, 0], [0, hands[1], 0]], np.nan)
    assert not positions[WRISTS].any()
    for _ in range(count):
        misfit.look(positions, measured, valid, floor)


def test_one_look_is_enough_to_know():
    misfit = Misfit(60.0)
    assert misfit.hands == TYPICAL_MISFIT
    _look(misfit, (0.03, 0.05), (0.08, 0.3), floor=-1.4)
    assert misfit.hands == pytest.approx(np.sqrt((0.03**2 + 0.05**2) / 2))
    assert misfit.floor == pytest.approx(0.08)
    _look(misfit, toes=(-0.08, 0.0))
    assert misfit.floor == pytest.approx(0.08)


def test_only_hands_that_were_measured_count():
    misfit = Misfit(60.0)
    _look(misfit, (0.5, 0.02), valid=np.array([False, True]))
    assert misfit.hands == pytest.approx(0.02)
    _look(misfit, valid=NONE, count=50)
    assert misfit.hands == pytest.approx(0.02)


def test_it_forgets_in_about_half_a_second_and_is_bounded():
    misfit = Misfit(60.0)
    _look(misfit, (3.0, 3.0), (2.0, 2.0), count=60)
    assert misfit.hands == pytest.approx(MOST)
    assert misfit.floor == pytest.approx(MOST)
    _look(misfit, (0.0, 0.0), (0.0, 0.0), count=120)
    assert misfit.hands < 0.2 * MOST
    misfit.reset()
    assert misfit.floor == TYPICAL_MISFIT
