# SPDX-License-Identifier: Apache-2.0
"""The robot as it is: MuJoCo's coordinates, moved by the solver's steps."""

from __future__ import annotations

import mujoco
import numpy as np

from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.coordinates import Coordinates, follow
from kinest_ros.retarget.solver.jacobians import Jacobians
from kinest_ros.retarget.targets.human import Human


class Posture:
    """Where a robot is, and its kinematics.

    Attributes:
        data: MuJoCo's.
        home: (nq,) the resting posture: zero, or as near to it as the ranges are.
    """

    def __init__(self, robot: Robot, coordinates: Coordinates, jacobians: Jacobians) -> None:
        """Begin at home."""
        self._robot, self._coordinates, self._jacobians = robot, coordinates, jacobians
        self.data = mujoco.MjData(robot.model)
        home = robot.model.qpos0.copy()
        home[robot.qpos_addresses] = np.clip(0.0, robot.lower, robot.upper)
        follow(robot, home)
        self.home = np.asarray(home)

    def go_home(self) -> None:
        """Rest."""
        self.data.qpos[:] = self.home

    @property
    def driven(self) -> np.ndarray:
        """(k,) positions of the driven joints, a copy."""
        return np.asarray(self.data.qpos[self._coordinates.qpos])

    def put(self, values: np.ndarray) -> None:
        """Put the driven joints (k,), and those that follow them."""
        self.data.qpos[self._coordinates.qpos] = values
        if self._robot.couplings:
            follow(self._robot, self.data.qpos)

    def put_all(self, joints: np.ndarray) -> None:
        """Put all joints (n,) in tree order, as far as their ranges go."""
        values = np.clip(joints, self._robot.lower, self._robot.upper)
        self.data.qpos[self._robot.qpos_addresses] = values
        follow(self._robot, self.data.qpos)

    def kinematics(self) -> None:
        """Bring places, axes and Jacobians up to date."""
        mujoco.mj_kinematics(self._robot.model, self.data)
        mujoco.mj_comPos(self._robot.model, self.data)
        self._jacobians.update(self.data)

    def move(self, step: np.ndarray) -> None:
        """Go a step (count,)."""
        model = self._robot.model
        full = self._coordinates.expand(step, model.nv)
        mujoco.mj_integratePos(model, self.data.qpos, full, 1.0)

    def settle(self, positions: np.ndarray, moved: np.ndarray) -> None:
        """Put the joints exactly where the steps lead, within their ranges.

        Args:
            positions: (k,) of the driven joints before the frame.
            moved: (count,) what its steps did.
        """
        coordinates = self._coordinates
        values = positions + moved[coordinates.base :]
        self.put(np.minimum(np.maximum(values, coordinates.lower), coordinates.upper))
        if coordinates.base:
            qpos = self.data.qpos
            qpos[3:7] /= np.sqrt(qpos[3:7] @ qpos[3:7])

    def face(self, human: Human, scale: float) -> None:
        """Put the base at the human's heading, and at their place times a scale."""
        forward = human.rotations[0][:, 2]
        heading = float(np.arctan2(forward[1], forward[0]))
        turned = np.array((np.cos(heading / 2.0), 0.0, 0.0, np.sin(heading / 2.0)))
        own = self._robot.parts.facing[:, 0]
        offset = -float(np.arctan2(own[1], own[0]))
        mujoco.mju_mulQuat(
            self.data.qpos[3:7],
            turned,
            np.array((np.cos(offset / 2.0), 0.0, 0.0, np.sin(offset / 2.0))),
        )
        self.data.qpos[:2] = scale * human.positions[0, :2]
