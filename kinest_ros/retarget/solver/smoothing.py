# SPDX-License-Identifier: Apache-2.0
"""How much each coordinate's velocity costs, and how much a change of it."""

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
    wrists = _wrists(robot)
    each = [
        weights.smooth_leg
        if robot.joints[joint] in legs
        else weights.smooth
        if robot.joints[joint] in wrists
        else weights.smooth_upper
        for joint in coordinates.joints
    ]
    return np.array([weights.smooth] * coordinates.base + each) ** 2


def damping(robot: Robot, coordinates: Coordinates, weights: Weights) -> np.ndarray:
    """Return squared weights (count,) of the step of the base, then of the driven joints.

    A damped joint falls behind what moves it by damping^2 / (damping^2 + weight^2) of its speed.
    What turns a wrist weighs little, so that a wrist is damped less.
    """
    wrists = _wrists(robot)
    each = [
        weights.wrist_damping if robot.joints[joint] in wrists else weights.damping
        for joint in coordinates.joints
    ]
    return np.array([weights.base_damping] * coordinates.base + each) ** 2


def _wrists(robot: Robot) -> set[int]:
    return {joint for limb in robot.parts.arms for joint in limb.beyond_hinge}
