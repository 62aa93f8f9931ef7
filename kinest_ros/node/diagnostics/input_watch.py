# SPDX-License-Identifier: Apache-2.0
"""Notices incoming poses that are well-formed but cannot be right: no stamp, wrong axes."""

from __future__ import annotations

import numpy as np

from kinest_ros.node.diagnostics.plausibility.units import unit_of_height
from kinest_ros.tracking.devices.basis import BASES, to_ros_basis
from kinest_ros.tracking.frame import TrackerFrame

#: Head heights (m) a person can have, lying to jumping; outside, the axes are likely wrong.
PLAUSIBLE_HEIGHT = (0.2, 2.6)
#: Head heights (m) that make another basis worth proposing: sitting to tall and standing.
LIKELY_HEIGHT = (0.7, 2.2)
#: Head samples in one judgement: a median over about a second is blind to a few bad poses.
WINDOW = 90


class InputWatch:
    """Looks at each sample's stamp and, once in a while, at the head's height.

    Attributes:
        floor: z of the floor in the trackers' frame, m, as calibrated.
    """

    def __init__(self, basis: str) -> None:
        self._basis = basis
        self.floor = 0.0
        self.reset()

    def reset(self) -> None:
        """Forget the collected heights."""
        self._heads: list[np.ndarray] = []

    def check(self, frame: TrackerFrame, topic: str) -> str | None:
        """Look at one sample and return a warning about it, if there is cause."""
        if frame.stamp_ns == 0:
            return (
                f"{topic}: header.stamp is zero; the publisher must stamp each pose with the time "
                "it was measured"
            )
        if "head" not in frame.poses:
            return None
        self._heads.append(np.asarray(frame.poses["head"].position, dtype=np.float64))
        if len(self._heads) < WINDOW:
            return None
        median = np.median(np.stack(self._heads), axis=0)
        self._heads.clear()
        return self._judge(median, topic)

    def _judge(self, head: np.ndarray, topic: str) -> str | None:
        """Judge the median head position (3,), metres, in the axes it was received in."""
        height = self._height(head, self._basis) - self.floor
        if PLAUSIBLE_HEIGHT[0] <= height <= PLAUSIBLE_HEIGHT[1] or unit_of_height(height):
            return None  # another unit is for the plausibility watch to say
        seen = (
            f"{topic}: the head is {height:.2f} m above the floor with input_basis '{self._basis}'"
        )
        likely = [
            basis
            for basis in BASES
            if basis != self._basis
            and LIKELY_HEIGHT[0] <= self._height(head, basis) <= LIKELY_HEIGHT[1]
        ]
        if likely:
            return f"{seen}; set the parameter input_basis to {' or '.join(likely)}"
        return f"{seen}; the floor must be at z = 0: check the headset's floor calibration"

    @staticmethod
    def _height(position: np.ndarray, basis: str) -> float:
        return float(to_ros_basis(position, np.array([0.0, 0.0, 0.0, 1.0]), basis)[0][2])
