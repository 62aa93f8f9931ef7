# SPDX-License-Identifier: Apache-2.0
"""Explains why trackers do not come: not at once, and not over and over."""

from __future__ import annotations

from collections.abc import Callable

from kinest_ros.node.throttle import Throttle

#: Seconds of silence that need no explanation: discovery, a headset that is put on.
PATIENCE = 4.0
#: Seconds between two lines that say the same.
PERIOD = 30.0


class SilenceWatch:
    """Asked once a second; asks the input in turn, see `InputSource.missing`."""

    def __init__(self, missing: Callable[[bool], str | None]) -> None:
        """Keep whom to ask.

        Args:
            missing: told whether the head is heard, returns what is missing or None.
        """
        self._missing = missing
        self._throttle = Throttle(PERIOD)
        self._calls = 0

    def look(self, head_age: float | None) -> str | None:
        """Return a line for the log, if there is cause.

        Args:
            head_age: s since the last pose of the head; None before the first.
        """
        self._calls += 1
        if self._calls <= PATIENCE:
            return None
        text = self._missing(head_age is not None and head_age < PATIENCE)
        return self._throttle(text, text) if text else None
