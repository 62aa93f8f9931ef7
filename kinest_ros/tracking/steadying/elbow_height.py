# SPDX-License-Identifier: Apache-2.0
"""Keeps elbows of tracked hands above the floor: the arm swivels, shoulder and wrist stay.

A hand that lies on the floor beside a lying body says nothing about its elbow, and a network that
has hardly seen anybody lie puts it through the floor. The elbow goes round the line from shoulder
to wrist, by the smallest angle that brings it up; where no place on that circle is above the floor,
to the highest one.
"""

from __future__ import annotations

import math

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.rotations_numpy import matrices_about_axes
from kinest_ros.tracking.fitting.body_fit import WorldPose
from kinest_ros.tracking.steadying.floor_bounds import LIMB_HEIGHT

_ARMS = [
    tuple(JOINT_INDEX[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist"))
    for side in ("left", "right")
]


def with_elbows_above(pose: WorldPose, floor: float) -> WorldPose:
    """Return a pose whose elbows are above the floor, as far as shoulders and wrists let them.

    Args:
        pose: in the frame of the floor.
        floor: its height, m.
    """
    lowest = floor + LIMB_HEIGHT
    low = [arm for arm in _ARMS if pose.positions[arm[1], 2] < lowest]
    if not low:
        return pose
    raised = WorldPose(pose.world.copy(), pose.positions.copy())
    for arm in low:
        _swivel_up(raised, arm, lowest)
    return raised


def _swivel_up(pose: WorldPose, arm: tuple[int, ...], lowest: float) -> None:
    shoulder, elbow, wrist = arm
    start, middle, end = pose.positions[[shoulder, elbow, wrist]]
    line = end - start
    length = math.sqrt(float(line @ line))
    if length < 1e-6:
        return
    axis = line / length
    spoke = (middle - start) - axis * float(axis @ (middle - start))
    side = np.cross(axis, spoke)
    # The elbow's height over the angle: centre + spoke_z * cos + side_z * sin.
    reach = math.hypot(spoke[2], side[2])
    if reach < 1e-6:
        return  # the arm is straight or upright: all places are as high
    top = math.atan2(side[2], spoke[2])
    centre = float(middle[2] - spoke[2])
    short_of_top = math.acos(min(max((lowest - centre) / reach, -1.0), 1.0))
    angle = math.copysign(max(abs(top) - short_of_top, 0.0), top)
    turn = matrices_about_axes(axis, np.asarray(angle))
    pose.world[[shoulder, elbow]] = turn @ pose.world[[shoulder, elbow]]
    pose.positions[elbow] = middle - spoke + turn @ spoke
