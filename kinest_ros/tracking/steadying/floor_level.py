# SPDX-License-Identifier: Apache-2.0
"""The height of the floor, which the feet follow slowly where it turns out to be elsewhere."""

from __future__ import annotations

#: m/s that the floor under the feet moves at the most: straight legs that are lifted bend their
#: knees much faster than that.
MAX_SPEED = 0.15


class FloorLevel:
    """Where the floor is, and where the feet stand meanwhile.

    Attributes:
        height: m, of the floor.
        standing_at: m, of the floor that the feet are held to.
    """

    def __init__(self, height: float, tick_rate: float) -> None:
        """Start with feet on the floor.

        Args:
            height: m.
            tick_rate: ticks per second.
        """
        self._step = MAX_SPEED / tick_rate
        self.be_at(height)

    def be_at(self, height: float) -> None:
        """Have the floor at a height (m) and the feet on it at once."""
        self.height = self.standing_at = height

    def advance(self, ticks: int) -> None:
        """Let the feet follow for some ticks."""
        most = self._step * ticks
        self.standing_at += min(max(self.height - self.standing_at, -most), most)

    @property
    def settled(self) -> bool:
        """Whether the feet are on the floor."""
        return self.standing_at == self.height
