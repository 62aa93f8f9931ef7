# SPDX-License-Identifier: Apache-2.0
"""Lets a warning through once per period and key, and says how many were held back."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

#: Keys that are remembered; beyond, the one whose line is the oldest is forgotten.
MAX_KEYS = 256


class Throttle:
    """rclpy throttles by line of code; one line here serves several topics, so we key by topic.

    A key says what kind of line it is, without what changes from line to line. Memory is bounded
    whatever the keys.
    """

    def __init__(self, period: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._period = period
        self._clock = clock
        self._last: dict[Hashable, float] = {}
        self._held: dict[Hashable, int] = {}

    def __call__(self, key: Hashable, text: str) -> str | None:
        """Return the text to log now, or None while the key is held back."""
        now = self._clock()
        if key in self._last and now - self._last[key] < self._period:
            self._held[key] = self._held.get(key, 0) + 1
            return None
        self._last.pop(key, None)  # the oldest lines stand first
        self._last[key] = now
        held = self._held.pop(key, 0)
        if len(self._last) > MAX_KEYS:
            oldest = next(iter(self._last))
            del self._last[oldest]
            self._held.pop(oldest, None)
        return f"{text} ({held} more like it since the last line)" if held else text
