# SPDX-License-Identifier: Apache-2.0
"""The trackers' clock as stamps tell it: which are believed, and when it begins anew.

One rule for all who keep samples. A stamp far ahead of the others is either the first after a gap
or a wrong one; which of the two shows in the next: as long as it stands alone, time has not moved.
A stamp far behind is a new beginning (a bag that loops), or a wrong one.
"""

from __future__ import annotations

from enum import Enum

#: Stamps that go back by more than this are a new beginning, ns.
JUMP_BACK_NS = 500_000_000


def went_back(stamp_ns: int, last_ns: int | None) -> bool:
    """Tell whether a clock that was at `last_ns` (ns) begins anew with a stamp."""
    return last_ns is not None and stamp_ns < last_ns - JUMP_BACK_NS


def stands_alone(stamp_ns: int, last_ns: int | None, gap_ns: int) -> bool:
    """Tell whether a new stamp is the first, or behind a gap longer than `gap_ns`."""
    return last_ns is None or stamp_ns - last_ns > gap_ns


class Advance(Enum):
    """What a stamp says of the clock."""

    ON = "on"  # it goes on, or is late by little
    ALONE = "alone"  # far off; to be believed if the next one is no contradiction
    CONFIRMED = "confirmed"  # the one that stood alone was right, ahead: a gap lies before it
    ANEW = "anew"  # the one that stood alone was right, behind: the clock begins anew with it


class Clock:
    """Follows the stamps of one tracker, of which single ones may be wrong.

    With a gap of 250 ms and stamps at 0, 10, 9000, 20, 30, 900 and 910 ms, `newest_ns` is 0, 10,
    10, 20, 30, 30 and 910 ms: 9000 stood alone and was contradicted by 20, 900 was confirmed.
    """

    def __init__(self, gap_ns: int) -> None:
        """Start with nothing heard.

        Args:
            gap_ns: a stamp that is farther ahead than this stands alone at first, ns.
        """
        self._gap_ns = gap_ns
        self.reset()

    def reset(self) -> None:
        """Forget all stamps."""
        self.newest_ns: int | None = None
        self._alone_ns: int | None = None

    def take(self, stamp_ns: int) -> Advance:
        """Take the next stamp, in the order of arrival, ns."""
        newest, alone = self.newest_ns, self._alone_ns
        if newest is None:
            self.newest_ns = stamp_ns
            return Advance.ON
        if went_back(stamp_ns, newest) or stands_alone(stamp_ns, newest, self._gap_ns):
            if alone is not None and stamp_ns > alone and (alone < newest) == (stamp_ns < newest):
                anew = alone < newest
                self.newest_ns, self._alone_ns = stamp_ns, None
                return Advance.ANEW if anew else Advance.CONFIRMED
            self._alone_ns = stamp_ns
            return Advance.ALONE
        self.newest_ns, self._alone_ns = max(newest, stamp_ns), None
        return Advance.ON
