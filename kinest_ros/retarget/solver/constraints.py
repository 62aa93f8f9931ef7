# SPDX-License-Identifier: Apache-2.0
"""Inequalities of a step: links apart, soles above the floor, the weight over the feet."""

from __future__ import annotations

import mujoco
import numpy as np

from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.closing_in import ClosingIn, braking_way
from kinest_ros.retarget.solver.collisions import MARGIN, REACH, CollisionPairs
from kinest_ros.retarget.solver.coordinates import Coordinates
from kinest_ros.retarget.solver.jacobians import Jacobians
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
#: m, within which links are looked at that may overlap.
_TOUCHING = 0.001
#: Share of the distance to the feet's middle within which the weight is kept.
_INSIDE = 0.85


class Constraints:
    """Rows x >= least of a step, in metres."""

    def __init__(
        self,
        robot: Robot,
        coordinates: Coordinates,
        jacobians: Jacobians,
        settings: RetargetSettings,
        floor: bool,
    ) -> None:
        """Choose.

        Args:
            robot: whose.
            coordinates: what is moved.
            jacobians: of the robot.
            settings: which of them are wanted.
            floor: the feet are moved, and the base with them.
        """
        self._jacobians = jacobians
        moving = {robot.joints[index] for index in coordinates.joints}
        moving |= {c.follower for c in robot.couplings.values() if c.leader in moving}
        self._pairs = CollisionPairs(robot, moving, jacobians) if settings.self_collision else None
        self._legs = robot.parts.legs if floor else ()
        self._balance = settings.balance
        self._root = robot.parts.root_body
        soles = [(limb.end_body, limb.sole.corners) for limb in self._legs if limb.sole is not None]
        self._feet = np.array([body for body, _ in soles], int)
        self._corners = np.array([corners for _, corners in soles] or np.zeros((0, 4, 3)))
        self._corners_mask = jacobians.moved_by(np.repeat(self._feet, self._corners.shape[1]))
        self._rising = np.zeros((len(self._corners_mask), 6))
        self._rising[:, 5] = _SOLE
        self._closest: tuple[float, int] = (np.inf, -1)
        self._closing = ClosingIn()
        self._none = np.zeros((0, coordinates.count)), np.zeros(0)

    def closest(self) -> tuple[float, tuple[str, str]]:
        """Return distance (m) and links of the nearest pair at the last call of `apart`."""
        distance, index = self._closest
        if index < 0 or self._pairs is None:
            return np.inf, ("", "")
        return distance, self._pairs.names(index)

    def reset(self) -> None:
        """Forget how links moved."""
        self._closing.reset()

    def apart(self, data: mujoco.MjData, dt: float) -> tuple[np.ndarray, np.ndarray]:
        """Return rows (m, count) and their least values (m,) that keep links apart.

        Args:
            data: kinematics of the robot as it is.
            dt: s that the frame takes.
        """
        self._closest = (np.inf, -1)
        found = self._pairs.near(data, closing=self._closing) if self._pairs is not None else []
        if not found or self._pairs is None:
            return self._none
        index, distance, _ = min(found, key=lambda pair: pair[1])
        self._closest = (distance, index)
        return self._pairs.rows(found), np.array([_approach(pair[1], dt) for pair in found])

    def overlap(self, data: mujoco.MjData) -> float:
        """Return how deep (m) those of the links are in each other that are so most; 0 if none."""
        found = self._pairs.near(data, _TOUCHING) if self._pairs is not None else []
        return max([0.0, *(-distance for _, distance, _ in found)])

    def grounded(self, data: mujoco.MjData, targets: Targets) -> tuple[np.ndarray, np.ndarray]:
        """Return rows (m, count) and their least values (m,) of soles and of the weight over them.

        Args:
            data: kinematics of the robot as it is.
            targets: of the frame.
        """
        if not len(self._feet):
            return self._none
        axes = data.xmat[self._feet].reshape(-1, 3, 3)
        corners = data.xpos[self._feet][:, None] + self._corners @ axes.transpose(0, 2, 1)
        heights = corners[:, :, 2]
        near = heights.min(axis=1) < _NEAR_FLOOR
        rows, least = self._none
        if near.any():
            away = corners.reshape(-1, 3) - self._jacobians.centre
            # A corner at r from the centre rises at v_z + w_x r_y - w_y r_x.
            self._rising[:, 0], self._rising[:, 1] = _SOLE * away[:, 1], -_SOLE * away[:, 0]
            rows = self._jacobians.rows(self._rising, self._corners_mask)
            least = _SOLE * np.minimum(-heights.reshape(-1), _LIFT)
            if not near.all():
                kept = np.repeat(near, corners.shape[1])
                rows, least = rows[kept], least[kept]
        if self._balance and len(targets.soles) == 2 and min(s.hold for s in targets.soles) > 0.5:
            weight = self._weight_over_feet(data, corners.reshape(-1, 3)[:, :2])
            if weight is not None:
                rows = np.concatenate([rows, weight[0]])
                least = np.concatenate([least, weight[1]])
        return rows, least

    def _weight_over_feet(
        self, data: mujoco.MjData, corners: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Keep the centre of mass between the edges of what the soles' corners (c, 2) span."""
        middle = corners.sum(axis=0) / len(corners)
        # How far the soles reach in each direction, a little less to be on the safe side.
        reach = _INSIDE * ((corners - middle) @ _ACROSS).max(axis=0)
        room = reach - (data.subtree_com[self._root][:2] - middle) @ _ACROSS
        tight = room < 0.03
        if not tight.any():
            return None
        moves = self._jacobians.of_weight(data, self._root)
        rows = -_WEIGHT * _ACROSS.T[tight] @ moves[:2]
        return rows, _WEIGHT * np.minimum(-room[tight], _SHIFT)


_ANGLES = np.arange(8) * (np.pi / 4.0)
#: (2, 8) directions all round.
_ACROSS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)])


def _approach(distance: float, dt: float) -> float:
    """Return the least change of a pair's distance in a step, m: slow near the margin."""
    free = distance - MARGIN
    if free < 0.0:
        return min(-0.5 * free, _PUSH)
    return -min(_APPROACH * free * (1.0 + free / (REACH - MARGIN)), braking_way(free, dt))
