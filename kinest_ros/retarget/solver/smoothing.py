# SPDX-License-Identifier: Apache-2.0
"""How much a change of each coordinate's velocity costs."""

from __future__ import annotations

import numpy as np

from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.coordinates import Coordinates
from kinest_ros.retarget.solver.weights import Weights


def smoothing(robot: Robot, coordinates: Coordinates, weights: Weights) -> np.ndarray:
    """Return squared weights (count,): of the base, then of the driven joints.

    Legs hold feet, which are to stand at once, and a hand's turn counts little, so that smoothed
    wrists would lag: both are smoothed less than waist, head, shoulders and elbows.
    """
    legs = {joint for limb in robot.parts.legs for joint in limb.joints}
    wrists = {joint for limb in robot.parts.arms for joint in limb.beyond_hinge}
    each = [
        weights.smooth_leg
        if robot.joints[joint] in legs
        else weights.smooth
        if robot.joints[joint] in wrists
        else weights.smooth_upper
        for joint in coordinates.joints
    ]
    return np.array([weights.smooth] * coordinates.base + each) ** 2
