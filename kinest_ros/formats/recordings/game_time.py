# SPDX-License-Identifier: Apache-2.0
"""How fast a song's clock runs, on which Beat Saber replays are stamped."""

from __future__ import annotations

import math

_MODIFIERS = {"SS": 0.85, "FS": 1.2, "SF": 1.5}


def seconds_of_song(modifiers: str, practice_speed: float) -> float:
    """Return the seconds of song that pass in a second.

    Args:
        modifiers: of the game, separated by commas; slower, faster and super fast song count.
        practice_speed: as practice mode has it; 0 where it was not played.
    """
    if math.isfinite(practice_speed) and 0.1 <= practice_speed <= 10.0:
        return practice_speed
    names = {name.strip().upper() for name in modifiers.split(",")}
    return next((speed for name, speed in _MODIFIERS.items() if name in names), 1.0)
