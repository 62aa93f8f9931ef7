# SPDX-License-Identifier: Apache-2.0
"""The coordinates that the solver moves: the base, and joints that follow no other."""

from __future__ import annotations

import numpy as np

from kinest_ros.retarget.robot.robot import UNLIMITED, Robot

MODES = ("whole", "upper")


class Coordinates:
    """Which velocities are free, and how MuJoCo's follow from them.

    Attributes:
        base: 6 where the base is free, else 0; it comes first.
        joints: (k,) indices into the robot's joints, of those that are driven.
        count: base + k.
        matrix: (nv, count) MuJoCo's velocities of the free ones; None where columns suffice.
        columns: (count,) MuJoCo's velocity of each free one.
        lower: (k,) limits in rad or m, those of their followers taken into account.
        upper: (k,) likewise.
    """

    def __init__(self, robot: Robot, mode: str = "whole") -> None:
        """Choose.

        Args:
            robot: whose.
            mode: "whole", or "upper" for waist, arms and head over a base that stands still.
        """
        model, parts = robot.model, robot.parts
        self.base = 6 if robot.floating and mode == "whole" else 0
        driven = {joint for limb in parts.arms for joint in limb.joints}
        driven |= set(parts.waist) | set(parts.head)
        legs = {joint for limb in parts.legs for joint in limb.joints}
        # Below a trunk that is the root, the waist carries the legs, which stand still.
        if mode == "upper" and parts.legs and parts.chest_body == parts.root_body:
            driven -= set(parts.waist)
        if mode == "whole":
            driven |= legs
        followers = set(robot.couplings)
        index = {joint: i for i, joint in enumerate(robot.joints)}
        # A joint that leads a driven one is driven in its place.
        for joint in list(driven & followers):
            leader = robot.couplings[joint].leader
            driven.discard(joint)
            if leader >= 0:
                driven.add(leader)
        self.joints = np.array(sorted(index[joint] for joint in driven), int)
        self.count = self.base + len(self.joints)
        dofs = robot.dof_addresses[self.joints]
        self.columns = np.concatenate([np.arange(self.base), dofs]).astype(int)
        self.lower, self.upper = robot.lower[self.joints].copy(), robot.upper[self.joints].copy()
        self.qpos = robot.qpos_addresses[self.joints]
        self._followers: list[tuple[int, int, float, float]] = []
        matrix = np.zeros((model.nv, self.count))
        matrix[self.columns, np.arange(self.count)] = 1.0
        plain = True
        place = {joint: i for i, joint in enumerate(self.joints)}
        for coupling in robot.couplings.values():
            follower = index.get(coupling.follower)
            leader = index.get(coupling.leader, -1)
            if follower is None or leader not in place:
                continue
            k = place[leader]
            matrix[robot.dof_addresses[follower], self.base + k] = coupling.factor
            plain = False
            if abs(coupling.factor) > 1e-9:
                ends = np.array((robot.lower[follower], robot.upper[follower]))
                if np.abs(ends).max() < UNLIMITED:
                    low, high = np.sort((ends - coupling.offset) / coupling.factor)
                    self.lower[k] = max(self.lower[k], low)
                    self.upper[k] = min(self.upper[k], high)
        self.matrix = None if plain else matrix
        self.upper = np.maximum(self.upper, self.lower)

    def reduce(self, jacobian: np.ndarray) -> np.ndarray:
        """Return a Jacobian (r, nv) in the free velocities (r, count)."""
        if self.matrix is None:
            return np.take(jacobian, self.columns, axis=1)
        return np.asarray(jacobian @ self.matrix)

    def expand(self, step: np.ndarray, nv: int) -> np.ndarray:
        """Return MuJoCo's velocities (nv,) of free ones (count,)."""
        if self.matrix is None:
            full = np.zeros(nv)
            full[self.columns] = step
            return full
        return np.asarray(self.matrix @ step)


def follow(robot: Robot, qpos: np.ndarray) -> None:
    """Put coupled joints where their leaders have them, in place."""
    for coupling in robot.couplings.values():
        value = coupling.offset
        if coupling.leader >= 0:
            value += coupling.factor * qpos[robot.model.jnt_qposadr[coupling.leader]]
        qpos[robot.model.jnt_qposadr[coupling.follower]] = value
