# SPDX-License-Identifier: Apache-2.0
"""Feet on the floor, and legs that reach from the pelvis to them. Link axes: x forward, z up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinest_ros.body.rotations_numpy import apply, axis_rotation
from kinest_ros.body.skeleton import TOE_JOINT_HEIGHT
from kinest_ros.motion.procedural.footsteps import FootTrack
from kinest_ros.motion.procedural.limb_ik import Limb, solve_limb

HEEL_BEHIND = 0.05  # heel behind the ankle, m
_FORWARD = np.array([1.0, 0.0, 0.0])


@dataclass(frozen=True)
class Leg:
    """Rest offsets of one leg in link axes, m; sign is +1 on the left, -1 on the right."""

    hip: np.ndarray
    thigh: np.ndarray
    shin: np.ndarray
    foot: np.ndarray
    sign: float

    @classmethod
    def from_offsets(cls, offsets: np.ndarray, side: int) -> Leg:
        """Left (side 0) or right (side 1) leg of (22, 3) link-axes offsets."""
        hip, knee, ankle, foot = (offsets[joint + side] for joint in (1, 4, 7, 10))
        return cls(hip, knee, ankle, foot, 1.0 - 2.0 * side)

    @property
    def ankle_height(self) -> float:
        """Ankle above the sole of the flat foot, m."""
        return TOE_JOINT_HEIGHT - float(self.foot[2])

    @property
    def length(self) -> float:
        """Hip to ankle when stretched, m."""
        return float(np.linalg.norm(self.thigh) + np.linalg.norm(self.shin))


def place_ankle(leg: Leg, track: FootTrack, heel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ankle position (N, 3) and foot rotation (N, 3, 3), world_from_foot.

    With the heel up (``heel`` (N,) > 0, rad) the foot turns about the toe joint, with the toes up
    about the heel; the other end of the sole stays put.
    """
    yaw = axis_rotation("z", track.place[:, 2])
    world_from_foot = yaw @ axis_rotation("y", heel)
    heel_point = np.array([-HEEL_BEHIND, 0.0, -leg.ankle_height])
    pivot = np.where((heel >= 0.0)[:, None], leg.foot, heel_point)
    flat = np.column_stack([track.place[:, :2], leg.ankle_height + track.lift])
    return flat + apply(yaw, pivot) - apply(world_from_foot, pivot), world_from_foot


def heel_lift(
    leg: Leg, track: FootTrack, hip: np.ndarray, ankle_limit: float = 0.6, stretch: float = 0.992
) -> np.ndarray:
    """Smallest heel lift (N,) rad with which the leg reaches and the ankle is not overbent.

    Args:
        leg: The leg.
        track: Its foot.
        hip: (N, 3) wanted hip joint positions.
        ankle_limit: Largest forward tilt of the shin against the foot, rad.
        stretch: Fraction of the leg's length at which the heel starts to rise.
    """
    answer = np.full(len(hip), 1.1)
    done = np.zeros(len(hip), bool)
    forward = np.column_stack([np.cos(track.place[:, 2]), np.sin(track.place[:, 2])])
    thigh, shin = np.linalg.norm(leg.thigh), np.linalg.norm(leg.shin)
    for lift in np.linspace(0.0, 1.1, 23):
        ankle, _ = place_ankle(leg, track, np.full(len(hip), lift))
        line = hip - ankle
        x, z = np.sum(line[:, :2] * forward, -1), line[:, 2]
        distance = np.linalg.norm(line, axis=-1)
        cosine = (shin**2 + distance**2 - thigh**2) / (2.0 * shin * np.maximum(distance, 1e-6))
        tilt = np.arctan2(x, z) + np.arccos(np.clip(cosine, -1.0, 1.0))  # of the shin, forward
        # The knees of a squat point outwards: its shins tilt less than the side view says.
        fine = (tilt - lift < ankle_limit) & (distance < stretch * leg.length)
        answer[fine & ~done] = lift
        done |= fine
    return answer


def reach_height(leg: Leg, ankle: np.ndarray, hip: np.ndarray) -> np.ndarray:
    """Greatest hip height (N,) m at which the stretched leg still reaches the ankle."""
    level = np.sum((hip[:, :2] - ankle[:, :2]) ** 2, -1)
    reach = 0.999 * leg.length
    return ankle[:, 2] + np.sqrt(np.maximum(reach * reach - level, 0.0))


def fold_height(leg: Leg, ankle: np.ndarray, hip: np.ndarray) -> np.ndarray:
    """Smallest hip height (N,) m that leaves room for the folded leg above the ankle."""
    level = np.sum((hip[:, :2] - ankle[:, :2]) ** 2, -1)
    fold = 0.23 * leg.length
    return ankle[:, 2] + np.sqrt(np.maximum(fold * fold - level, 0.0))


def bend_leg(leg: Leg, hip: np.ndarray, ankle: np.ndarray, knee_yaw: np.ndarray) -> Limb:
    """Thigh and shin from hip to ankle; the knee points along ``knee_yaw`` (N,) rad, world."""
    pole = np.column_stack([np.cos(knee_yaw), np.sin(knee_yaw), np.zeros(len(hip))])
    return solve_limb(hip, ankle, pole, leg.thigh, leg.shin, _FORWARD)
