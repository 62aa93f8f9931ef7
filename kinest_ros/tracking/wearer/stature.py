# SPDX-License-Identifier: Apache-2.0
"""Stature from the head's height over time, where nobody told it.

People sit, crouch, bow and jump, so neither the mean nor the greatest height will do. What counts
is how high the head is when it is held high, of late: a histogram of heights that forgets, and in
it the highest ones that make up a share of what was seen, within a hand's breadth. The result
depends on the ticks alone, so that a replay has the same body as the live node.

What must not stay for good: two seconds on a step or a ladder, a headset held over the head, a
floor that was wrong at first, a tall person who wore it before. So the histogram forgets within
half a minute of what it counts, it takes more of it to go up than to stay up, and after the
headset was off (`forget`) the next person who stands is measured at once, up or down.

What must not count: sitting and crouching, for however long. Their heights are lower than the
wearer can have standing; so they are not counted at all, and while nothing is counted nothing is
forgotten. Where the line is follows from the stature: on a chair a head joint is as high as the
seat plus a share of the stature. Before anything is known, and after `forget`, it is as high as an
adult may sit. Below the line, heights count while the head travels: who walks stands, so short
people are known after some steps, and chairs that roll and people who walk crouched are too few to
matter. An adult on a bar stool, or bowed over a table for a minute, is above the line and is taken
for a shorter one until standing again for some seconds: nothing tells the two apart, and legs that
are a little short for a while are better than knees that stay bent for ever.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from kinest_ros.body.skeleton import HEAD_HEIGHT_FRACTION
from kinest_ros.tracking.sampling.resampler import TICK_RATE

#: Taken until there is an estimate, m.
INITIAL_STATURE = 1.70
#: Statures (m) that are estimated. Heads that are lower sit or crouch, whatever they do; of higher
#: ones the greatest is taken: they stand on something, or the floor is not at zero.
PLAUSIBLE = (1.20, 2.30)
#: Ticks for which a height must have been held, in all: a second is longer than jumps and glitches.
HELD_TICKS = TICK_RATE
#: Shares of what is remembered that heights must make up: for the first estimate, to become taller,
#: and not to become shorter.
FIRST, RISE, STAY = 0.15, 0.2, 0.1
#: Counted ticks after which 1/e of a count is left.
MEMORY = 25 * TICK_RATE
#: Heights within this much (m) of the highest one held count as standing, and the share of them
#: that lies below the estimate.
BAND, QUANTILE = 0.08, 0.8
#: People who stand and move about hold the head joint this much lower than a straight skeleton has
#: it: knees are soft, necks bow. `kinest calibrate --check-stature` shows what is left.
STRAIGHTNESS = 0.985
#: Head joint of people on chairs, m: a high seat, and from it upwards a share of the stature.
SEAT, SEATED_FRACTION = 0.52, 0.405
#: m, the same of adults of whom nothing is known: with 1.40 m they are as high standing.
SEATED_HEIGHT = 1.22
#: A head that tilts (cosine, 35 degrees) or rises and falls faster (m/s) is not held high.
MIN_UPRIGHT, MAX_SPEED = 0.82, 0.3
#: A head walks if it gets this far (m) within so many ticks; leaning on a chair takes it less far.
TRAVEL, TRAVEL_TICKS = 1.0, 4 * TICK_RATE
#: A new estimate is taken when it is higher or lower by so much (m), and not before so many ticks.
#: Slouching makes nobody shorter.
STEP_UP, STEP_DOWN = 0.02, 0.04
PATIENCE, PATIENCE_DOWN = 5 * TICK_RATE, 20 * TICK_RATE
#: To become shorter than estimated, this share of what is remembered must lie within a band: the
#: heads of people who stand and walk keep to one, those of people who bend and reach do not.
STEADY = 0.6
_BIN, _LOW, _HIGH = 0.005, 0.5, 2.6
_BINS = round((_HIGH - _LOW) / _BIN)
_STRIDE = TICK_RATE // 2


class StatureEstimator:
    """Watches the head joint's height tick by tick.

    Someone who sits for a minute, then stands: sitting, the head joint is 1.15 m high, which would
    be a stature of 1.32 m: not believed, 1.70 m goes on. One second after standing up, 1.55 m have
    been held for a second: the estimate becomes 1.78 m (1.55 / 0.885 / 0.985), and sitting down
    again does not change it. Two seconds on a step, 25 cm up, are not believed after a minute of
    standing; ten seconds are, and are forgotten half a minute after stepping down.

    Attributes:
        stature: the estimate, m; `INITIAL_STATURE` before there is one.
        known: whether there is one.
    """

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.stature = INITIAL_STATURE
        self.known = False
        self._changed = -PATIENCE
        self.forget()

    def forget(self) -> None:
        """Note that the headset was off: who stands next is measured anew; until then it holds."""
        self._counts = np.zeros(_BINS)
        self._looked = 0
        self._fresh = True
        self._last: tuple[int, float] | None = None
        self._places: deque[tuple[int, float, float]] = deque()
        self._walks = False

    def look(
        self,
        index: int,
        height: float,
        upright: float,
        place: tuple[float, float] | None = None,
    ) -> bool:
        """Take a tick; return whether the estimate changed.

        Args:
            index: the tick.
            height: of the head joint over the floor, m.
            upright: cosine of the angle between the head link's z axis and the vertical.
            place: of the head along the floor, m; where it is left out nobody is seen walking.
        """
        last, self._last = self._last, (index, height)
        if place is not None:
            self._travel(index, *place)
        if last is None or upright < MIN_UPRIGHT or not _LOW <= height < _HIGH:
            return False
        if abs(height - last[1]) * TICK_RATE > MAX_SPEED * (index - last[0]):
            return False
        if height < self._seated and not self._walks:
            return False
        self._counts[min(int((height - _LOW) / _BIN), _BINS - 1)] += 1.0
        self._looked += 1
        if self._looked % HELD_TICKS:
            return False
        # Looked at before some of it is forgotten: the first second counts in full.
        found = self._found(index - self._changed)
        self._counts *= 1.0 - HELD_TICKS / MEMORY
        if found is None:
            return False
        self._fresh = False
        if self.known and -STEP_DOWN < found - self.stature < STEP_UP:
            return False
        self.stature, self.known, self._changed = found, True, index
        return True

    @property
    def _seated(self) -> float:
        """Height (m) up to which heads are taken to sit."""
        if self._fresh:
            return SEATED_HEIGHT
        return max(SEATED_HEIGHT, SEAT + SEATED_FRACTION * self.stature)

    def _travel(self, index: int, x: float, y: float) -> None:
        places = self._places
        if places and index - places[-1][0] < _STRIDE:
            return
        while places and index - places[0][0] > TRAVEL_TICKS:
            places.popleft()
        self._walks = any(
            (x - then_x) ** 2 + (y - then_y) ** 2 > TRAVEL**2 for _, then_x, then_y in places
        )
        places.append((index, x, y))

    def _found(self, since: int) -> float | None:
        """Return the stature that is to hold now, m; None where there is nothing new.

        Args:
            since: ticks since the last change.
        """
        if since < PATIENCE:
            return None
        # Of heights: for how long the head was that high or higher.
        above = np.cumsum(self._counts[::-1])[::-1]
        if self._fresh:
            return self._estimate(above, FIRST, len(above))[0]
        reach = 2 * round(BAND / _BIN)
        rises, _ = self._estimate(above, RISE, reach)
        if rises is not None and rises > self.stature:
            return rises
        if since < PATIENCE_DOWN:
            return None
        stays, steady = self._estimate(above, STAY, reach)
        return stays if stays is not None and stays < self.stature and steady >= STEADY else None

    def _estimate(self, above: np.ndarray, share: float, reach: int) -> tuple[float | None, float]:
        """Return the stature by heights that make up a share, and how much of all lies near them.

        Args:
            above: (bins,) ticks with heights in a bin or above it.
            share: of all ticks.
            reach: bins over the highest of these heights that count as well.

        Returns:
            m, None where that is not plausible; and the share of all ticks that is in the band.
        """
        # The lower edge of the highest bin above which so much was spent.
        enough = max(HELD_TICKS, share * above[0])
        found = np.flatnonzero(above >= min(enough, above[0]))
        held = int(found[-1])
        first = max(held - round(BAND / _BIN), 0)
        below = np.cumsum(self._counts[first : held + reach])
        place = int(np.searchsorted(below, QUANTILE * below[-1]))
        stature = (_LOW + (first + place + 0.5) * _BIN) / (HEAD_HEIGHT_FRACTION * STRAIGHTNESS)
        # To the centimetre: the same to the eye, and never a change for rounding's sake.
        believed = round(min(stature, PLAUSIBLE[1]), 2) if stature >= PLAUSIBLE[0] else None
        steady = self._counts[first : held + round(BAND / _BIN)].sum() / above[0]
        return believed, float(steady)
