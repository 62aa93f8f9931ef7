# SPDX-License-Identifier: Apache-2.0
"""Pairs of links that may touch, and the rows that keep them apart."""

from __future__ import annotations

import math

import mujoco
import numpy as np

from kinest_ros.retarget.robot.extent import HEIGHTS, PLANE
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.closing_in import ClosingIn
from kinest_ros.retarget.solver.coordinates import follow
from kinest_ros.retarget.solver.jacobians import Jacobians

#: m, at which a pair begins to count, and what is kept free.
REACH, MARGIN = 0.04, 0.01
#: Share of random postures in which a pair that always touches touches.
_ALWAYS = 0.6
#: m, by which the distance of a pair has to change for it to matter.
_MOVES = 0.005
_TRIALS = 60
#: Geoms below this size (bounding radius, m) are markers, not links.
_TINY = 0.012


class CollisionPairs:
    """Which geoms may come near each other, found once; and how near they are."""

    def __init__(self, robot: Robot, moving: set[int], jacobians: Jacobians) -> None:
        """Choose the pairs.

        Args:
            robot: whose.
            moving: ids of the joints that the solver moves.
            jacobians: of the robot.
        """
        self._model = model = robot.model
        geoms = link_geoms(robot)
        group = {geom: int(model.body_weldid[model.geom_bodyid[geom]]) for geom in geoms}
        limb_of = _limb_of_bodies(robot)
        pairs = []
        for i, first in enumerate(geoms):
            for second in geoms[i + 1 :]:
                one, other = group[first], group[second]
                if one == other or _neighbours(model, one, other):
                    continue
                # Neither within a limb nor within the trunk do links reach each other.
                if limb_of.get(one, -1) == limb_of.get(other, -1):
                    continue
                if not _moves_between(model, one, other, moving):
                    continue
                pairs.append((first, second))
        self._pairs = np.array(pairs, int).reshape(-1, 2)
        self._drop_touching(robot)
        self._each = [(int(first), int(second)) for first, second in self._pairs]
        self._radii = model.geom_rbound[self._pairs].sum(axis=1)
        self._bodies = model.geom_bodyid[self._pairs]
        self._reaches = np.full(len(self._pairs), REACH)
        self._fromto = np.zeros(6)
        self._jacobians = jacobians
        self._masks = np.subtract(*(jacobians.moved_by(side) for side in self._bodies.T))
        self._names = [
            (model.body(int(first)).name, model.body(int(second)).name)
            for first, second in self._bodies
        ]

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self._pairs)

    def names(self, index: int) -> tuple[str, str]:
        """Return the links of a pair."""
        return self._names[index]

    def _drop_touching(self, robot: Robot) -> None:
        """Leave out pairs that touch whatever the posture: their shapes overlap by design."""
        model, random = self._model, np.random.default_rng(0)
        data = mujoco.MjData(model)
        hits, farthest = np.zeros(len(self._pairs)), np.full(len(self._pairs), -np.inf)
        nearest = np.full(len(self._pairs), np.inf)
        low, high = np.maximum(robot.lower, -np.pi), np.minimum(robot.upper, np.pi)
        for _ in range(_TRIALS):
            data.qpos[:] = model.qpos0
            data.qpos[robot.qpos_addresses] = random.uniform(low, np.maximum(high, low))
            follow(robot, data.qpos)
            mujoco.mj_kinematics(model, data)
            for index, (first, second) in enumerate(self._pairs):
                distance = mujoco.mj_geomDistance(model, data, first, second, 0.2, None)
                hits[index] += distance < MARGIN
                nearest[index] = min(nearest[index], distance)
                farthest[index] = max(farthest[index], distance)
        moves = farthest - nearest > _MOVES
        self._pairs = self._pairs[(hits < _ALWAYS * _TRIALS) & moves]

    def near(
        self, data: mujoco.MjData, reach: float = REACH, closing: ClosingIn | None = None
    ) -> list[tuple[int, float, list[float]]]:
        """Return index, distance (m) and the two nearest points (6,) of pairs within reach.

        The distance is negative where they overlap; the points are in the world.

        Args:
            data: kinematics.
            reach: m.
            closing: what says of which pairs to look farther.
        """
        if not len(self._pairs):
            return []
        places = data.geom_xpos
        apart = places[self._pairs[:, 0]] - places[self._pairs[:, 1]]
        flat = np.einsum("ni,ni->n", apart, apart)
        reaches = self._reaches if reach == REACH else np.full(len(flat), reach)
        if closing is not None:
            reaches = reaches + closing.look_ahead(np.sqrt(flat))
        close = np.flatnonzero(flat < (self._radii + reaches) ** 2)
        found = []
        for index, far in zip(close.tolist(), reaches[close].tolist(), strict=True):
            first, second = self._each[index]
            distance = mujoco.mj_geomDistance(self._model, data, first, second, far, self._fromto)
            if distance < far:
                found.append((index, distance, self._fromto.tolist()))
        return found

    def rows(self, found: list[tuple[int, float, list[float]]]) -> np.ndarray:
        """Return Jacobians (n, count) of the distances of near pairs."""
        wrenches = []
        a, b, c = self._jacobians.centre.tolist()
        for _, distance, (x, y, z, *other) in found:
            u, v, w = x - other[0], y - other[1], z - other[2]
            length = math.sqrt(u * u + v * v + w * w)
            # Where they overlap, the nearest points lie beyond each other.
            scale = 0.0 if length < 1e-9 else 1.0 / length if distance > 0.0 else -1.0 / length
            u, v, w = scale * u, scale * v, scale * w
            x, y, z = x - a, y - b, z - c
            # Both points lie on the normal, so that both links have the same moment.
            wrenches.append((y * w - z * v, z * u - x * w, x * v - y * u, u, v, w))
        mask = self._masks[[index for index, _, _ in found]]
        return self._jacobians.rows(np.array(wrenches), mask)


def link_geoms(robot: Robot) -> list[int]:
    """Return the geoms that stand for the robot's links: of collision, or else all it has."""
    model = robot.model
    root = robot.parts.root_body
    chosen = []
    for body in range(1, model.nbody):
        if model.body_rootid[body] != model.body_rootid[root]:
            continue
        own = [
            geom
            for geom in range(
                model.body_geomadr[body], model.body_geomadr[body] + model.body_geomnum[body]
            )
            if int(model.geom_type[geom]) not in (PLANE, HEIGHTS)
            and model.geom_rbound[geom] > _TINY
        ]
        solid = [g for g in own if model.geom_contype[g] or model.geom_conaffinity[g]]
        chosen += solid or own
    return chosen


def _limb_of_bodies(robot: Robot) -> dict[int, int]:
    """Return by body (of a rigid piece) the limb that carries it."""
    model = robot.model
    limb_of = {}
    for index, limb in enumerate((*robot.parts.legs, *robot.parts.arms)):
        roots = {int(model.jnt_bodyid[joint]) for joint in limb.joints}
        for body in range(1, model.nbody):
            above = body
            while above and above not in roots:
                above = int(model.body_parentid[above])
            if above:
                limb_of[int(model.body_weldid[body])] = index
    return limb_of


def _neighbours(model: mujoco.MjModel, one: int, other: int) -> bool:
    above_one = int(model.body_weldid[model.body_parentid[one]])
    above_other = int(model.body_weldid[model.body_parentid[other]])
    return above_one == other or above_other == one


def _moves_between(model: mujoco.MjModel, one: int, other: int, moving: set[int]) -> bool:
    """Return whether a joint that is moved lies between two pieces."""

    def path(body: int) -> list[int]:
        found = []
        while body:
            found.append(body)
            body = int(model.body_parentid[body])
        return found

    first, second = path(one), path(other)
    between = set(first) ^ set(second)
    return any(
        joint in moving
        for body in between
        for joint in range(
            model.body_jntadr[body], model.body_jntadr[body] + model.body_jntnum[body]
        )
    )
