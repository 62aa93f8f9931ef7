# SPDX-License-Identifier: Apache-2.0
"""Brings arms back that are wound up: at an end of a range, far from where they are to point.

Small steps never leave such a posture. Other postures of the arm are tried by themselves, a few
steps a frame; where one is far better, the arm goes there within its limits and follows again.
"""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np

from kinest_ros.retarget.robot.parts import Limb
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.arm_chain import ArmAim, ArmChain
from kinest_ros.retarget.solver.coordinates import Coordinates
from kinest_ros.retarget.solver.limits import braking_speed
from kinest_ros.retarget.solver.posture import Posture
from kinest_ros.retarget.targets.targets import Targets

#: Squared residual from which an arm is far off (12 degrees of one bone, about), and for how long.
OFF, PATIENCE = 0.045, 0.12
#: Share of the residual that a posture worth going to may have.
BETTER = 0.25
#: Postures that are tried, steps a frame, and frames that they are given.
_TRIED, _STEPS, _FRAMES = 12, 2, 6
#: s between two searches, and the longest way to a posture.
_PAUSE, _LONGEST = 0.4, 0.8
#: rad: nearer it is the same posture; nearer it has arrived.
_SAME, _THERE = 0.7, 0.15
#: rad, within which a joint is at an end of its range.
AT_END = 0.02
#: Share of the greatest velocity that is used, and how much the way counts beside other targets.
_SPEED, _PULL = 0.8, 2.0


class Unwinding:
    """Watches one arm."""

    def __init__(
        self, robot: Robot, coordinates: Coordinates, side: int, most: np.ndarray, rate: float
    ) -> None:
        """Prepare.

        Args:
            robot: whose arm.
            coordinates: what is moved.
            side: 0 for the left arm, 1 for the right one.
            most: (count,) velocity of all that is moved.
            rate: rad/s^2, most acceleration.

        Raises:
            ValueError: an arm that moves otherwise than by hinges of its own.
        """
        limb: Limb = robot.parts.arms[side]
        self.side = side
        self._base = limb.base_body
        self._chain = ArmChain(robot.model, limb)
        place = {robot.joints[j]: k for k, j in enumerate(coordinates.joints)}
        leaders = {coupling.leader for coupling in robot.couplings.values()}
        if any(j not in place or j in leaders for j in self._chain.joints):
            raise ValueError("an arm with coupled joints")
        self._places = np.array([place[j] for j in self._chain.joints])
        #: Columns of the step that move the arm.
        self.columns = coordinates.base + self._places
        self._qpos = coordinates.qpos[self._places]
        self._most, self._rate = _SPEED * most[self.columns], rate
        low, high = self._chain.lower, self._chain.upper
        random = np.random.default_rng(7)
        seeds = random.uniform(0.85 * low, 0.85 * high, (_TRIED, len(low)))
        seeds[0] = np.clip(0.0, low, high)
        self._seeds = np.clip(seeds, low, high)
        self.reset()

    def reset(self) -> None:
        """Forget what was seen."""
        self._off = self._since = 0.0
        self._tried: np.ndarray | None = None
        self._count = 0
        self._goal: np.ndarray | None = None

    @property
    def under_way(self) -> bool:
        """Whether the arm goes to another posture instead of following."""
        return self._goal is not None

    def watch(self, data: mujoco.MjData, targets: Targets, dt: float) -> None:
        """Look at the arm as it is, before the steps of a frame.

        Args:
            data: kinematics.
            targets: of the frame.
            dt: s since the last one.
        """
        angles = data.qpos[self._qpos]
        self._since += dt
        if self._goal is None and self._tried is None and not self._at_an_end(angles):
            self._off = 0.0
            return
        aim = self._aim(data, targets)
        if self._goal is not None:
            self._goal = self._chain.improve(self._goal[None], aim, 1)[0]
            if np.abs(self._goal - angles).max() < _THERE or self._since > _LONGEST:
                self._goal, self._since, self._off = None, 0.0, 0.0
        elif self._tried is not None:
            self._tried = self._chain.improve(self._tried, aim, _STEPS)
            self._count += 1
            if self._count >= _FRAMES:
                self._choose(self._tried, angles, aim)
                self._tried = None
        else:
            off = self._chain.cost_now(data, aim)
            self._off = self._off + dt if off > OFF else 0.0
            if self._off > PATIENCE and self._since > _PAUSE:
                self._tried, self._count = self._seeds, 0

    def first(self, data: mujoco.MjData, targets: Targets) -> bool:
        """Put an arm that came from home into a far better posture, if there is one.

        Args:
            data: kinematics; the arm's joints are changed in it.
            targets: of the first frame.

        Returns:
            Whether the arm was put elsewhere.
        """
        aim = self._aim(data, targets)
        if self._chain.cost_now(data, aim) < OFF:
            return False
        tried = self._chain.improve(self._seeds, aim, _STEPS * _FRAMES)
        self._choose(tried, data.qpos[self._qpos], aim)
        goal, self._goal = self._goal, None
        if goal is not None:
            data.qpos[self._qpos] = goal
        return goal is not None

    def _aim(self, data: mujoco.MjData, targets: Targets) -> ArmAim:
        return ArmAim(
            data.xmat[self._base].reshape(3, 3),
            targets.frames[2 + self.side][:, 0],
            targets.frames[6 + self.side][:, 0],
            targets.hands[self.side],
        )

    def _at_an_end(self, angles: np.ndarray) -> bool:
        chain = self._chain
        return bool(min((angles - chain.lower).min(), (chain.upper - angles).min()) < AT_END)

    def _choose(self, tried: np.ndarray, angles: np.ndarray, aim: ArmAim) -> None:
        self._since = 0.0
        now = float(self._chain.cost(angles[None], aim)[0])
        cost = self._chain.cost(tried, aim)
        far = np.abs(tried - angles).max(axis=1)
        # Of postures that are alike good the nearest, and one with room to its ranges' ends.
        room = np.minimum(tried - self._chain.lower, self._chain.upper - tried).min(axis=1)
        worth = cost + 0.005 * far + 0.05 * (room < 0.05)
        worth[far < _SAME] = np.inf
        best = int(worth.argmin())
        if cost[best] < BETTER * now and np.isfinite(worth[best]) and now > OFF:
            self._goal = tried[best]

    def pull(self, data: mujoco.MjData, moved: np.ndarray, dt: float) -> tuple[float, np.ndarray]:
        """Return how much the way counts, squared, and the step (k,) that it wants now.

        Args:
            data: the robot as it is.
            moved: (count,) what earlier steps of the frame did.
            dt: s of the frame.
        """
        assert self._goal is not None
        away = self._goal - (data.qpos[self._qpos] - moved[self.columns])
        speed = np.minimum(braking_speed(np.abs(away), self._rate, dt), self._most)
        return _PULL * _PULL, np.sign(away) * speed * dt - moved[self.columns]


def arm_watchers(
    robot: Robot, coordinates: Coordinates, most: np.ndarray, rate: float
) -> list[Unwinding]:
    """Return what watches the robot's arms; arms that cannot be are left out."""
    found = []
    for side in range(len(robot.parts.arms)):
        try:
            found.append(Unwinding(robot, coordinates, side, most, rate))
        except ValueError:
            continue
    return found


def unwound(
    arms: list[Unwinding],
    posture: Posture,
    targets: Targets,
    overlap: Callable[[mujoco.MjData], float],
) -> None:
    """Put arms right that small steps from home have wound up, before the first frame.

    Args:
        arms: of the robot.
        posture: of the robot; changed.
        targets: of the first frame.
        overlap: m, how deep links are in each other, given kinematics. An arm that would be put
            into the body deeper than it is stays where it came to: from inside it finds no way out.
    """
    for arm in arms:
        before, deep = posture.data.qpos.copy(), overlap(posture.data)
        if arm.first(posture.data, targets):
            posture.kinematics()
            if overlap(posture.data) > deep:
                posture.data.qpos[:] = before
                posture.kinematics()
