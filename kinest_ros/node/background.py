# SPDX-License-Identifier: Apache-2.0
"""Work that takes longer than a tick may wait, done beside the node's only thread."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.timer import Timer

Result = TypeVar("Result")

#: How often the node looks whether the work is done, s.
LOOK = 0.01
#: How long the work may keep Python from the node's thread, s; usually it is ten times that.
_SWITCH = 0.0005
#: One for all: two jobs at a time would only take turns.
_POOL = ThreadPoolExecutor(1, "kinest_background")


class Background(Generic[Result]):
    """Runs one job at a time on another thread and brings its result back to the node's."""

    def __init__(self, node: Node) -> None:
        """Have nothing to do.

        Args:
            node: whose executor takes the results.
        """
        self._node = node
        # The steady clock also goes on when simulated time stands still.
        self._clock = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer: Timer | None = None
        self._running: Future[Any] | None = None

    @property
    def busy(self) -> bool:
        """Whether a job is running."""
        return self._timer is not None

    def start(self, job: Callable[[], Result], then: Callable[[Future[Result]], None]) -> None:
        """Run a job; no other may be running.

        Args:
            job: uses nothing that the node changes meanwhile.
            then: called in the node's executor with what the job returned or raised.
        """
        running: Future[Result] = _POOL.submit(_considerate, job)

        def look() -> None:
            # A timer that was due when it was destroyed is called all the same.
            if self._running is running and running.done():
                self.forget()
                then(running)

        self._running = running
        self._timer = self._node.create_timer(LOOK, look, clock=self._clock)

    def forget(self) -> None:
        """Wait for no job any more."""
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
            self._timer = self._running = None


def _considerate(job: Callable[[], Result]) -> Result:
    """Run a job such that other threads need not wait long for their turn."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH)
    try:
        return job()
    finally:
        sys.setswitchinterval(before)
