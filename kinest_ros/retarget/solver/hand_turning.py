# SPDX-License-Identifier: Apache-2.0
"""How much the turn of a hand counts: all of it in calm motion, less where hands whirl.

A hand whose turn counts much follows closely. Where the person's turns fast, that costs the
wrists jerk, and nobody sees the lag.
"""

from __future__ import annotations

import math

import numpy as np

#: rad/s, at which a hand's turn counts half way between calm and fast.
BRISK = 6.0
#: s, over which the speed is smoothed.
STEADY = 0.1


class HandTurning:
    """Weights of the hands' turns by how fast the person's hands turn."""

    def __init__(self, calm: float, fast: float) -> None:
        """Know the weights of a hand at rest and of one that whirls."""
        self._calm, self._fast = calm, fast
        self.reset()

    def reset(self) -> None:
        """Forget the last frame."""
        self._last: np.ndarray | None = None
        self._speed = np.zeros(2)

    def weights(self, rotations: np.ndarray, dt: float) -> list[float]:
        """Return the weights of the frame, left and right.

        Args:
            rotations: (2, 3, 3) of the person's hands.
            dt: s since the last frame.
        """
        if self._last is not None and dt > 0.0:
            apart = (rotations - self._last).reshape(2, 9)
            # |R - S| = 2 sqrt 2 sin(angle / 2) in Frobenius' norm.
            speed = np.sqrt(0.5 * np.einsum("ni,ni->n", apart, apart)) / dt
            self._speed += (speed - self._speed) * (1.0 - math.exp(-dt / STEADY))
        self._last = rotations
        return [
            self._fast + (self._calm - self._fast) / (1.0 + (speed / BRISK) ** 4)
            for speed in self._speed.tolist()
        ]
