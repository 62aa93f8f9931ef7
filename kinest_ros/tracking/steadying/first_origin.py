# SPDX-License-Identifier: Apache-2.0
"""Tells whether trackers that were away for a while are back at the origin that they had at first.

A recentring moves the origin, and the floor is kept where it was below the person. When the
headset's program is started again, poses come from its first origin, and nobody sees that jump:
nothing was tracked meanwhile. What tells is the height of a head that is held upright. Of the two
heights that it may have, over the floor of the start and over the floor since the recentring, only
one is that of a wearer who stands, and it is not the one that the recentring left.
"""

from __future__ import annotations

#: Cosine of the head's tilt (25 degrees) down to which it is held upright.
UPRIGHT = 0.9
#: m that the head of somebody who stands may be from where a straight skeleton has it. Lower, since
#: knees are soft and statures are estimated, more than higher.
LOWER, HIGHER = 0.12, 0.06
#: m over the head of a straight skeleton that no head is: heels, a jump.
ABOVE = 0.25
#: m that the two heights must differ by at least, where both are possible: who sits down has the
#: head half a metre lower.
APART = 0.6
#: m over the floor in which a head is at the least, lying down.
LOWEST = 0.05


def at_first_origin(height: float, moved: float, standing: float, upright: float) -> bool:
    """Return whether a head that comes back is over the floor of the start.

    Args:
        height: over the floor since the recentrings, m.
        moved: how far these raised the origin's heights in all, m: over the floor of the start,
            the head is as much higher.
        standing: height of the head joint of the wearer who stands, m.
        upright: cosine of the angle between the head link's z axis and the vertical.
    """
    first = height + moved
    if moved == 0.0 or not LOWEST < first < standing + HIGHER:
        return False
    if not LOWEST < height < standing + ABOVE:
        return True
    return upright >= UPRIGHT and first > standing - LOWER and abs(moved) >= APART
