# SPDX-License-Identifier: Apache-2.0
"""A progress line on the terminal."""

from __future__ import annotations

import sys
import time
from typing import TextIO

_WIDTH = 30


class Progress:
    """One line that is rewritten a few times a second; silent where stderr is no terminal."""

    def __init__(self, label: str, total: int, stream: TextIO | None = None) -> None:
        """Start the clock.

        Args:
            label: stands before the bar.
            total: number of steps.
            stream: where to print; stderr when None.
        """
        self._label, self._total = label, max(total, 1)
        self._stream = stream or sys.stderr
        self._visible = self._stream.isatty()
        self._start = self._shown = time.monotonic()
        self._done = 0

    def step(self, count: int = 1) -> None:
        """Count steps done and redraw now and then."""
        self._done += count
        now = time.monotonic()
        if self._visible and now - self._shown > 0.2:
            self._shown = now
            self._draw(now)

    def close(self) -> None:
        """Remove the line."""
        if self._visible:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _draw(self, now: float) -> None:
        share = min(self._done / self._total, 1.0)
        bar = "#" * round(share * _WIDTH)
        left = (now - self._start) * (1.0 / share - 1.0) if share > 0.0 else 0.0
        text = f"{self._label} [{bar:<{_WIDTH}}] {share:4.0%}, {left:.0f} s left"
        self._stream.write(f"\r\x1b[K{text}")
        self._stream.flush()
