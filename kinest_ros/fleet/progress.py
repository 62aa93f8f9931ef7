# SPDX-License-Identifier: Apache-2.0
"""How far a fleet is: a line that is rewritten on a terminal, and one a minute in a log."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TextIO

from kinest_ros.fleet.listing import Listed

_EVERY_TERMINAL, _EVERY_LOG = 0.5, 60.0  # s


class Tally:
    """Counts the bags to come beside the work: counting a million files takes a while."""

    def __init__(self, bags: Callable[[], Iterator[Listed]]) -> None:
        """Begin to count."""
        self.count, self.complete = 0, False
        self._bags, self._stopped = bags, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for _ in self._bags():
                self.count += 1
                if self._stopped.is_set():
                    return
        except Exception:  # whoever does the work meets it too, and tells
            return
        self.complete = True

    def close(self) -> None:
        """Stop counting."""
        self._stopped.set()
        self._thread.join()


class Progress:
    """Says what was done, how fast, and how long the rest will take."""

    def __init__(self, tally: Tally, before: int = 0, stream: TextIO | None = None) -> None:
        """Start the clock.

        Args:
            tally: counts all bags, those that were done before too.
            before: how many these are.
            stream: where to print; stderr when None.
        """
        self._tally, self.before = tally, before
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._start = self._shown = time.monotonic()
        self.done = self.failed = 0

    def tell(self, workers: int) -> None:
        """Print a line where it is time for one; with so many bags at a time."""
        now = time.monotonic()
        if now - self._shown >= (_EVERY_TERMINAL if self._terminal else _EVERY_LOG):
            self._shown = now
            text = self.text(now - self._start, workers)
            self._stream.write(f"\r\x1b[K{text}" if self._terminal else f"{text}\n")
            self._stream.flush()

    def text(self, elapsed: float, workers: int) -> str:
        """Return the line, after some seconds of work."""
        finished, total = self.before + self.done, self._tally.count
        known = self._tally.complete
        parts = [f"{finished} of {total}{'' if known else ' and more'} bags"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.done:
            rate = self.done / elapsed
            parts.append(f"{60.0 * rate:.3g} a minute")
            if known:
                parts.append(f"{duration((total - finished) / rate)} left")
        parts.append(f"{workers} at a time")
        return ", ".join(parts)

    def close(self) -> None:
        """Remove the line."""
        if self._terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def duration(seconds: float) -> str:
    """Return a time in words: 40 s, 3 min, 2 h 05 min, 3 d 4 h."""
    minutes = round(seconds / 60.0)
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"
