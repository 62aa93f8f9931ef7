# SPDX-License-Identifier: Apache-2.0
"""Positions in centimetres or millimetres."""

from __future__ import annotations

import numpy as np

from kinest_ros.node.diagnostics.plausibility.window import Window

UNITS = {"centimetres": 100.0, "millimetres": 1000.0}
#: m, heights of a head that is up, and distances of hands from it.
HEIGHTS, DISTANCES = (0.7, 2.3), (0.05, 1.4)
#: m, a head or hands farther away than this are in another unit, or lost.
FAR = 10.0


def unit_of_height(height: float) -> str | None:
    """Return the unit in which a head's height (m as received) would be a person's, if another."""
    for unit, parts in UNITS.items():
        if HEIGHTS[0] <= height / parts <= HEIGHTS[1]:
            return unit
    return None


def judge(window: Window) -> str | None:
    """Return what is wrong with the unit of a window's positions, if anything."""
    unit = unit_of_height(window.height)
    both = window.both
    distance = float(np.median(window.distances[both])) if both.any() else None
    if unit is not None:
        parts = UNITS[unit]
        if distance is None or DISTANCES[0] <= distance / parts <= DISTANCES[1]:
            return (
                f"the head is {window.height:.0f} m above the floor: its positions look like "
                f"{unit}; divide them by {parts:.0f}, they must be in metres"
            )
    elif distance is not None and distance > FAR and window.height < FAR:
        for unit, parts in UNITS.items():
            scaled = window.hands[both] / parts
            apart = np.linalg.norm(scaled - window.head[both][:, None], axis=-1)
            if np.median(apart) <= DISTANCES[1]:
                return (
                    f"the hands are {distance:.0f} m from the head: their positions look like "
                    f"{unit}; divide them by {parts:.0f}, they must be in metres"
                )
    return None
