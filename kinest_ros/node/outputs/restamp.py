# SPDX-License-Identifier: Apache-2.0
"""From stamps on the trackers' clock to ROS time, evenly spaced."""

from __future__ import annotations

from collections import deque

#: The least delay of this time, ns, is taken for the difference of the clocks.
WINDOW_NS = 2_000_000_000
_BUCKET_NS = 250_000_000
#: The difference grows by no more than one part in this: clocks drift by less.
DRIFT = 1000
#: ns, differences that grow by more than this are followed at once: the clock was set.
STEP_NS = 500_000_000
#: ns between two stamps at least, while a difference that was too large is worked off.
LEAST_SPACING_NS = 1_000_000


class Restamp:
    """Adds the difference of two clocks, which is the least that a sample was late by of late.

    So a stamp is never later than now: with tracker stamps 0, 10 and 20 ms that arrive at 103, 117
    and 121 ms of ROS time, 20 ms becomes 121 ms. At the start, where even the least delay may have
    been a long one, stamps go on 1 ms apart until they are no longer later than now.
    """

    def __init__(self) -> None:
        self._last_ns: int | None = None
        self.reset()

    def reset(self) -> None:
        """Forget the difference; what follows is later still than what came before."""
        self._least: deque[list[int]] = deque()
        self._offset_ns: int | None = None
        self._stamp_ns: int | None = None
        self._heard_ns: int | None = None
        self._now_ns: int | None = None

    def heard(self, stamp_ns: int, now_ns: int) -> None:
        """Take the stamp of a sample of the head that arrives at `now_ns` of ROS time."""
        if self._now_ns is not None and now_ns < self._now_ns - STEP_NS:
            self.reset()
            self._last_ns = None  # ROS time itself went back, as when a simulation is reset
        if self._heard_ns is not None and stamp_ns < self._heard_ns - STEP_NS:
            self.reset()
        self._heard_ns, self._now_ns = stamp_ns, now_ns
        delay, bucket = now_ns - stamp_ns, now_ns // _BUCKET_NS
        if self._least and self._least[-1][0] == bucket:
            self._least[-1][1] = min(self._least[-1][1], delay)
        else:
            self._least.append([bucket, delay])
        while self._least[0][0] < bucket - WINDOW_NS // _BUCKET_NS:
            self._least.popleft()

    def __call__(self, stamp_ns: int) -> int:
        """Return the ROS time of a tick, ns; as it is while no sample has been heard."""
        if not self._least:
            return stamp_ns
        wanted = min(delay for _, delay in self._least)
        offset = self._offset_ns
        if offset is None or wanted <= offset or wanted > offset + STEP_NS:
            offset = wanted
        elif self._stamp_ns is not None:
            offset = min(wanted, offset + max(stamp_ns - self._stamp_ns, 0) // DRIFT)
        self._offset_ns, self._stamp_ns = offset, stamp_ns
        out = stamp_ns + offset
        if self._last_ns is not None:
            out = max(out, self._last_ns + LEAST_SPACING_NS)
        self._last_ns = out
        return out
