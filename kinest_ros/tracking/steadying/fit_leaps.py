# SPDX-License-Identifier: Apache-2.0
"""Tells when the fit to a pelvis tracker leaps, though none of the trackers does.

A pelvis that is turned by half a turn from where the head has it, as with quaternions in another
order, bends the spine to one side or to the other: which one changes with a hair's breadth.
"""

from __future__ import annotations

import numpy as np

from kinest_ros.body.joints import BODY_SLOTS, NUM_SLOTS
from kinest_ros.tracking.steadying.jumps import Jump

#: m/s, from which on the pelvis leaps away from its tracker. A tracker that fits is met exactly.
LEAP_SPEED = 6.0


class FitWatch:
    """Compares where the fitted pelvis is, from its tracker, with the tick before."""

    def __init__(self, tick_rate: float) -> None:
        """Start with nothing seen.

        Args:
            tick_rate: ticks per second.
        """
        self._most = LEAP_SPEED / tick_rate
        self.reset()

    def reset(self) -> None:
        """Forget the tick before: nothing can have leapt."""
        self._index: int | None = None
        self._off = np.zeros(3)

    def look(
        self, index: int, fitted: np.ndarray, tracker: np.ndarray, jump: Jump | None
    ) -> Jump | None:
        """Return what jumps: what is known to anyway, or pelvis and feet where the fit leapt.

        Args:
            index: the tick; call at each with a pelvis tracker.
            fitted: (3,) m, the pelvis in the pose that meets the trackers as far as it can.
            tracker: (3,) m, where it was measured.
            jump: what is known to jump; that stays.
        """
        off = fitted - tracker
        step = off - self._off
        follows = self._index is not None and index == self._index + 1
        self._index, self._off = index, off
        if not follows or step @ step <= self._most**2:
            return jump
        slots = np.zeros(NUM_SLOTS, dtype=bool) if jump is None else jump.slots.copy()
        slots[BODY_SLOTS] = True
        return Jump(slots)
