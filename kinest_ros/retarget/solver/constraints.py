# SPDX-License-Identifier: Apache-2.0
"""Inequalities of a step: links apart, soles above the floor, the weight over the feet."""

from __future__ import annotations

import mujoco
import numpy as np

from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.collisions import MARGIN, REACH, CollisionPairs
from kinest_ros.retarget.solver.coordinates import Coordinates
from kinest_ros.retarget.solver.settings import RetargetSettings
from kinest_ros.retarget.targets.targets import Targets

#: Share of a pair's free distance that one frame may use up.
_APPROACH = 0.5
#: m, below which a corner of a sole is watched.
_NEAR_FLOOR = 0.06
#: What rows of soles and of the weight count beside those of distances.
_SOLE, _WEIGHT = 3.0, 1.0
#: m, the most that one step is asked to make good of links that overlap, of a sole under the floor
#: and of a weight beside the feet. Asked for all of it at once, the whole robot is thrown about.
_PUSH, _LIFT, _SHIFT = 0.01, 0.02, 0.002
#: Share of the distance to the feet's middle within which the weight is kept.
_INSIDE = 0.85


class Constraints:
    """Rows x >= least of a step, in metres."""

    def __init__(
        self, robot: Robot, coordinates: Coordinates, settings: RetargetSettings, floor: bool
    ) -> None:
        """Choose.

        Args:
            robot: whose.
            coordinates: what is moved.
            settings: which of them are wanted.
            floor: the feet are moved, and the base with them.
        """
        self._model, self._coordinates = robot.model, coordinates
        moving = {robot.joints[index] for index in coordinates.joints}
        moving |= {c.follower for c in robot.couplings.values() if c.leader in moving}
        self._pairs = CollisionPairs(robot, moving) if settings.self_collision else None
        self._legs = robot.parts.legs if floor else ()
        self._balance = settings.balance
        self._root = robot.parts.root_body
        self._corners = [
            (limb.end_body, limb.sole.corners) for limb in self._legs if limb.sole is not None
        ]
        self._scratch = np.zeros((3, robot.model.nv))
        self._turning = np.zeros((3, robot.model.nv))
        self._closest: tuple[float, int] = (np.inf, -1)
        self._none = np.zeros((0, coordinates.count)), np.zeros(0)

    def closest(self) -> tuple[float, tuple[str, str]]:
        """Return distance (m) and links of the nearest pair at the last call of `apart`."""
        distance, index = self._closest
        if index < 0 or self._pairs is None:
            return np.inf, ("", "")
        return distance, self._pairs.names(index)

    def apart(self, data: mujoco.MjData) -> tuple[np.ndarray, np.ndarray]:
        """Return rows (m, count) and their least values (m,) that keep links apart.

        Args:
            data: kinematics of the robot as it is.
        """
        self._closest = (np.inf, -1)
        found = self._pairs.near(data) if self._pairs is not None else []
        if not found or self._pairs is None:
            return self._none
        index, distance, _ = min(found, key=lambda pair: pair[1])
        self._closest = (distance, index)
        rows = self._coordinates.reduce(self._pairs.rows(data, found))
        return rows, np.array([_approach(distance) for _, distance, _ in found])

    def grounded(self, data: mujoco.MjData, targets: Targets) -> tuple[np.ndarray, np.ndarray]:
        """Return rows (m, count) and their least values (m,) of soles and of the weight over them.

        Args:
            data: kinematics of the robot as it is.
            targets: of the frame.
        """
        parts: list[np.ndarray] = []
        least: list[float] = []
        for body, corners in self._corners:
            rotation = data.xmat[body].reshape(3, 3)
            away = corners @ rotation.T
            heights = data.xpos[body][2] + away[:, 2]
            if heights.min() > _NEAR_FLOOR:
                continue
            mujoco.mj_jacBody(self._model, data, self._scratch, self._turning, body)
            # A corner at r from the body's origin rises at v_z + w_x r_y - w_y r_x.
            rows = (
                self._scratch[2] + away[:, 1:2] * self._turning[0] - away[:, :1] * self._turning[1]
            )
            parts.append(_SOLE * rows)
            least += (_SOLE * np.minimum(-heights, _LIFT)).tolist()
        if self._balance and len(targets.soles) == 2 and min(s.hold for s in targets.soles) > 0.5:
            rows, values = self._weight_over_feet(data)
            parts.append(rows)
            least += values
        if not parts:
            return self._none
        return self._coordinates.reduce(np.concatenate(parts)), np.array(least)

    def _weight_over_feet(self, data: mujoco.MjData) -> tuple[np.ndarray, list[float]]:
        """Keep the centre of mass between the edges of what the soles span."""
        corners = np.concatenate(
            [
                data.xpos[body] + corners @ data.xmat[body].reshape(3, 3).T
                for body, corners in self._corners
            ]
        )[:, :2]
        middle = corners.mean(axis=0)
        mujoco.mj_jacSubtreeCom(self._model, data, self._scratch, self._root)
        centre = data.subtree_com[self._root][:2]
        directions = _AROUND
        # How far the soles reach in each direction, a little less to be on the safe side.
        reach = _INSIDE * ((corners - middle) @ directions.T).max(axis=0)
        room = reach - directions @ (centre - middle)
        tight = room < 0.03
        rows = -_WEIGHT * directions[tight] @ self._scratch[:2]
        return rows, list(_WEIGHT * np.minimum(-room[tight], _SHIFT))


_ANGLES = np.arange(8) * (np.pi / 4.0)
_AROUND = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])


def _approach(distance: float) -> float:
    """Return the least change of a pair's distance in a step, m: slow near the margin."""
    free = distance - MARGIN
    if free < 0.0:
        return min(-0.5 * free, _PUSH)
    return -_APPROACH * free * (1.0 + free / (REACH - MARGIN))
