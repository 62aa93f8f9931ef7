# SPDX-License-Identifier: Apache-2.0
"""Bones that change their lengths at a bounded speed, when the wearer's size becomes known."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, PARENTS
from kinest_ros.tracking.steadying.fade_shape import RAMP, remaining

#: Most that the growth of bones adds to the speed of any joint, m/s: slow enough to go unnoticed,
#: and over in a second for the largest change of stature.
MAX_GROWTH_SPEED = 0.5


class Bones:
    """The rest offsets in use: those of the skeleton, or on their way there."""

    def __init__(self, rest_offsets: np.ndarray, tick_rate: float) -> None:
        """Start with (22, 3) m."""
        self._tick = 1.0 / tick_rate
        self.set(rest_offsets)

    def set(self, rest_offsets: np.ndarray) -> None:
        """Take these at once."""
        self.offsets = self._goal = self._start = rest_offsets
        self._elapsed = self._duration = 0.0

    def grow(self, rest_offsets: np.ndarray) -> None:
        """Go to these from the next tick on."""
        self._start, self._goal = self.offsets, rest_offsets
        self._elapsed = 0.0
        self._duration = _longest_path(rest_offsets - self._start) / (
            (1.0 - RAMP) * MAX_GROWTH_SPEED
        )

    def finish(self) -> None:
        """Be there."""
        self.set(self._goal)

    def advance(self, ticks: int) -> bool:
        """Go on by some ticks; return whether the offsets changed."""
        if self.offsets is self._goal:
            return False
        self._elapsed += ticks * self._tick
        if self._elapsed >= self._duration:
            self.finish()
        else:
            left = remaining(self._elapsed / self._duration)
            self.offsets = self._goal + left * (self._start - self._goal)
        return True


def _longest_path(changes: np.ndarray) -> float:
    """The most (m) that bones changing by (22, 3) can move a joint against the head."""
    lengths = np.linalg.norm(changes, axis=1)
    paths = np.zeros(len(PARENTS))
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            paths[joint] = paths[parent] + lengths[joint]
    return float(paths.max() + paths[JOINT_INDEX["head"]])
