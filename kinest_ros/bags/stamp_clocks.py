# SPDX-License-Identifier: Apache-2.0
"""The clocks of header stamps, seen beside the times at which messages were recorded."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinest_ros.tracking.frame import TrackerFrame

#: Seconds by which a tracker's stamps are apart from the head's before it is said.
APART = 0.05
#: Poses of each tracker that are looked at.
_LOOKED_AT = 2000


class StampClocks:
    """Compares, by tracker, stamps with recording times."""

    def __init__(self) -> None:
        """Start with nothing heard."""
        self._ahead: dict[str, list[int]] = {}
        self._first: tuple[int, int] | None = None
        self._last = (0, 0)

    def heard(self, frame: TrackerFrame, time_ns: int) -> None:
        """Take a frame, and the time in the bag at which it was recorded."""
        if "head" in frame.poses:
            self._last = frame.stamp_ns, time_ns
            self._first = self._first or self._last
        for slot in frame.poses:
            ahead = self._ahead.setdefault(slot, [])
            if len(ahead) < _LOOKED_AT:
                ahead.append(frame.stamp_ns - time_ns)

    def standing_still(self) -> str:
        """Return a line if the head's stamps stand still while the recording goes on, else ''."""
        if self._first is None:
            return ""
        stamps, recorded = (b - a for a, b in zip(self._first, self._last, strict=True))
        if recorded < 100_000_000 or stamps > 0.1 * recorded:
            return ""
        return (
            f"the head's header stamps stay at {self._last[0] * 1e-9:.3f} s over "
            f"{recorded * 1e-9:.2f} s of recording: their publisher does not set them; "
            "--bag-time uses the recording times instead"
        )

    def apart(self) -> list[str]:
        """Return a line for each tracker whose stamps are on another clock than the head's.

        That is: the medians of stamp minus recording time differ by more than `APART` seconds.
        """
        if "head" not in self._ahead:
            return []
        head = float(np.median(self._ahead["head"]))
        lines = []
        for slot, ahead in self._ahead.items():
            offset = (float(np.median(ahead)) - head) * 1e-9
            if abs(offset) > APART:
                lines.append(
                    f"{slot}: its stamps are {abs(offset):.2f} s "
                    f"{'ahead of' if offset > 0.0 else 'behind'} the head's, as recorded: another "
                    "clock, or late messages; --bag-time uses the recording clock for all trackers"
                )
        return lines


def stamp_with(message: Any, time_ns: int) -> None:
    """Set the header stamps of a message of rosbags: its own, and those of its transforms."""
    for stamped in getattr(message, "transforms", [message]):
        stamp = stamped.header.stamp
        stamp.sec, stamp.nanosec = divmod(time_ns, 1_000_000_000)
