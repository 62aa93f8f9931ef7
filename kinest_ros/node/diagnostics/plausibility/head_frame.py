# SPDX-License-Identifier: Apache-2.0
"""Hands whose positions are given from the head, in a frame that says they are the world's."""

from __future__ import annotations

import numpy as np

from kinest_ros.node.diagnostics.plausibility.window import Window

#: m from the origin of the world to hands that are given from the head.
REACH = (0.1, 1.15)
#: m, the least distance from the head of hands that cannot be where they say they are.
TOO_FAR = 1.25
#: m over the floor: hands that are given from the head are about or below zero.
LOW = 0.2
#: m, a head this high leaves its hands above the floor; m, that hands in use move in a second.
UP, MOVING = 0.8, 0.003


def judge(window: Window) -> str | None:
    """Return which hands of a window are given from the head, if any."""
    if window.height < UP:
        return None
    found = []
    for slot, side in (("left_hand", 0), ("right_hand", 1)):
        hand = window.hands[:, side]
        if not np.isfinite(hand).all():
            continue
        offset = np.linalg.norm(hand, axis=-1)
        near = (offset > REACH[0]) & (offset < REACH[1])
        away = window.distances[:, side] > TOO_FAR
        moves = np.ptp(hand, axis=0).max() > MOVING
        if (near & away).mean() > 0.9 and moves and np.median(hand[:, 2]) - window.floor < LOW:
            found.append(slot)
    if not found:
        return None
    return (
        f"{' and '.join(found)} cannot be at the given positions, unless these are relative to the "
        "head: transform them to the head's frame_id before publishing"
    )
