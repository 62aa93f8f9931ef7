# SPDX-License-Identifier: Apache-2.0
"""Tells when the pose to publish is about to jump."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kinest_ros.body.joints import HEAD_SLOT, NUM_SLOTS
from kinest_ros.tracking.sampling.motion_limits import SLOT_LIMITS
from kinest_ros.tracking.sampling.sample_track import Source

#: m/s by slot: no part of a body moves faster; trackers do when they find themselves anew. What
#: counts as motion between samples at 120 Hz is slower, but for hands and feet with their margin.
MAX_TRACKER_SPEEDS = tuple(
    min(limits.speed + 120.0 * limits.margin, 20.0) for limits in SLOT_LIMITS
)
_NO_LEAPS = np.zeros(NUM_SLOTS, dtype=np.int64)


@dataclass(frozen=True)
class Jump:
    """What jumped at a tick: which slots (6,) bool. None of them: the network alone."""

    slots: np.ndarray

    @property
    def head(self) -> bool:
        """Whether the head did."""
        return bool(self.slots[HEAD_SLOT])


class JumpWatch:
    """Compares each tick that is published with the one before."""

    def __init__(self, tick_rate: float) -> None:
        """Start with nothing published.

        Args:
            tick_rate: ticks per second.
        """
        self._max_steps = [speed / tick_rate for speed in MAX_TRACKER_SPEEDS]
        self.reset()

    def reset(self) -> None:
        """Forget the tick before: nothing can have jumped."""
        self._index: int | None = None
        self._sources = np.zeros(0, dtype=np.int8)
        self._places: list[list[float]] = []
        self._epochs = _NO_LEAPS
        self._restarted = False
        self._moved = False

    def trackers_moved(self) -> None:
        """Note that the trackers' places on the body changed: every pose jumps."""
        self._moved = True

    def network_restarted(self) -> None:
        """Note that the network's next pose does not follow from the one before."""
        self._restarted = True

    def look(
        self,
        index: int,
        sources: np.ndarray,
        positions: np.ndarray,
        epochs: np.ndarray = _NO_LEAPS,
    ) -> Jump | None:
        """Return what jumps between the tick published before and this one; None if nothing does.

        A tracker jumps when it is lost or back, also from being held (it need not have stayed
        where it was held), when its samples leapt, or faster than anyone moves. The head was lost
        when ticks are missing.

        Args:
            index: the tick.
            sources: (6,) `Source` of each slot's pose.
            positions: (6, 3) m.
            epochs: (6,) how often the samples of each tracker leapt to another place by then.
        """
        before, was_at, last, epochs_before = (
            self._sources, self._places, self._index, self._epochs
        )  # fmt: skip
        restarted, moved, places = self._restarted, self._moved, positions.tolist()
        self._index, self._sources, self._places = index, sources, places
        self._epochs = epochs
        self._restarted = self._moved = False
        if last is None:
            return None
        if moved:
            return Jump(np.ones(NUM_SLOTS, dtype=bool))
        away = index != last + 1
        fast = [
            math.dist(now, was) > most
            for now, was, most in zip(places, was_at, self._max_steps, strict=True)
        ]
        same = before.tobytes() == sources.tobytes() and epochs.tobytes() == epochs_before.tobytes()
        if not (restarted or away or True in fast) and same:
            return None
        leaps = (epochs != epochs_before) | np.array(fast)
        flipped = (before == Source.LOST) != (sources == Source.LOST)
        regained = (before == Source.HELD) & (sources > Source.HELD)
        jumped = flipped | regained | (leaps & (sources != Source.LOST))
        jumped[HEAD_SLOT] |= away
        return Jump(jumped) if restarted or jumped.any() else None
