# SPDX-License-Identifier: Apache-2.0
"""Looks at a second of poses at a time, and says what they seem to be instead."""

from __future__ import annotations

from collections.abc import Callable

from kinest_ros.node.diagnostics.plausibility import head_frame, quaternion_order, units
from kinest_ros.node.diagnostics.plausibility.exchanged_hands import ExchangedHands
from kinest_ros.node.diagnostics.plausibility.window import Window, WindowCollector
from kinest_ros.tracking.frame import TrackerFrame
from kinest_ros.tracking.settings import TrackerSettings

#: By what is looked for: how many windows in a row must agree. What comes first explains what comes
#: after, which is then not looked for.
NEEDED = {"units": 1, "quaternion order": 3, "head frame": 2, "exchanged hands": 1}


class PlausibilityWatch:
    """Everything that is odd about the poses of one body."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._windows = WindowCollector()
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._windows.reset()
        self._judges: dict[str, Callable[[Window], str | None]] = {
            "units": units.judge,
            "quaternion order": quaternion_order.judge,
            "head frame": head_frame.judge,
            "exchanged hands": ExchangedHands(),
        }
        self._agreed = dict.fromkeys(NEEDED, 0)
        self._notes: dict[str, str] = {}

    @property
    def notes(self) -> dict[str, str]:
        """What the last second showed, by what was looked for."""
        return self._notes

    def check(self, frame: TrackerFrame, settings: TrackerSettings) -> dict[str, str]:
        """Take an accepted frame in; return what it shows, once a second.

        Args:
            frame: as received, in the axes of `input_basis`.
            settings: basis, head mount, floor and names of the hands, as they are now.
        """
        window = self._windows.add(frame, settings)
        return {} if window is None else self.judge(window)

    def judge(self, window: Window) -> dict[str, str]:
        """Return what a window shows."""
        self._notes = {}
        for name, judge in self._judges.items():
            text = None if self._notes else judge(window)
            self._agreed[name] = self._agreed[name] + 1 if text else 0
            if text and self._agreed[name] >= NEEDED[name]:
                self._notes[name] = text
        return self._notes
