# SPDX-License-Identifier: Apache-2.0
"""Explains why trackers do not come: not at once, and not over and over."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from kinest_ros.decoding.listing import without_listing
from kinest_ros.node.diagnostics.throttle import Throttle

#: Seconds of silence that need no explanation: discovery, a headset that is put on.
PATIENCE = 4.0
#: Seconds between two lines that say the same.
PERIOD = 30.0


class SilenceWatch:
    """Asked once a second; asks the input in turn, see `InputSource`."""

    def __init__(
        self,
        missing: Callable[[bool], str | None],
        awaited: Callable[[], Iterable[str]] = tuple,
        why_unheard: Callable[[str], str] = str,
    ) -> None:
        """Keep whom to ask.

        Args:
            missing: told whether the head is heard, returns what is missing or None.
            awaited: returns the slots besides the head that should come.
            why_unheard: told a slot that never came, returns the reason.
        """
        self._missing, self._awaited, self._why_unheard = missing, awaited, why_unheard
        self._throttle = Throttle(PERIOD)
        self._once = Throttle(math.inf)
        self._calls = 0
        self._calls_with_head = 0

    def look(self, head_age: float | None) -> str | None:
        """Return a line for the log, if there is cause.

        Args:
            head_age: s since the last pose of the head; None before the first.
        """
        self._calls += 1
        if self._calls <= PATIENCE:
            return None
        text = self._missing(head_age is not None and head_age < PATIENCE)
        return self._throttle(without_listing(text), text) if text else None

    def unheard(self, ages: Mapping[str, float | None]) -> dict[str, str]:
        """Return why awaited trackers were never heard, by slot, once the head is for a while.

        Args:
            ages: s since the last pose, by slot; None before the first.
        """
        head = ages.get("head")
        self._calls_with_head += head is not None and head < PATIENCE
        if self._calls_with_head <= PATIENCE:
            return {}
        missed = [slot for slot in self._awaited() if ages[slot] is None]
        return {slot: self._why_unheard(slot) for slot in missed}

    def lines(self, unheard: Mapping[str, str]) -> list[str]:
        """Return what of it is new to the log: a hand may be missing for long, and on purpose."""
        said = (
            self._once(
                (slot, without_listing(why)),
                f"{slot} was never received: {why}; if there is no such tracker, remove it from "
                "trackers",
            )
            for slot, why in unheard.items()
        )
        return [line for line in said if line]
