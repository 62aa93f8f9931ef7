# SPDX-License-Identifier: Apache-2.0
"""The page's clock on ours: what a few messages back and forth tell of the offset between them.

As NTP does it (RFC 5905): of one exchange, all that is known is that the page's two times lie
between our two. Half of what the way there and back took is the most that the middle can be off.
The fastest of the last exchanges counts; it ages, since clocks do not run at the same speed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

#: Exchanges that are looked at, and s for which.
KEPT, WINDOW = 60, 30.0
#: How far two clocks may drift apart, s per s: crystals are within 50 ppm each.
DRIFT = 100e-6
#: What is used approaches what was measured by so much, s per s, so that stamps keep their order
#: and their pace; farther off than this (s), and beyond doubt, a clock was set.
SLEW, STEP = 0.005, 0.1


@dataclass(frozen=True)
class _Exchange:
    at_ns: int
    offset_ns: float
    round_trip_ns: float

    def doubt_ns(self, now_ns: int) -> float:
        """Half the round trip, and what the clocks may have drifted since."""
        return 0.5 * self.round_trip_ns + DRIFT * max(now_ns - self.at_ns, 0)


class ClockExchange:
    """Maps times of the page (ms) to ours (ns).

    Attributes:
        steps: times that a clock was set, and the mapping with it.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self._exchanges: deque[_Exchange] = deque(maxlen=KEPT)
        self._used_ns: float | None = None
        self._used_at_ns = 0
        self.steps = 0

    def add(self, sent_ns: int, received_ms: float, returned_ms: float, now_ns: int) -> None:
        """Take an exchange.

        Args:
            sent_ns: when we asked, on our clock.
            received_ms: when the page heard it, on its clock.
            returned_ms: when it answered, on its clock.
            now_ns: when we heard the answer.
        """
        held_ns = 1e6 * (returned_ms - received_ms)
        round_trip_ns = now_ns - sent_ns - held_ns
        if round_trip_ns < 0.0 or held_ns < 0.0:
            return  # our clock was set in between, or the page makes times up
        middle_ns = 0.5 * (sent_ns + now_ns)
        page_ns = 1e6 * (0.5 * (received_ms + returned_ms))
        exchange = _Exchange(now_ns, middle_ns - page_ns, round_trip_ns)
        oldest_ns = now_ns - WINDOW * 1e9
        while self._exchanges and not oldest_ns <= self._exchanges[0].at_ns <= now_ns:
            self._exchanges.popleft()
        best = self._best(now_ns)
        if best is not None:
            apart = abs(exchange.offset_ns - best.offset_ns)
            if apart > STEP * 1e9 and apart > exchange.doubt_ns(now_ns) + best.doubt_ns(now_ns):
                self._exchanges.clear()
                self._used_ns = None
                self.steps += 1
        self._exchanges.append(exchange)
        self._follow(now_ns)

    @property
    def ready(self) -> bool:
        """Whether there was an exchange."""
        return self._used_ns is not None

    @property
    def offset_ms(self) -> float | None:
        """How far our clock is ahead of the page's, ms."""
        return None if self._used_ns is None else 1e-6 * self._used_ns

    @property
    def round_trip_ms(self) -> float | None:
        """Of the fastest exchange, ms."""
        trips = [exchange.round_trip_ns for exchange in self._exchanges]
        return 1e-6 * min(trips) if trips else None

    def uncertainty_ms(self, now_ns: int) -> float | None:
        """Return the most that mapped times may be off, ms; None before the first exchange."""
        best = self._best(now_ns)
        if best is None or self._used_ns is None:
            return None
        return 1e-6 * (best.doubt_ns(now_ns) + abs(self._used_ns - best.offset_ns))

    def to_ns(self, page_ms: float) -> int:
        """Return a time of the page on our clock, ns; there must have been an exchange."""
        assert self._used_ns is not None
        return round(1e6 * page_ms + self._used_ns)

    def to_page_ms(self, ns: int) -> float:
        """Return a time of ours on the page's clock, ms; there must have been an exchange."""
        assert self._used_ns is not None
        return 1e-6 * (ns - self._used_ns)

    def _best(self, now_ns: int) -> _Exchange | None:
        return min(self._exchanges, key=lambda e: e.doubt_ns(now_ns), default=None)

    def _follow(self, now_ns: int) -> None:
        best = self._best(now_ns)
        assert best is not None
        if self._used_ns is None:
            self._used_ns = best.offset_ns
        else:
            most = SLEW * max(now_ns - self._used_at_ns, 0)
            self._used_ns += min(max(best.offset_ns - self._used_ns, -most), most)
        self._used_at_ns = now_ns
