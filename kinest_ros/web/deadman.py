# SPDX-License-Identifier: Apache-2.0
"""A held trigger as a message that others may wait for: often while it is held, and once after."""

from __future__ import annotations

import time
from collections.abc import Callable

#: s between two messages while the trigger is held: whoever hears none may stop.
PERIOD = 0.05


class Deadman:
    """Passes on what is said at every frame: what changes at once, the rest at a steady pace."""

    def __init__(
        self, publish: Callable[[bool], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin released, and say nothing."""
        self._publish, self._clock = publish, clock
        self._held, self._said = False, 0.0

    def __call__(self, held: bool) -> None:
        """Take what is so now."""
        now = self._clock()
        if held != self._held or (held and now - self._said >= PERIOD):
            self._held, self._said = held, now
            self._publish(held)
