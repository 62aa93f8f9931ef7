# SPDX-License-Identifier: Apache-2.0
"""Hands go to their scaled place, but do not bend arms of other proportions out of their way."""

import numpy as np
import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.targets.human import ENDS, ROOTS, Build
from kinest_ros.retarget.targets.proportions import Proportions
from kinest_ros.retarget.targets.targets import MOST, TargetMaker
from tests.retarget.robots import performed


@pytest.fixture(scope="module")
def human():
    return performed("walking", 1.0).human(30)


def hands(human, arms: str, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Wrists from shoulders (2, 3), m, of arms whose upper arm is a share of them; and lengths."""
    proportions = Proportions(Robot.load())
    length = (proportions.upper + proportions.lower)[2:]
    proportions.upper[2:], proportions.lower[2:] = share * length, (1.0 - share) * length
    maker = TargetMaker(proportions, arms, legs=False)
    return maker.make(human, [], 1 / 60).hands, length


@pytest.mark.parametrize("share", [0.2, 0.35, 0.7])
def test_a_hand_stays_near_where_the_directions_put_it(human, share):
    found, length = hands(human, "blend", share)
    directed, scaled = hands(human, "direction", share)[0], hands(human, "position", share)[0]
    far = np.linalg.norm(scaled - directed, axis=1)
    away = np.linalg.norm(found - directed, axis=1)
    assert (away < MOST * length).all()
    assert (away < far).all()
    # On the way to the scaled place.
    assert ((found - directed) @ (scaled - directed).T).diagonal() == pytest.approx(away * far)


def test_arms_of_the_persons_proportions_reach_the_scaled_place(human):
    build = Build.of(human)
    share = float(build.upper[2] / (build.upper[2] + build.lower[2]))
    found, _ = hands(human, "blend", share)
    scaled, length = hands(human, "position", share)
    theirs = human.positions[ENDS[2:]] - human.positions[ROOTS[2:]]
    whole = (build.upper + build.lower)[2:]
    np.testing.assert_allclose(scaled, theirs * (length / whole)[:, None], atol=1e-9)
    np.testing.assert_allclose(found, scaled, atol=1e-3)
