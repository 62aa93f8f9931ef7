# SPDX-License-Identifier: Apache-2.0
"""Links that close in on each other: seen early enough to brake, and how fast they may go on.

At their joints' limits two arms come 9 cm nearer within a frame of 1/60 s, which is more than the
reach within which links count as near.
"""

from __future__ import annotations

import math

import numpy as np

#: Frames at the speed of the last one that are looked ahead.
AHEAD = 2.0
#: m/s^2, by which two links are taken to be able to brake.
BRAKE = 80.0


class ClosingIn:
    """Remembers how far apart the middles of pairs of shapes were in the last frame."""

    def __init__(self) -> None:
        """Begin with none seen."""
        self._last: np.ndarray | None = None

    def reset(self) -> None:
        """Forget the last frame: the next is not its successor."""
        self._last = None

    def look_ahead(self, apart: np.ndarray) -> np.ndarray | float:
        """Return by how much farther (n,) to look for each pair, m.

        Args:
            apart: (n,) m, between the middles of its shapes.
        """
        last, self._last = self._last, apart
        return 0.0 if last is None else AHEAD * np.maximum(last - apart, 0.0)


def braking_way(free: float, dt: float) -> float:
    """Return by how much a frame may bring links nearer that have room to brake, m.

    Args:
        free: m, between them; positive.
        dt: s of the frame.
    """
    # What is taken at speed v leaves room to brake from it: v dt + v^2 / 2b = free.
    step = BRAKE * dt * dt
    return math.sqrt(step * step + 2.0 * step * free) - step
