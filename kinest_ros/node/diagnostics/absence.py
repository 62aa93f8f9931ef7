# SPDX-License-Identifier: Apache-2.0
"""Tells the user of poses that nobody measured, headsets that nobody wears, feet in the air."""

from __future__ import annotations

from collections.abc import Container, Hashable
from dataclasses import replace

from kinest_ros.node.diagnostics.throttle import Throttle
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame

#: Seconds between two lines that say the same, however often it comes and goes in between.
PERIOD = 30.0


class Absence:
    """Asked for every frame what the tracker let in, and once a second what is to be said."""

    def __init__(self, tracker: BodyTracker) -> None:
        """Keep whom to ask."""
        self._tracker = tracker
        self._throttle = Throttle(PERIOD)
        self._holding: set[Hashable] = set()

    def let_in(self, frame: TrackerFrame) -> TrackerFrame:
        """Return the frame just pushed without the poses that the tracker withheld."""
        withheld = self._tracker.presence.withheld
        if not withheld:
            return frame
        kept = {slot: pose for slot, pose in frame.poses.items() if slot not in withheld}
        return replace(frame, poses=kept)

    def reasons(self, arriving: Container[str], denied: bool) -> dict[str, str]:
        """Return, by slot, why its poses are not used now; the head's is why there is no body.

        Args:
            arriving: slots of which poses came in the last second.
            denied: whether somebody says that the headset is not worn.
        """
        presence = self._tracker.presence
        found = {slot: why for slot, why in presence.reasons().items() if slot in arriving}
        nobody = "headset not worn" if denied else presence.absence()
        return {**found, "head": nobody} if nobody else found

    def unmet_floor(self) -> str | None:
        """Return what is wrong with standing feet that do not meet the floor; None if they do."""
        gap = self._tracker.feet.gap
        return None if gap is None else f"the standing feet are {100 * gap:.0f} cm above the floor"

    def lines(self, reasons: dict[str, str]) -> list[str]:
        """Return what of it is new to the log: what was there a second ago is not said again.

        Args:
            reasons: of the slots whose poses are not used.
        """
        texts: dict[Hashable, str] = {}
        for slot, reason in reasons.items():
            what = reason.rpartition(": ")[2]  # and not for how long
            meant = "; if the tracker really is that still, set frozen_timeout to 0"
            texts[slot, what] = f"{slot}: {reason}{meant if what == 'frozen' else ''}"
        unmet = self.unmet_floor()
        if unmet:
            texts["feet"] = (
                f"{unmet}: the wearer is taller than the skeleton ({self._tracker.skeleton.name}) "
                "or stands on something, or the real floor is lower than the configured one: give "
                "the stature, calibrate, or redo the headset's floor"
            )
        new = {key: text for key, text in texts.items() if key not in self._holding}
        self._holding = set(texts)
        said = (self._throttle(key, text) for key, text in new.items())
        return [line for line in said if line]
