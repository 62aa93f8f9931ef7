# SPDX-License-Identifier: Apache-2.0
"""Inertialisation: what is left of an old course fades like a critically damped spring."""

from __future__ import annotations

import math

import numpy as np


class Easing:
    """A difference (n,) from the course that is followed, with its rate; both fade to zero."""

    def __init__(self, size: int) -> None:
        """Begin with none."""
        self.offset, self.rate = np.zeros(size), np.zeros(size)

    def reset(self) -> None:
        """Drop what is left."""
        self.offset[:] = 0.0
        self.rate[:] = 0.0

    def begin(self, offset: np.ndarray, rate: np.ndarray) -> None:
        """Take up a difference and its rate per second, as they are at the last frame."""
        self.offset, self.rate = offset, rate

    def fade(self, stiffness: float, dt: float) -> np.ndarray:
        """Return what is left after dt seconds; `stiffness` is the spring's frequency, rad/s.

        x(t) = (x + (v + w x) t) exp(-w t), the critically damped spring: neither place nor speed
        jumps. Inertialisation as in Bollo, "Inertialization" (GDC 2018).
        """
        drive = self.rate + stiffness * self.offset
        decay = math.exp(-stiffness * dt)
        self.offset = (self.offset + drive * dt) * decay
        self.rate = drive * decay - stiffness * self.offset
        return self.offset


class Follower:
    """A number that follows another one without jumping, nor its speed."""

    def __init__(self) -> None:
        """Begin at zero, at rest."""
        self.value = self.rate = 0.0

    def reset(self) -> None:
        """Go back to zero."""
        self.value = self.rate = 0.0

    def follow(self, goal: float, stiffness: float, dt: float) -> float:
        """Return the number dt seconds later; `stiffness` is the spring's frequency, rad/s."""
        away = self.value - goal
        drive = self.rate + stiffness * away
        decay = math.exp(-stiffness * dt)
        away = (away + drive * dt) * decay
        self.value, self.rate = goal + away, drive * decay - stiffness * away
        return self.value
