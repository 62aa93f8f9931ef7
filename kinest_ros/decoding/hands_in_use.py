# SPDX-License-Identifier: Apache-2.0
"""Two sources for one hand, its controller and hand tracking: which of them is in use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kinest_ros.body.joints import HAND_SLOTS, SLOTS
from kinest_ros.tracking.frame import TrackerPose

HANDS = SLOTS[HAND_SLOTS]
#: While poses of one come, those of the other are left out until it was silent for so long, ns of
#: the stamps: some bridges send both, and a controller on the table is no hand.
HANDOVER_NS = 100_000_000
_TRACKED = ".hand"


def tracked_hand(slot: str) -> str:
    """Return the key of a hand's second source, hand tracking, beside the slot's name."""
    return slot + _TRACKED


def tracked_hands(slots: Iterable[str], named: Mapping[str, str]) -> dict[str, str]:
    """Return the names of second sources by key, for hands in use."""
    return {tracked_hand(slot): named[slot] for slot in slots if named.get(slot)}


def parameter_of(key: str) -> str:
    """Return the parameter that names the source of a slot, or of a tracked hand."""
    if key.endswith(_TRACKED):
        return f"hand_source.{key.removesuffix(_TRACKED)}"
    return f"source.{key}"


class HandsInUse:
    """Tells which device each hand's poses are of, and drops those of the one not in use.

    With one source for a hand, its device is not known ("").
    """

    def __init__(self, second: Iterable[str]) -> None:
        """Start with nothing heard.

        Args:
            second: the hands that have a second source.
        """
        self._second = frozenset(second)
        self._last: dict[str, tuple[str, int]] = {}

    def pose(self, key: str, pose: TrackerPose, stamp_ns: int) -> tuple[str, TrackerPose] | None:
        """Return the slot and the pose with its device; None where the other device is in use.

        Args:
            key: a slot, or `tracked_hand` of it.
            pose: as received.
            stamp_ns: of the pose.
        """
        slot = key.removesuffix(_TRACKED)
        if slot not in self._second:
            return slot, pose
        device = "controller" if slot == key else "hand"
        last = self._last.get(slot)
        if last is not None and last[0] != device and abs(stamp_ns - last[1]) < HANDOVER_NS:
            return None
        self._last[slot] = device, stamp_ns
        return slot, replace(pose, device=device)
