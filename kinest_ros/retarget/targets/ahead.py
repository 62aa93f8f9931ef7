# SPDX-License-Identifier: Apache-2.0
"""The human as a base that stays sees them: the pelvis looks where the base looks."""

from __future__ import annotations

import math

import numpy as np

from kinest_ros.retarget.targets.human import PELVIS, Human

#: Horizontal share of the hips' axis, under which it says nothing about the heading.
_FLAT = 0.3


class Ahead:
    """Takes the heading out of bodies; remembers it while a body lies on its side."""

    def __init__(self, forward: np.ndarray, stays: bool = True) -> None:
        """Take up the direction (3,) in which the base looks, and whether it stays where it is."""
        self._stays = stays
        self._heading = math.atan2(forward[1], forward[0])
        self.reset()

    def reset(self) -> None:
        """Forget the heading."""
        self._turn = np.eye(3)

    def apply(self, human: Human) -> Human:
        """Return a body that looks where the base looks; one that goes along stays as it is."""
        if not self._stays:
            return human
        # The hips' axis stays level when people bend forward; their belly does not look ahead.
        x, y = human.rotations[PELVIS, :2, 0].tolist()
        if math.hypot(x, y) > _FLAT:
            turn = self._heading - math.atan2(-x, y)
            cos, sin = math.cos(turn), math.sin(turn)
            self._turn = np.array(((cos, -sin, 0.0), (sin, cos, 0.0), (0.0, 0.0, 1.0)))
        return Human(human.positions @ self._turn.T, self._turn @ human.rotations, human.contacts)
