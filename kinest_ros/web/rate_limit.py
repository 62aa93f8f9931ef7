# SPDX-License-Identifier: Apache-2.0
"""How often somebody may do something: a bucket of tokens that fills up at a steady pace."""

from __future__ import annotations


class RateLimit:
    """Allows bursts up to a size, and a rate in the long run."""

    def __init__(self, per_second: float, burst: float) -> None:
        """Begin with a full bucket."""
        self._rate, self._burst = per_second, burst
        self._tokens, self._at = burst, 0.0

    def take(self, now: float) -> bool:
        """Take a token if there is one.

        Args:
            now: s, on a clock that does not go back.
        """
        self._tokens = min(self._burst, self._tokens + self._rate * (now - self._at))
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
