# SPDX-License-Identifier: Apache-2.0
"""A base that stays sees people ahead of it, however they turn about."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.retarget.evaluation.measures import measure
from kinest_ros.retarget.evaluation.poses import retarget_motion
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.retargeter import Retargeter
from kinest_ros.retarget.solver.settings import RetargetSettings
from kinest_ros.retarget.targets.ahead import Ahead
from kinest_ros.retarget.targets.human import PELVIS
from tests.retarget.robots import LEGS, performed, without


def turning(motion, turns):
    """Return a motion turned about the vertical by rad in each frame."""
    cos, sin, none = np.cos(turns), np.sin(turns), np.zeros(len(turns))
    rows = [[cos, -sin, none], [sin, cos, none], [none, none, none + 1.0]]
    turn = np.array(rows).transpose(2, 0, 1)
    return replace(
        motion,
        positions=np.einsum("nij,nkj->nki", turn, motion.positions),
        rotations=np.einsum("nij,nkjl->nkil", turn, motion.rotations),
    )


@pytest.mark.parametrize("upper", [False, True], ids=["no legs", "mode upper"])
def test_arms_do_not_turn_with_the_body(upper):
    walk = performed("walking", seconds=1.0)
    round_ = turning(walk, np.linspace(0.0, 4.0, len(walk)))
    robot = Robot.load("own" if upper else without(LEGS))
    retargeter = Retargeter(robot, RetargetSettings(mode="upper" if upper else "whole"))
    straight = retarget_motion(retargeter, walk).joints
    turned = retarget_motion(retargeter, round_)
    assert turned.joints == pytest.approx(straight, abs=1e-6)
    # They are measured as they are seen, too.
    assert measure(retargeter, round_, turned).values["arm"] < 3.0


def test_who_lies_on_the_side_keeps_the_heading_they_had():
    human = performed("walking", seconds=0.1).human(0)
    ahead = Ahead(np.array((0.0, 1.0, 0.0)))
    seen = ahead.apply(human)
    left = seen.rotations[PELVIS][:, 0]
    assert left[0] < -0.9 and abs(left[1]) < 1e-9
    over = np.array(((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0)))
    lying = replace(human, rotations=over @ human.rotations)
    moved = ahead.apply(lying)
    expected = over @ human.rotations
    turn = seen.rotations[PELVIS] @ human.rotations[PELVIS].T
    assert moved.rotations == pytest.approx(turn @ expected, abs=1e-9)
