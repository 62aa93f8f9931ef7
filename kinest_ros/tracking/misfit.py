# SPDX-License-Identifier: Apache-2.0
"""How badly the network's body fits what is measured: the live sign of how far to believe it."""

from __future__ import annotations

import math

import numpy as np

from kinest_ros.body.skeleton import TOE_JOINT_HEIGHT
from kinest_ros.model.error_model import TYPICAL_MISFIT
from kinest_ros.tracking.fitting.leg_snap import TOES
from kinest_ros.tracking.fitting.wrist_snap import WRISTS

#: s, over which misfits are averaged.
MEMORY = 0.5
#: m, the most that a misfit counts: a floor that is elsewhere says no more than that.
MOST = 0.3


class Misfit:
    """Running root mean squares of two misfits, of hands and of the floor; m.

    Somebody stands on the floor nearly always, so the lower toe should be there.
    """

    def __init__(self, tick_rate: float) -> None:
        """Start with nothing seen.

        Args:
            tick_rate: ticks per second.
        """
        self._share = 1.0 - math.exp(-1.0 / (MEMORY * tick_rate))
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        # Of hands and floor: the sums of squares and of their weights.
        self._sums = [0.0, 0.0]
        self._weights = [0.0, 0.0]

    def look(
        self, positions: np.ndarray, hands: np.ndarray, valid: np.ndarray, floor: float
    ) -> None:
        """Take a tick in.

        Args:
            positions: (22, 3) of the joints, m, before they are moved onto anything.
            hands: (2, 3) where the wrists were measured, m.
            valid: (2,) bool, the hands that were.
            floor: its height, m.
        """
        lowest = min(positions[TOES, 2].tolist()) - floor - TOE_JOINT_HEIGHT
        self._add(1, lowest * lowest)
        seen = valid.tolist()
        if any(seen):
            off = (positions[WRISTS] - hands).tolist()
            squares = [
                x * x + y * y + z * z
                for (x, y, z), is_seen in zip(off, seen, strict=True)
                if is_seen
            ]
            self._add(0, sum(squares) / len(squares))

    @property
    def hands(self) -> float:
        """Distance of the wrists from their trackers, m; the typical one if none was seen."""
        return self._root(0)

    @property
    def floor(self) -> float:
        """Distance of the lower toe from where it stands, m."""
        return self._root(1)

    def _add(self, which: int, square: float) -> None:
        self._sums[which] += self._share * (min(square, MOST**2) - self._sums[which])
        self._weights[which] += self._share * (1.0 - self._weights[which])

    def _root(self, which: int) -> float:
        weight = self._weights[which]
        return math.sqrt(self._sums[which] / weight) if weight > 0.0 else TYPICAL_MISFIT
