# SPDX-License-Identifier: Apache-2.0
"""Counters of a tracker, for diagnostics and summaries."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kinest_ros.body.joints import SLOTS
from kinest_ros.tracking.admission.unmeasured import Withheld


def _per_slot() -> dict[str, int]:
    return dict.fromkeys(SLOTS, 0)


@dataclass
class TrackerStats:
    """What happened since the tracker was made; a reset does not clear it.

    Slots are the wearer's: of exchanged hands, each is counted as the hand that it is.

    Attributes:
        received: poses that came in, by slot, the dropped ones included.
        dropped_late: poses older than one already taken from the same slot, or more than half a
            second behind the body.
        dropped_duplicate: poses with the stamp of the one before.
        dropped_outlier: single poses that nobody can have moved to, and from which the next one
            did not follow.
        dropped_invalid: poses refused because of their values.
        dropped_placeholder: poses at the origin without a rotation, which no device measured.
        dropped_frozen: poses of streams that repeat one pose to the last bit.
        dropped_not_worn: poses of the time in which the headset was said not to be worn.
        ticks: bodies returned.
        head_lost: ticks without a body because the head was not tracked, or not worn.
        resets: times the whole state was dropped, because the stamps jumped back or by request.
        network_resets: times the network alone started anew, after a long loss of the head or a
            result that was not finite.
        recentrings: times the trackers' origin jumped, and the body with it.
        floor_moved: m, how far the floor moved with it in all.
        last_recentring: the last of them in words.
        not_finite: network results that were not finite and therefore not returned.
    """

    received: dict[str, int] = field(default_factory=_per_slot)
    dropped_late: dict[str, int] = field(default_factory=_per_slot)
    dropped_duplicate: dict[str, int] = field(default_factory=_per_slot)
    dropped_outlier: dict[str, int] = field(default_factory=_per_slot)
    dropped_invalid: dict[str, int] = field(default_factory=_per_slot)
    dropped_placeholder: dict[str, int] = field(default_factory=_per_slot)
    dropped_frozen: dict[str, int] = field(default_factory=_per_slot)
    dropped_not_worn: dict[str, int] = field(default_factory=_per_slot)
    ticks: int = 0
    head_lost: int = 0
    resets: int = 0
    network_resets: int = 0
    recentrings: int = 0
    floor_moved: float = 0.0
    last_recentring: str = ""
    not_finite: int = 0

    def exchange(self, first: str, second: str) -> None:
        """Take what was counted of two slots for each other's."""
        for counts in vars(self).values():
            if isinstance(counts, dict):
                counts[first], counts[second] = counts[second], counts[first]

    def withheld(self, slot: str, cause: Withheld) -> None:
        """Count a pose that was received and not let in."""
        self.received[slot] += 1
        {
            Withheld.PLACEHOLDER: self.dropped_placeholder,
            Withheld.FROZEN: self.dropped_frozen,
            Withheld.NOT_WORN: self.dropped_not_worn,
        }[cause][slot] += 1

    def note_recentring(self, yaw: float, shift: np.ndarray) -> None:
        """Count a jump of the trackers' origin by a turn (rad) that took the head (3,) m along."""
        self.recentrings += 1
        self.floor_moved += float(shift[2])
        along = float(np.hypot(shift[0], shift[1]))
        self.last_recentring = (
            f"turned by {np.degrees(yaw):.0f}°, moved by {along:.2f} m, raised by {shift[2]:.2f} m"
        )
