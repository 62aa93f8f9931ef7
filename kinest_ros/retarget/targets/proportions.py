# SPDX-License-Identifier: Apache-2.0
"""The robot's lengths beside the human's, and the constants that targets need."""

from __future__ import annotations

import numpy as np

from kinest_ros.retarget.robot.analysis import zero_pose
from kinest_ros.retarget.robot.parts import Limb
from kinest_ros.retarget.robot.robot import Robot

#: SMPL's axes in link axes: columns SMPL X, Y, Z, in forward, left, up.
LINK_FROM_SMPL = np.array(((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))


class Proportions:
    """Lengths of a robot, m, by limb: left leg, right leg, left arm, right arm.

    Attributes:
        has: (4,) bool, which limbs there are.
        upper: (4,) thighs and upper arms.
        lower: (4,) shanks and forearms.
        hip_width: between the hip centres.
        ankle_height: above the sole.
        leg: length of a leg; without legs, what an arm's length tells of it.
        arm: likewise.
        hips_in_pelvis: (3,) m, middle of the hip centres in the pelvis body.
        forward: (3,) the direction in the world in which it looks.
        pelvis_from_human: (3, 3) takes SMPL T-pose axes into the pelvis body's.
        chest_from_human: likewise.
        head_from_human: likewise.
    """

    def __init__(self, robot: Robot) -> None:
        """Measure a robot at zero."""
        parts = robot.parts
        limbs: list[Limb | None] = [*(parts.legs or (None, None)), *(parts.arms or (None, None))]
        self.limbs = limbs
        self.has = np.array([limb is not None for limb in limbs])
        self.upper = np.array([limb.upper_length if limb else 0.0 for limb in limbs])
        self.lower = np.array([limb.lower_length if limb else 0.0 for limb in limbs])
        self.arm = float((self.upper + self.lower)[2:].mean()) if parts.arms else 0.0
        # Adult arms (without hands) are two thirds as long as legs (without feet).
        self.leg = float((self.upper + self.lower)[:2].mean()) if parts.legs else 1.5 * self.arm
        data = zero_pose(robot.model)

        def axes(body: int) -> np.ndarray:
            return np.asarray(data.xmat[body]).reshape(3, 3)

        facing = axes(parts.root_body) @ parts.facing @ LINK_FROM_SMPL
        self.forward = facing[:, 2]
        self.pelvis_from_human = axes(parts.pelvis_body).T @ facing
        self.chest_from_human = axes(parts.chest_body).T @ facing
        head = parts.chest_body if parts.head_body is None else parts.head_body
        self.head_from_human = axes(head).T @ facing
        self.ankle_height, self.hip_width = 0.0, 0.0
        self.hips_in_pelvis = np.zeros(3)
        if parts.legs:
            self.ankle_height = float(
                np.mean([limb.sole.height for limb in parts.legs if limb.sole])
            )
            hips = [
                data.xpos[limb.upper_body] + axes(limb.upper_body) @ limb.root_in_upper
                for limb in parts.legs
            ]
            self.hip_width = float(np.linalg.norm(hips[0] - hips[1]))
            middle = 0.5 * (hips[0] + hips[1])
            self.hips_in_pelvis = axes(parts.pelvis_body).T @ (
                middle - data.xpos[parts.pelvis_body]
            )
