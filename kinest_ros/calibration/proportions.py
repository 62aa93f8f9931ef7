# SPDX-License-Identifier: Apache-2.0
"""The measures of a skeleton that a held pose is compared with, over stature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.skeleton import HEAD_HEIGHT_FRACTION, Skeleton
from kinest_ros.human_description.solids import HAND_LENGTH

_ARM_JOINTS = [JOINT_INDEX[f"{side}_{name}"] for side in ("left", "right")
               for name in ("elbow", "wrist")]  # fmt: skip


@dataclass(frozen=True)
class Proportions:
    """Lengths over stature; x forward, y left, z up.

    Attributes:
        head: height of the head joint.
        shoulders: (2, 3) left and right shoulder, from the head joint.
        pelvis: (3,) pelvis, from the head joint.
        hips: half the distance of the ankles.
        ankle: height of the ankle joint.
        arm: shoulder to wrist, mean of both sides.
    """

    head: float
    shoulders: np.ndarray
    pelvis: np.ndarray
    hips: float
    ankle: float
    arm: float

    @classmethod
    def of(cls, skeleton: Skeleton) -> Proportions:
        """Measure a skeleton."""
        stature = skeleton.stature
        rest = skeleton.rest_positions() @ JOINT_FROM_LINK / stature
        at = {name: rest[JOINT_INDEX[name]] for name in JOINT_INDEX}
        lengths = np.linalg.norm(skeleton.rest_offsets[_ARM_JOINTS], axis=1)
        return cls(
            head=HEAD_HEIGHT_FRACTION,
            shoulders=np.stack((at["left_shoulder"], at["right_shoulder"])) - at["head"],
            pelvis=at["pelvis"] - at["head"],
            hips=float(at["left_ankle"][1] - at["right_ankle"][1]) / 2.0,
            ankle=skeleton.ankle_height / stature,
            arm=float(lengths.sum()) / 2.0 / stature,
        )

    @property
    def shoulder_half(self) -> float:
        """Half the distance of the shoulder joints."""
        return float(self.shoulders[0, 1] - self.shoulders[1, 1]) / 2.0

    def span(self, arm_scale: float) -> float:
        """Return the arm span, fingertip to fingertip, with arms scaled by a factor."""
        return 2.0 * (self.shoulder_half + arm_scale * self.arm + HAND_LENGTH)

    def arm_scale(self, span: float) -> float:
        """Return the factor of the arms that gives an arm span (over stature)."""
        return (span / 2.0 - HAND_LENGTH - self.shoulder_half) / self.arm


def with_arm_span(skeleton: Skeleton, arm_span: float, name: str | None = None) -> Skeleton:
    """Return the skeleton with upper arms and forearms scaled to an arm span in m."""
    scale = Proportions.of(skeleton).arm_scale(arm_span / skeleton.stature)
    offsets = np.array(skeleton.rest_offsets)
    offsets[_ARM_JOINTS] *= scale
    return Skeleton(offsets, name or f"{skeleton.name}, arm span {arm_span:.2f} m")
