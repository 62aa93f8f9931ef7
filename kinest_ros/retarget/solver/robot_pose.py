# SPDX-License-Identifier: Apache-2.0
"""What comes out: the pose of the robot in one frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinest_ros.body.rotations_numpy import matrices_from_quaternions


@dataclass(frozen=True)
class RobotPose:
    """A robot at one instant; everything in it is finite and within the limits.

    Attributes:
        stamp_ns: of the body it follows.
        base_position: (3,) m, of the base link in the world.
        base_rotation: (4,) xyzw, world_from_base.
        base_linear: (3,) m/s, of the base link in the world.
        base_angular: (3,) rad/s, in base axes.
        joints: (n,) rad or m, in tree order.
        velocities: (n,) per second.
        standing: which feet are held; empty without legs.
        milliseconds: what it took to compute.
        limits_hit: joints at an end of their range or at their greatest velocity.
        closest: m, of the nearest pair of links; infinite where none is near.
        closest_pair: its links.
        worst_error: rad, of the arms' and legs' directions, the largest.
    """

    stamp_ns: int
    base_position: np.ndarray
    base_rotation: np.ndarray
    base_linear: np.ndarray
    base_angular: np.ndarray
    joints: np.ndarray
    velocities: np.ndarray
    standing: tuple[bool, ...]
    milliseconds: float
    limits_hit: int
    closest: float
    closest_pair: tuple[str, str]
    worst_error: float

    @property
    def base_twist(self) -> tuple[np.ndarray, np.ndarray]:
        """Linear (3,) m/s and angular (3,) rad/s velocity of the base link, both in its axes."""
        rotation = matrices_from_quaternions(self.base_rotation)
        return self.base_linear @ rotation, self.base_angular
