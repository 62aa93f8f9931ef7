# SPDX-License-Identifier: Apache-2.0
"""Where the robot's world lies in the human's: a turn about the vertical and a shift."""

from __future__ import annotations

import numpy as np

from kinest_ros.retarget.targets.human import PELVIS, Human


class Alignment:
    """Takes bodies from the human's world into the robot's; heights stay."""

    def __init__(self) -> None:
        """Begin with one and the same world."""
        self._turn = np.eye(3)
        self._shift = np.zeros(3)

    def align(self, human: Human, place: np.ndarray, heading: float, scale: float) -> None:
        """Choose the turn and shift that put a human where the robot stands.

        Args:
            human: as they stand now; Z up, m.
            place: (2,) m, x and y of the robot in its world.
            heading: rad about z, from the world's x axis to where the robot looks.
            scale: length of the robot's leg divided by the human's.
        """
        forward = human.rotations[PELVIS][:, 2]
        turned = heading - float(np.arctan2(forward[1], forward[0]))
        cos, sin = np.cos(turned), np.sin(turned)
        self._turn = np.array(((cos, -sin, 0.0), (sin, cos, 0.0), (0.0, 0.0, 1.0)))
        here = self._turn @ human.positions[PELVIS]
        # Positions are scaled about the robot's origin later on.
        self._shift = np.array((place[0] / scale - here[0], place[1] / scale - here[1], 0.0))

    def reset(self) -> None:
        """Go back to one and the same world."""
        self._turn, self._shift = np.eye(3), np.zeros(3)

    def apply(self, human: Human) -> Human:
        """Return a body in the robot's world."""
        return Human(
            human.positions @ self._turn.T + self._shift,
            self._turn @ human.rotations,
            human.contacts,
        )
