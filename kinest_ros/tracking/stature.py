# SPDX-License-Identifier: Apache-2.0
"""Stature from the head's height over time, where nobody told it.

People sit, crouch, bow and jump, so neither the mean nor the greatest height will do. What counts
is how high the head is when it is held high: among the heights that were held for a second in all,
the highest ones within a hand's breadth. The result depends on the ticks alone, so that a replay
has the same body as the live node.
"""

from __future__ import annotations

import numpy as np

from kinest_ros.body.skeleton import HEAD_HEIGHT_FRACTION
from kinest_ros.tracking.resampler import TICK_RATE

#: Taken until there is an estimate, m.
INITIAL_STATURE = 1.70
#: Statures (m) that are believed: below, people sit or crouch (or are children, whose stature must
#: be given); above, the floor is not at zero.
PLAUSIBLE = (1.40, 2.10)
#: Ticks for which a height must have been held, in all: a second is longer than jumps and glitches.
HELD_TICKS = TICK_RATE
#: Heights within this much (m) of the highest one held count as standing, and the share of them
#: that lies below the estimate.
BAND, QUANTILE = 0.08, 0.8
#: People who stand and move about hold the head joint this much lower than a straight skeleton has
#: it: knees are soft, necks bow. `kinest calibrate --check-stature` shows what is left.
STRAIGHTNESS = 0.985
#: A head that tilts (cosine, 35 degrees) or rises and falls faster (m/s) is not held high.
MIN_UPRIGHT, MAX_SPEED = 0.82, 0.3
#: A new estimate is taken when it differs by this much (m), and not before this many ticks.
STEP, PATIENCE = 0.02, 5 * TICK_RATE
_BIN, _LOW, _HIGH = 0.005, 0.5, 2.4


class StatureEstimator:
    """Watches the head joint's height tick by tick.

    Someone who sits for a minute, then stands: sitting, the head joint is 1.15 m high, which would
    be a stature of 1.32 m: not believed, 1.70 m goes on. One second after standing up, 1.55 m have
    been held for a second: the estimate becomes 1.78 m (1.55 / 0.885 / 0.985), and sitting down
    again does not change it.
    """

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.stature = INITIAL_STATURE
        self.known = False
        self._counts = np.zeros(round((_HIGH - _LOW) / _BIN), dtype=np.int64)
        self._last: tuple[int, float] | None = None
        self._looked = 0
        self._changed = -PATIENCE

    def look(self, index: int, height: float, upright: float) -> bool:
        """Take a tick; return whether the estimate changed.

        Args:
            index: the tick.
            height: of the head joint over the floor, m.
            upright: cosine of the angle between the head link's z axis and the vertical.
        """
        last, self._last = self._last, (index, height)
        if last is None or upright < MIN_UPRIGHT or not _LOW <= height < _HIGH:
            return False
        if abs(height - last[1]) * TICK_RATE > MAX_SPEED * (index - last[0]):
            return False
        self._counts[min(int((height - _LOW) / _BIN), len(self._counts) - 1)] += 1
        self._looked += 1
        if self._looked % HELD_TICKS or index - self._changed < PATIENCE:
            return False
        found = self._estimate()
        if found is None or (self.known and abs(found - self.stature) < STEP):
            return False
        self.stature, self.known, self._changed = found, True, index
        return True

    def _estimate(self) -> float | None:
        """Return the stature in m, or None where nothing plausible was held."""
        # The lower edge of the highest bin above which a second was spent.
        above = np.cumsum(self._counts[::-1])[::-1]
        held = int(np.flatnonzero(above >= HELD_TICKS)[-1])
        band = self._counts[max(held - round(BAND / _BIN), 0) :]
        below = np.cumsum(band)
        first = len(self._counts) - len(band)
        place = int(np.searchsorted(below, QUANTILE * below[-1]))
        stature = (_LOW + (first + place + 0.5) * _BIN) / (HEAD_HEIGHT_FRACTION * STRAIGHTNESS)
        # To the centimetre: the same to the eye, and never a change for rounding's sake.
        return round(stature, 2) if PLAUSIBLE[0] <= stature <= PLAUSIBLE[1] else None
