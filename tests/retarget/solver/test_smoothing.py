# SPDX-License-Identifier: Apache-2.0
"""Base and wrists, legs and the rest are each smoothed as their weights say."""

import numpy as np
import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.coordinates import Coordinates
from kinest_ros.retarget.solver.smoothing import smoothing
from kinest_ros.retarget.solver.weights import Weights


@pytest.mark.parametrize("mode", ["whole", "upper"])
def test_smoothing_goes_by_the_part_that_a_joint_moves(mode):
    robot, weights = Robot.load(), Weights(smooth=0.5, smooth_leg=1.0, smooth_upper=2.0)
    coordinates = Coordinates(robot, mode)
    found = smoothing(robot, coordinates, weights)
    assert found.shape == (coordinates.count,)
    assert (found[: coordinates.base] == 0.25).all()
    for value, joint in zip(found[coordinates.base :], coordinates.joints, strict=True):
        name = robot.names[joint]
        leg = any(part in name for part in ("hip", "knee", "ankle"))
        assert value == (1.0 if leg else 0.25 if "wrist" in name else 4.0), name
    assert np.isfinite(found).all()
