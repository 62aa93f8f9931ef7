# SPDX-License-Identifier: Apache-2.0
"""What a body that catches up with its target is meant to do besides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinest_ros.tracking.fitting.wrist_snap import ELBOWS, SHOULDERS, WRISTS

#: m/s of the target's own that is granted to a body that pursues it, and from which on the target
#: has leapt, and nothing is granted.
MOST_PURSUED, LEAP_SPEED = 6.0, 12.0


@dataclass(frozen=True)
class MeantMotion:
    """What the joints are meant to do in a tick, besides catching up.

    Attributes:
        last: (22, 3) m, where they were published.
        moved: (22, 3) m, how the target moved.
        rethinking: (2,) bool, arms whose estimate the network is changing. Their elbows are meant
            to move as the mean of shoulder and wrist, too: what their target does is catching up.
        time: s, that passed.
    """

    last: np.ndarray
    moved: np.ndarray
    rethinking: np.ndarray
    time: float

    def added(self, positions: np.ndarray) -> float:
        """Return the largest speed, m/s, that joints at (22, 3) would have on top of that."""
        moved = positions - self.last
        squares = np.square(moved - self.moved).sum(axis=-1)
        if self.rethinking.any():
            carried = 0.5 * (self.moved[SHOULDERS] + self.moved[WRISTS])
            of_elbows = np.square(moved[ELBOWS] - carried).sum(axis=-1)
            squares[ELBOWS] = np.maximum(squares[ELBOWS], of_elbows * self.rethinking)
        return float(np.sqrt(squares.max())) / self.time

    def faster(self, positions: np.ndarray) -> float:
        """Return by how much, m/s, the speed of joints at (22, 3) would exceed what is meant."""
        meant = self._pursued * self.time
        carried = 0.5 * np.linalg.norm(self.moved[SHOULDERS] + self.moved[WRISTS], axis=-1)
        meant[ELBOWS] = np.where(self.rethinking, np.minimum(meant[ELBOWS], carried), meant[ELBOWS])
        return float((np.linalg.norm(positions - self.last, axis=-1) - meant).max()) / self.time

    @property
    def fastest(self) -> float:
        """Speed of the fastest joint of the target, m/s, as far as it is pursued."""
        return float(self._pursued.max())

    @property
    def _pursued(self) -> np.ndarray:
        speeds: np.ndarray = np.linalg.norm(self.moved, axis=-1) / self.time
        granted: np.ndarray = np.minimum(speeds, MOST_PURSUED * (speeds.max() <= LEAP_SPEED))
        return granted
