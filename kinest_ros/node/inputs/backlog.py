# SPDX-License-Identifier: Apache-2.0
"""Poses that have waited too long: a node that is too slow leaves them out and stays fresh.

DDS keeps the last `qos_depth` poses of a topic. A node with too little processor time works through
all of them, always the oldest first, and its bodies are as late as that queue is long. What waits
can only be seen by taking it. So, once poses come late, they are taken without being worked on
until none is left, and then it is decided: a burst, or what came while the node was held up for a
moment, is used to the last pose; of a longer backlog only the newest poses are.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from kinest_ros.tracking.frame import TrackerFrame

#: s by which a pose is later than the quickest of late, after which one looks for what waits.
LATE = 0.2
#: s of poses that are used of a backlog that is too long.
KEPT = 0.1
#: s over which the quickest is looked for: clocks of trackers and computer drift apart.
WINDOW = 10.0
#: s that the time between two poses of a tracker counts for at the most: stamps may jump.
_STEP = 0.1

OnFrame = Callable[[TrackerFrame, str], None]


class Backlog:
    """Hands frames on in the order in which they came, without those that are too old.

    Attributes:
        left_out: frames that were not handed on, since the start.
    """

    def __init__(
        self,
        most: float,
        soon: Callable[[Callable[[], None]], None],
        on_frame: OnFrame,
        on_left_out: Callable[[int, float], None],
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Start with nothing waiting.

        Args:
            most: s of poses of a tracker that may wait; 0: any number may.
            soon: sees to it that something is called once what was received before is done.
            on_frame: takes a frame and the topic it came from.
            on_left_out: is told how many frames were left out at once, and how many seconds had
                waited.
            clock_ns: of the computer.
        """
        self._most, self._soon, self._on_frame = most, soon, on_frame
        self._on_left_out, self._clock_ns = on_left_out, clock_ns
        self.left_out = 0
        self.clear()

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting: list[tuple[TrackerFrame, str]] = []
        self._least: int | None = None
        self._next: int | None = None
        self._turned = 0

    def facts(self) -> dict[str, str]:
        """Return the count, for diagnostics."""
        return {"poses left out, too old": str(self.left_out)}

    def take(self, frame: TrackerFrame, topic: str) -> None:
        """Take a frame that was just received."""
        if not self._most or (not self._is_late(frame) and not self._waiting):
            self._on_frame(frame, topic)
            return
        self._waiting.append((frame, topic))
        if len(self._waiting) == 1:
            self._soon(self._work)

    def _is_late(self, frame: TrackerFrame) -> bool:
        if not frame.poses:
            return False
        now = self._clock_ns()
        delay = now - frame.stamp_ns
        if self._least is None or now - self._turned > WINDOW * 1e9:
            self._least, self._next, self._turned = self._next or delay, delay, now
        self._next = delay if self._next is None else min(self._next, delay)
        self._least = min(self._least, delay)
        return delay - self._least > LATE * 1e9

    def _work(self) -> None:
        waiting, self._waiting = self._waiting, []
        ages = _ages(waiting)
        longest = max(ages, default=0.0)
        if longest > self._most:
            fresh = [item for item, age in zip(waiting, ages, strict=True) if age <= KEPT]
            count = len(waiting) - len(fresh)
            self.left_out += count
            self._on_left_out(count, longest)
            waiting = fresh
        for frame, topic in waiting:
            self._on_frame(frame, topic)


def _ages(waiting: list[tuple[TrackerFrame, str]]) -> list[float]:
    """Return how much older each frame is than the newest of the same trackers, s."""
    newest: dict[tuple[str, frozenset[str]], tuple[int, float]] = {}
    ages = []
    for frame, topic in reversed(waiting):
        key = topic, frozenset(frame.poses)
        stamp_ns, age = newest.get(key, (frame.stamp_ns, 0.0))
        age += min(max((stamp_ns - frame.stamp_ns) * 1e-9, 0.0), _STEP)
        newest[key] = frame.stamp_ns, age
        ages.append(age if frame.poses else 0.0)
    return ages[::-1]
