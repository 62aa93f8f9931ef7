# SPDX-License-Identifier: Apache-2.0
"""Jacobians of many rows at once: one product with MuJoCo's motion axes, one mask."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np

from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.coordinates import Coordinates


class Jacobians:
    """How links turn and points move with the free velocities.

    A row asks for one number: of a link that turns at w and whose point at the centre moves at v,
    moment . w + force . v. A point at r from the centre moves at v + w x r, so along some force
    it asks for the moment r x force. All rows are one product with the axes of the joints, and a
    mask says which joints move the row's link.
    """

    def __init__(self, robot: Robot, coordinates: Coordinates) -> None:
        """Find which joints move which link."""
        self._model, self._coordinates = robot.model, coordinates
        model = robot.model
        self._tree = int(model.body_rootid[robot.parts.root_body])
        moves = np.zeros((model.nbody, model.nv))
        for body in range(1, model.nbody):
            moves[body] = moves[model.body_parentid[body]]
            first = int(model.body_dofadr[body])
            if model.body_dofnum[body]:
                moves[body, first : first + int(model.body_dofnum[body])] = 1.0
        self._matrix = coordinates.matrix
        self._plain = self._matrix is None
        self._moves = moves[:, coordinates.columns] if self._plain else moves
        self._axes = np.zeros((6, self._moves.shape[1]))
        self._whole = np.zeros((3, model.nv))
        #: (3,) m, the point that moments are about.
        self.centre = np.zeros(3)

    def update(self, data: mujoco.MjData) -> None:
        """Take up the kinematics of the robot as it is."""
        axes = data.cdof[self._coordinates.columns] if self._plain else data.cdof
        self._axes[:] = axes.T
        self.centre = data.subtree_com[self._tree].copy()

    def moved_by(self, bodies: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return a mask (r, .) of rows that ask about bodies (r,)."""
        return np.asarray(self._moves[bodies])

    def rows(self, wrenches: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Return rows (r, count).

        Args:
            wrenches: (r, 6) moments about the centre and forces.
            mask: (r, .) of `moved_by`, or differences of two.
        """
        found = wrenches @ self._axes
        found *= mask
        return found if self._matrix is None else np.asarray(found @ self._matrix)

    def of_weight(self, data: mujoco.MjData, body: int) -> np.ndarray:
        """Return how the centre of mass of a body's subtree moves, (3, count)."""
        mujoco.mj_jacSubtreeCom(self._model, data, self._whole, body)
        return self._coordinates.reduce(self._whole)
