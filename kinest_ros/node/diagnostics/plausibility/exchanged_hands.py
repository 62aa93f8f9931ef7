# SPDX-License-Identifier: Apache-2.0
"""The left controller in the right hand, and the reverse."""

from __future__ import annotations

import numpy as np

from kinest_ros.node.diagnostics.plausibility.window import LENGTH_NS, Window

#: Hands lower than this share of the head's height hang: arms that are folded, or crossed to reach
#: something, are higher.
LOW = 0.69
#: m, how far one hand is on the other's side to say something: while the arms hang, and while the
#: wearer may sit, with hands that lie across in the lap.
ACROSS, ACROSS_SITTING = 0.15, 0.25
#: m, farther than that nobody keeps crossed hands apart, wherever they are: in four hours of motion
#: of all kinds for 0.4 s at the longest.
WIDE = 0.4
#: Cosine of the tilt of a head that is upright.
UPRIGHT = 0.5
#: m, a head this high belongs to somebody who stands; one this high at least to somebody who sits.
STANDING, SITTING = 1.25, 0.9
#: s for which it must have been so, the share of them for which it may have been otherwise, and the
#: share that is still remembered after a window.
NEEDED, CONTRARY, MEMORY = 2.0, 0.15, 0.9


class ExchangedHands:
    """Sums up for how long hands are on their own side of the head, and on the other."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._exchanged = self._usual = 0.0

    def __call__(self, window: Window) -> str | None:
        """Take a window in; return what is wrong, if hands have been exchanged for a while."""
        both = window.both
        # What lies, or is read wrongly, has no sides.
        if window.height < SITTING or np.median(window.up) < UPRIGHT or not both.any():
            return None
        across = window.hands[:, 0] - window.hands[:, 1]
        apart = across[:, 1] * np.cos(window.yaw) - across[:, 0] * np.sin(window.yaw)
        low = window.hands[..., 2].max(axis=-1) - window.floor < LOW * window.height
        least = ACROSS if window.height > STANDING else ACROSS_SITTING
        length = LENGTH_NS * 1e-9
        across_here = ((apart < -least) & low) | (apart < -WIDE)
        exchanged = length * float(np.mean(across_here & both))
        usual = length * float(np.mean((apart > ACROSS) & both))
        self._exchanged = MEMORY * self._exchanged + exchanged
        self._usual = MEMORY * self._usual + usual
        # They may just have been exchanged, or back: what was before says nothing any more.
        if usual > exchanged:
            self._exchanged = 0.0
        elif exchanged > 0.7 * length and not usual:
            self._usual = 0.0
        if self._exchanged < NEEDED or self._usual > CONTRARY * self._exchanged:
            return None
        return (
            "left_hand is on the right side of the head, and right_hand on the left: they are "
            "exchanged; exchange the devices or their topics, or calibrate, which corrects it"
        )
