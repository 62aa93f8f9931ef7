# SPDX-License-Identifier: Apache-2.0
"""One line for each time that a tracker is out of reach."""

from __future__ import annotations

from collections.abc import Sequence

from kinest_ros.tracking.admission.gating import Rejection

#: Bodies (half a second) without a tracker before anything is said: by then it is known how far off
#: it is, and what comes back at once is not worth a line.
LASTING = 30


class RejectionLog:
    """Counts for how many bodies in a row each tracker was rejected."""

    def __init__(self) -> None:
        """Start with none rejected."""
        self._lasted: dict[str, int] = {}

    def look(self, rejections: Sequence[Rejection], bodies: int) -> list[Rejection]:
        """Return those of the rejections to tell of now.

        Args:
            rejections: of the newest body.
            bodies: how many there were since the last call.
        """
        if not rejections and not self._lasted:
            return []
        before = self._lasted
        self._lasted = {each.slot: before.get(each.slot, 0) + bodies for each in rejections}
        return [
            each
            for each in rejections
            if before.get(each.slot, 0) < LASTING <= self._lasted[each.slot]
        ]
