# SPDX-License-Identifier: Apache-2.0
"""How far each tracker's stamps are from the head's when they arrive; told by stamps alone."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from kinest_ros.body.joints import SLOTS

#: ns, a median farther off than this is named.
MAX_OFFSET_NS = 50_000_000
#: ns, and nearly all samples must be farther off than this on the same side: poses that come in
#: bursts, one tracker after the other, are apart by anything from nothing to a burst.
CONSTANT_NS = 25_000_000
_NEARLY_ALL = 0.95
#: Fewest samples of a tracker in one judgement.
_ENOUGH = 10


class SlotClocks:
    """Compares newest stamps whenever a pose arrives, over the last two looks.

    With equal clocks a tracker's newest stamp is at most one of its own periods behind the head's,
    or one of the head's ahead, so the difference is taken when either arrives.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all stamps."""
        self._newest: dict[str, int] = {}
        self._now: dict[str, tuple[list[int], list[int]]] = {}
        self._before: dict[str, tuple[list[int], list[int]]] = {}

    def heard(self, stamp_ns: int, slots: Iterable[str]) -> None:
        """Take the stamp of poses that have just arrived, ns."""
        slots = list(slots)
        for slot in slots:
            self._newest[slot] = stamp_ns
        head = self._newest.get(SLOTS[0])
        if head is None:
            return
        if SLOTS[0] in slots:
            for slot, (_, at_head) in self._now.items():
                at_head.append(self._newest[slot] - head)
        for slot in slots:
            if slot != SLOTS[0]:
                at_slot, _ = self._now.setdefault(slot, ([], []))
                at_slot.append(stamp_ns - head)

    def look(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return offsets to the head by slot, ns (ahead: positive), and those that are too large.

        Called about once a second: what it judges are the times since the call before the last.
        """
        offsets, apart = {}, {}
        for slot in self._now:
            old = self._before.get(slot, ([], []))
            at_slot, at_head = (a + b for a, b in zip(old, self._now[slot], strict=True))
            if len(at_slot) < _ENOUGH or len(at_head) < _ENOUGH:
                continue
            offset = round(0.5 * float(np.median(at_slot) + np.median(at_head)))
            offsets[slot] = offset
            beyond = np.sign(offset) * np.array(at_slot + at_head) > CONSTANT_NS
            if abs(offset) > MAX_OFFSET_NS and beyond.mean() > _NEARLY_ALL:
                apart[slot] = offset
        self._before, self._now = self._now, {}
        return offsets, apart


def described(slot: str, offset_ns: int) -> str:
    """Return what to tell the user of a tracker's offset to the head, ns."""
    size = f"{abs(offset_ns) / 1e6:.0f} ms"
    if offset_ns > 0:
        return (
            f"{slot}: stamps arrive {size} ahead of the head's: its clock is ahead, or the head's "
            "poses come later than its own; set the clocks, or stamp both with one"
        )
    return (
        f"{slot}: stamps arrive {size} behind the head's: its clock is behind, or its poses come "
        "later than the head's; set the clocks, stamp both with one, or raise the parameter "
        "patience"
    )
