# SPDX-License-Identifier: Apache-2.0
"""The last step before a robot: follows a reference within velocity, acceleration and range."""

from __future__ import annotations

import numpy as np

from kinest_ros.retarget.solver.limits import braking_speed, velocity_window


class Governor:
    """A vector (k,) that follows another one; whatever the other does, the limits hold.

    Where the reference keeps the limits itself, it is met exactly.
    """

    def __init__(
        self, lower: np.ndarray, upper: np.ndarray, most: np.ndarray, acceleration: np.ndarray
    ) -> None:
        """Set the limits.

        Args:
            lower: (k,) of the range, rad or m.
            upper: (k,) likewise.
            most: (k,) largest velocity, per second.
            acceleration: (k,) largest acceleration, per second squared.
        """
        self._lower, self._upper = lower, upper
        self._most, self._acceleration = most, acceleration
        self.position = np.clip(np.zeros(len(lower)), lower, upper)
        self.velocity = np.zeros(len(lower))

    def start(self, position: np.ndarray) -> None:
        """Be at a position (k,), at rest."""
        self.position = np.clip(position, self._lower, self._upper)
        self.velocity = np.zeros(len(self._lower))

    def follow(self, goal: np.ndarray, rate: np.ndarray, dt: float) -> np.ndarray:
        """Go on for dt seconds towards a goal (k,) that moves at a rate (k,); return where to.

        Args:
            goal: (k,) where the reference is at the end of the step.
            rate: (k,) at which it moves, per second.
            dt: s.
        """
        lag = goal - rate * dt - self.position
        # The rest of the way is closed no faster than can be braked at its end.
        closing = braking_speed(np.abs(lag), self._acceleration, dt)
        return self._move(rate + np.sign(lag) * closing, dt)

    def stop(self, dt: float) -> np.ndarray:
        """Come to rest, as quickly as the limits allow; return where."""
        return self._move(np.zeros(len(self.velocity)), dt)

    def _move(self, wanted: np.ndarray, dt: float) -> np.ndarray:
        low, high = velocity_window(
            self.position,
            self.velocity,
            self._lower,
            self._upper,
            self._most,
            self._acceleration,
            dt,
        )
        velocity = np.minimum(np.maximum(wanted, low), high)
        position = np.minimum(np.maximum(self.position + velocity * dt, self._lower), self._upper)
        self.velocity = (position - self.position) / dt
        self.position = position
        return position
