# SPDX-License-Identifier: Apache-2.0
"""Arms that grow to hands which they do not reach, slowly and bounded.

Of whom only the stature is known, the arms are those of the average person of that stature, and
real arm spans differ from that by some percent. Hands that are again and again
farther from their shoulders than the arms are long tell that these are too short. What the arms
follow is a high quantile of how long they would have to be while they are nearly straight, since
shoulders are predicted and somewhat off, now too near and now too far. Arms that are too long show
in nothing but elbows that bend more than they should, so the factor never falls below one.
"""

from __future__ import annotations

import math

import numpy as np

from kinest_ros.body.joints import left_and_right

_SHOULDERS, _ELBOWS, _WRISTS = (left_and_right(name) for name in ("shoulder", "elbow", "wrist"))
_BONES = np.r_[_ELBOWS, _WRISTS]
#: The longest that arms grow, as a factor: arm spans of nineteen in twenty adults lie within 8 %
#: of the default skeleton's.
MOST = 1.10
#: Per s, how fast arms grow while a hand is out of reach (3 cm/s at the wrist).
GROWTH = 0.05
#: Share of the nearly straight moments in which the arm may stay too short.
SHORT_SHARE = 0.1
#: An arm tells its length while it would have to be longer than this share of it.
STRAIGHT = 0.95
#: No arm has to be longer than this share of it: the shoulder is elsewhere, or the hand let go.
IMPLAUSIBLE = 1.2
#: s, that the arms' length follows with, so that it neither starts nor stops with a jerk.
SMOOTHING = 0.5
#: Changes of the factor that nobody sees: 0.05 mm at the wrist.
_LEAST = 1e-4


class ArmGrowth:
    """By how much the arms are longer than those of the skeleton that was assumed.

    Attributes:
        factor: their length over that of the skeleton's, in [1, MOST].
        known: whether the skeleton's arms are right, so that they stay.
    """

    def __init__(self, tick_rate: float, known: bool = False) -> None:
        """Start with arms as they are; where they are known to be right they stay so."""
        self._tick = 1.0 / tick_rate
        self.known = known
        self._offsets: np.ndarray | None = None
        self._arms: list[float] = []
        self.start(1.0)

    def start(self, factor: float) -> None:
        """Begin with arms that much longer, within [1, MOST], as an earlier session found."""
        self._quantile = self.factor = min(max(factor, 1.0), MOST)

    def look(
        self, positions: np.ndarray, targets: np.ndarray, met: np.ndarray, offsets: np.ndarray
    ) -> None:
        """Take a tick.

        Args:
            positions: (22, 3) of the joints before the arms were moved onto the hands, m.
            targets: (2, 3) where the wrists are, left and right, m; anything where not met.
            met: (2,) bool.
            offsets: (22, 3) rest offsets of the skeleton that was assumed, m.
        """
        if self.known:
            return
        needed = 0.0
        if offsets is not self._offsets:
            self._offsets = offsets
            lengths = np.linalg.norm(offsets, axis=-1)
            self._arms = (lengths[_ELBOWS] + lengths[_WRISTS]).tolist()
        shoulders, hands = positions[_SHOULDERS].tolist(), targets.tolist()
        for shoulder, hand, arm, seen in zip(
            shoulders, hands, self._arms, met.tolist(), strict=True
        ):
            if not seen:
                continue
            share = math.dist(shoulder, hand) / arm
            if share < IMPLAUSIBLE:
                needed = max(needed, share)
        if needed > self._quantile:
            self._quantile = min(self._quantile + GROWTH * (1.0 - SHORT_SHARE) * self._tick, MOST)
        elif needed > STRAIGHT * self._quantile:
            self._quantile = max(self._quantile - GROWTH * SHORT_SHARE * self._tick, 1.0)
        left = self._quantile - self.factor
        if abs(left) > _LEAST:
            self.factor += left * self._tick / SMOOTHING

    def grown(self, offsets: np.ndarray) -> np.ndarray:
        """Return rest offsets (22, 3) with arms as long as they are now; the same if they are."""
        if self.factor == 1.0:
            return offsets
        longer = offsets.copy()
        longer[_BONES] *= self.factor
        return longer
