# SPDX-License-Identifier: Apache-2.0
"""Tells when the network's own pose leaps, though none of the trackers does.

Of trackers that make no sense, as a head that hangs upside down because its quaternions are in
another order, the network may think one thing now and another in the next tick. It then throws the
arms that nobody tracks to the other side at once.
"""

from __future__ import annotations

import math

import numpy as np

from kinest_ros.body.joints import HEAD_SLOT, NUM_SLOTS
from kinest_ros.tracking.steadying.jumps import MAX_TRACKER_SPEEDS

#: m/s that a joint moves from the head, on top of the speed of the fastest tracker: 5.0 is the most
#: in 26,000 frames of sport, dance and acrobatics.
LEAP_SPEED = 8.0
_MOST = np.array(MAX_TRACKER_SPEEDS)
_NOWHERE = np.zeros((NUM_SLOTS, 3))
_NONE = np.zeros(NUM_SLOTS, dtype=bool)


class NetworkLeaps:
    """Compares the network's own pose, as it hangs from the head, with the tick before."""

    def __init__(self, tick_rate: float) -> None:
        """Start with nothing seen.

        Args:
            tick_rate: ticks per second.
        """
        self._tick_rate = tick_rate
        self.reset()

    def reset(self) -> None:
        """Forget the tick before: nothing can have leapt."""
        self._index: int | None = None
        self._own, self._trackers, self._valid = np.zeros((0, 3)), _NOWHERE, _NONE

    def look(self, index: int, own: np.ndarray, trackers: np.ndarray, valid: np.ndarray) -> bool:
        """Return whether the pose leapt between the tick before and this one.

        Args:
            index: the tick.
            own: (22, 3) m, the joints of the network's pose with its head on the tracker.
            trackers: (6, 3) m, where the slots' joints were measured.
            valid: (6,) bool.
        """
        last, before, were, known = self._index, self._own, self._trackers, self._valid
        self._index, self._own, self._trackers, self._valid = index, own, trackers, valid
        if last is None or index != last + 1:
            return False
        step = own - before - (trackers[HEAD_SLOT] - were[HEAD_SLOT])
        fastest = math.sqrt(float(np.einsum("ij,ij->i", step, step).max())) * self._tick_rate
        if fastest <= LEAP_SPEED:
            return False
        speeds = np.linalg.norm(trackers - were, axis=1) * self._tick_rate
        # A tracker that jumped carries nothing.
        carried = speeds[valid & known & (speeds <= _MOST)].max(initial=0.0)
        return fastest > LEAP_SPEED + float(carried)
