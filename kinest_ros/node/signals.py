# SPDX-License-Identifier: Apache-2.0
"""What SIGINT, SIGTERM and SIGHUP do to a process of ours: end it once, cleanly, with code 0."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_Handler = Callable[[int, FrameType | None], None]


@contextmanager
def until_signal(last: bool = False) -> Iterator[threading.Event]:
    """Yield an event that a signal sets: a flag to be looked at between callbacks.

    Args:
        last: the process ends with this block. Once a signal has come, further ones are ignored to
            the very end: to take down ROS and PyTorch takes a while, and people press twice.
    """
    stop = threading.Event()
    with _handled(lambda *_: stop.set(), deaf_after=lambda: last and stop.is_set()):
        yield stop


@contextmanager
def exit_at_signal() -> Iterator[None]:
    """Let the first signal end the process, from a block that leaves nothing to take down.

    By SystemExit: a KeyboardInterrupt that passes through C code which runs Python, as PyTorch
    does while it loads, makes Python end by SIGINT even where it is caught.
    """
    came: list[int] = []

    def leave(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if len(came) == 1:
            raise SystemExit(0)

    with _handled(leave, deaf_after=lambda: bool(came)):
        yield


@contextmanager
def _handled(handler: _Handler, deaf_after: Callable[[], bool]) -> Iterator[None]:
    numbers = [signal.SIGINT, signal.SIGTERM]
    # A terminal that is closed, unless nohup told us to outlive it.
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, other in before.items():
            signal.signal(number, signal.SIG_IGN if deaf_after() else other)
