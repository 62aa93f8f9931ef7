# SPDX-License-Identifier: Apache-2.0
"""How much of what the robot lags behind its targets one frame makes good.

Asked for all of it in each frame, joints that are smoothed overshoot and ring. Asked to move as
the targets move, and for a share of the lag, they do not, and they follow at no constant lag.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

#: s, in which the lag falls to 37 %.
TIME = 0.058
#: Share of the pelvis's lag that is made good at once: legs and waist hang on it.
PELVIS = 0.15


class CatchingUp:
    """Says for each row of a stack how much lag a frame leaves."""

    def __init__(self, feet: Sequence[np.ndarray], pelvis: np.ndarray) -> None:
        """Know the rows.

        Args:
            feet: rows of each foot, of its turn and its place.
            pelvis: rows of its turn; none where the base stands still.
        """
        self._feet, self._pelvis = feet, pelvis

    def left(self, lag: np.ndarray, holds: Sequence[float], dt: float) -> np.ndarray:
        """Return what is left (r,) of a weighted lag (r,) after a frame of dt seconds.

        Args:
            lag: what the robot, as it is, lacks of the last frame's targets.
            holds: 0 to 1, how much each foot stands; one that stands is not to lag.
            dt: s.
        """
        left = math.exp(-dt / TIME) * lag
        for rows, hold in zip(self._feet, holds, strict=False):
            left[rows] *= 1.0 - hold
        left[self._pelvis] *= 1.0 - PELVIS
        return np.asarray(left)
