# SPDX-License-Identifier: Apache-2.0
"""The same for the base: its place and its rotation follow within their limits."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.rotations_numpy import matrices_from_quaternions, quaternions_from_matrices
from kinest_ros.retarget.live.governor import Governor
from kinest_ros.retarget.solver.limits import braking_speed
from kinest_ros.retarget.targets.small_rotations import turn, turn_of

#: m/s, m/s^2, rad/s, rad/s^2.
SPEED, ACCELERATION, SPIN, SPIN_ACCELERATION = 6.0, 80.0, 14.0, 250.0
_FAR = 1e9


class BaseGovernor:
    """Place (3,) m and rotation of the base in the world, within `SPEED` and the like.

    Those are m/s, m/s^2, rad/s and rad/s^2.
    """

    def __init__(self) -> None:
        """Begin at the origin."""
        far = np.full(3, _FAR)
        self._place = Governor(-far, far, np.full(3, SPEED), np.full(3, ACCELERATION))
        self._rotation = np.eye(3)
        self._spin = np.zeros(3)

    def start(self, position: np.ndarray, quaternion: np.ndarray) -> None:
        """Be at a place (3,), m, with a rotation (4,) xyzw, world_from_base, at rest."""
        self._place.start(position)
        self._rotation = matrices_from_quaternions(quaternion)
        self._spin = np.zeros(3)

    def follow(
        self,
        position: np.ndarray,
        quaternion: np.ndarray,
        linear: np.ndarray,
        angular: np.ndarray,
        dt: float,
    ) -> None:
        """Go on for dt seconds towards a pose that moves.

        Args:
            position: (3,) m, at the end of the step.
            quaternion: (4,) xyzw, likewise.
            linear: (3,) m/s in the world.
            angular: (3,) rad/s in the base's axes.
            dt: s.
        """
        self._place.follow(position, linear, dt)
        goal = matrices_from_quaternions(quaternion)
        spin = goal @ angular
        lag = turn_of(goal @ self._rotation.T) - spin * dt
        distance = float(np.sqrt(lag @ lag))
        if distance > 1e-12:
            closing = float(braking_speed(np.array(distance), SPIN_ACCELERATION, dt))
            spin = spin + lag / distance * closing
        self._turn(spin, dt)

    def stop(self, dt: float) -> None:
        """Come to rest."""
        self._place.stop(dt)
        self._turn(np.zeros(3), dt)

    def _turn(self, wanted: np.ndarray, dt: float) -> None:
        change = wanted - self._spin
        size, most = float(np.sqrt(change @ change)), SPIN_ACCELERATION * dt
        spin = self._spin + (change if size <= most else change * (most / size))
        speed = float(np.sqrt(spin @ spin))
        if speed > SPIN:
            spin = spin * (SPIN / speed)
        self._spin = spin
        rotation = turn(spin * dt) @ self._rotation
        # Rounding adds up over hours.
        left = rotation[:, 1] - rotation[:, 0] * float(rotation[:, 0] @ rotation[:, 1])
        forward = rotation[:, 0] / np.sqrt(rotation[:, 0] @ rotation[:, 0])
        left = left / np.sqrt(left @ left)
        self._rotation = np.column_stack([forward, left, np.cross(forward, left)])

    @property
    def position(self) -> np.ndarray:
        """Place (3,), m."""
        return self._place.position.copy()

    @property
    def quaternion(self) -> np.ndarray:
        """Rotation (4,) xyzw, world_from_base."""
        return np.asarray(quaternions_from_matrices(self._rotation))

    @property
    def linear(self) -> np.ndarray:
        """Velocity (3,) m/s in the base's axes."""
        return np.asarray(self._place.velocity @ self._rotation)

    @property
    def angular(self) -> np.ndarray:
        """Velocity (3,) rad/s in the base's axes."""
        return np.asarray(self._spin @ self._rotation)
