# SPDX-License-Identifier: Apache-2.0
"""Counts bodies that came late: a 60 Hz consumer had to do without them for a tick."""

from __future__ import annotations

import time
from collections.abc import Callable

from kinest_ros.tracking.sampling.resampler import TICK_RATE

#: A body later than this, s, than the quickest of its time has missed its tick.
DEADLINE = 1.0 / TICK_RATE
#: Seconds over which the quickest is looked for: clocks of trackers and computer drift apart.
WINDOW = 10.0


class Deadlines:
    """Compares when bodies are published with the ticks that they are stamped with.

    The delay of the quickest bodies is what sensing, transport and computing take at least, plus
    what the two clocks are apart, which nobody knows; lateness is the delay beyond that. It holds
    all of the rest: poses that came late or waited in a queue, a processor that was busy, pauses of
    the garbage collector. What is published is not touched by it. Recordings that are played at
    another pace than their own count as late.

    Attributes:
        bodies: counted since the start.
        misses: of them, those that came late.
        worst: s, the greatest lateness since the start.
    """

    def __init__(self, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """Start with nothing published."""
        self._clock_ns = clock_ns
        self.bodies = self.misses = 0
        self.worst = 0.0
        self.restart()

    def restart(self) -> None:
        """Begin with another clock; the counts stay."""
        self._least: int | None = None
        self._next: int | None = None
        self._turned = self._stamp = 0

    def published(self, stamp_ns: int) -> bool:
        """Take a body that was just published; return whether it missed its tick."""
        if stamp_ns < self._stamp:
            self.restart()
        self._stamp, now = stamp_ns, self._clock_ns()
        delay = now - stamp_ns
        if self._least is None or now - self._turned > WINDOW * 1e9:
            # Of the time before, so that the first of a window has something to compare with.
            self._least, self._next, self._turned = self._next or delay, delay, now
        self._next = delay if self._next is None else min(self._next, delay)
        self._least = min(self._least, delay)
        lateness = (delay - self._least) * 1e-9
        self.bodies += 1
        self.worst = max(self.worst, lateness)
        late = lateness > DEADLINE
        self.misses += late
        return late

    def facts(self) -> dict[str, str]:
        """Return the counts, for diagnostics."""
        return {
            "deadline misses": f"{self.misses} of {self.bodies}",
            "latest body (ms)": f"{self.worst * 1e3:.1f}",
        }
