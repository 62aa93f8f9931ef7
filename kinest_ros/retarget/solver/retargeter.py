# SPDX-License-Identifier: Apache-2.0
"""Bodies in, robot poses out, frame after frame."""

from __future__ import annotations

import time

import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.constraints import Constraints
from kinest_ros.retarget.solver.coordinates import Coordinates
from kinest_ros.retarget.solver.jacobians import Jacobians
from kinest_ros.retarget.solver.limits import shared_velocity, velocity_window
from kinest_ros.retarget.solver.posture import Posture
from kinest_ros.retarget.solver.program import solve_step
from kinest_ros.retarget.solver.robot_pose import RobotPose
from kinest_ros.retarget.solver.settings import RetargetSettings
from kinest_ros.retarget.solver.smoothing import smoothing
from kinest_ros.retarget.solver.tasks import TaskStack
from kinest_ros.retarget.solver.unwinding import arm_watchers, unwound
from kinest_ros.retarget.targets.ahead import Ahead
from kinest_ros.retarget.targets.human import Human
from kinest_ros.retarget.targets.proportions import Proportions
from kinest_ros.retarget.targets.targets import TargetMaker, Targets

#: Steps of the first frame, from home; collisions count in the second half. rad or m a step.
_FIRST_STEPS, _FIRST_STEP = 80, 0.12
#: Most velocity and acceleration of the base: m/s, rad/s, m/s^2, rad/s^2.
_BASE_VELOCITY = np.array([6.0] * 3 + [14.0] * 3)
_BASE_ACCELERATION = np.array([80.0] * 3 + [250.0] * 3)
#: s, of the longest frame that is taken at once, and of the shortest.
_LONGEST, _SHORTEST = 0.1, 1e-3


class Retargeter:
    """Poses a robot after a human. What it returns depends on the bodies and their stamps alone."""

    def __init__(self, robot: Robot, settings: RetargetSettings | None = None) -> None:
        """Prepare.

        Args:
            robot: to pose.
            settings: the default ones if None.

        Raises:
            KinestError: nothing of the robot can be driven so.
        """
        self.robot, self.settings = robot, settings or RetargetSettings()
        upper = self.settings.mode == "upper" or not robot.parts.legs
        if upper and not robot.parts.arms:
            raise KinestError(f"mode upper: {robot.name} has no arms")
        self.coordinates = Coordinates(robot, "upper" if upper else "whole")
        self.proportions = Proportions(robot)
        self._base = self.coordinates.base
        self._ahead = Ahead(self.proportions.forward, stays=not self._base)
        jacobians = Jacobians(robot, self.coordinates)
        self._tasks = TaskStack(
            robot, self.proportions, self.settings.weights, jacobians, self._base > 0, upper
        )
        self._maker = TargetMaker(
            self.proportions, self.settings.arms, self.settings.foot_lock, not upper
        )
        self._constraints = Constraints(
            robot, self.coordinates, jacobians, self.settings, self._base > 0
        )
        self._posture = Posture(robot, self.coordinates, jacobians)
        self._qpos_addresses, self._dof_addresses = robot.qpos_addresses, robot.dof_addresses
        self._data, self.home = self._posture.data, self._posture.home
        limit = np.minimum(robot.velocity, self.settings.max_velocity)
        self.velocity_limit = limit
        joints = self.coordinates.joints
        shared = shared_velocity(robot, joints, limit)
        self._most = np.concatenate([_BASE_VELOCITY[: self._base], shared])
        self._acceleration = np.full(self.coordinates.count, self.settings.max_acceleration)
        self._acceleration[: self._base] = _BASE_ACCELERATION[: self._base]
        # The base may go anywhere.
        self._lower = np.concatenate([np.full(self._base, -1e6), self.coordinates.lower])
        self._upper = np.concatenate([np.full(self._base, 1e6), self.coordinates.upper])
        self._place = np.zeros(self.coordinates.count)
        self._rest = self.home[self.coordinates.qpos]
        weights = self.settings.weights
        self._smooth = smoothing(robot, self.coordinates, weights)
        self._diagonal = self._smooth + weights.posture**2 + weights.damping**2
        self._diagonal[: self._base] = (self._smooth + weights.base_damping**2)[: self._base]
        self._arms = arm_watchers(
            robot, self.coordinates, self._most, self.settings.max_acceleration
        )
        self.reset()

    def reset(self) -> None:
        """Start anew with the next body."""
        self._maker.reset()
        self._constraints.reset()
        self._velocity: np.ndarray | None = None
        self._stamp_ns = 0
        self._posture.go_home()
        self._ahead.reset()
        self._tasks.reset()
        for arm in self._arms:
            arm.reset()

    def continue_at(self, stamp_ns: int) -> None:
        """Go on where it is with a next body whose stamp is of another clock."""
        self._stamp_ns = max(stamp_ns - 16_666_667, 1)

    def start_at(self, joints: np.ndarray) -> None:
        """Start from a robot whose joints are known: it moves from there within its limits.

        Args:
            joints: (n,) rad or m, in tree order.
        """
        self.reset()
        self._posture.put_all(joints)
        self._velocity = np.zeros(self.coordinates.count)

    @property
    def qpos(self) -> np.ndarray:
        """MuJoCo's coordinates of the last pose."""
        return self._data.qpos.copy()

    @property
    def most_velocity(self) -> np.ndarray:
        """Most velocity (k,) of the driven joints, per second."""
        return self._most[self._base :].copy()

    @property
    def targets(self) -> Targets:
        """Of the last frame."""
        return self._tasks.aimed

    def step(self, human: Human, stamp_ns: int) -> RobotPose:
        """Return the robot's pose for a body.

        Args:
            human: the body; the floor is at height zero.
            stamp_ns: its time. One that is not later than the last starts anew.

        Raises:
            KinestError: a body that is not finite.
        """
        begin = time.thread_time()
        if not human.finite:
            raise KinestError(
                "the body has NaN, infinite values, or matrices that are not rotations"
            )
        dt = (stamp_ns - self._stamp_ns) * 1e-9
        if self._velocity is not None and self._stamp_ns and dt <= 0.0:
            self.reset()
        human = self._ahead.apply(human)
        if self._velocity is None or not self._stamp_ns:
            self._first(human)
            dt = 1.0 / 60.0
        dt = min(max(dt, _SHORTEST), _LONGEST)
        self._stamp_ns = stamp_ns
        velocity = self._follow(human, dt)
        return self._pose(stamp_ns, velocity, (time.thread_time() - begin) * 1e3)

    def _follow(self, human: Human, dt: float) -> np.ndarray:
        """Take the frame's steps; return the velocity (count,) that came of them."""
        data, coordinates, base = self._data, self.coordinates, self._base
        assert self._velocity is not None
        before = self._velocity
        self._posture.kinematics()
        targets = self._maker.make(human, self._tasks.feet(data), dt)
        self._tasks.aim(targets, data, dt)
        for arm in self._arms:
            arm.watch(data, targets, dt)
        self._tasks.leave_out({arm.side for arm in self._arms if arm.under_way})
        positions = self._posture.driven
        self._place[base:] = positions
        low, high = velocity_window(
            self._place, before, self._lower, self._upper, self._most, self._acceleration, dt
        )
        low, high = low * dt, high * dt
        moved = np.zeros(coordinates.count)
        # Which links are near each other, and how, does not change much within a frame.
        pairs, apart = self._constraints.apart(data, dt)
        for index in range(self.settings.steps):
            if index:
                self._posture.kinematics()
            floor, over = self._constraints.grounded(data, targets)
            rows = np.concatenate([pairs, floor])
            least = np.concatenate([apart - pairs @ moved, over])
            bounds = low - moved, high - moved
            step = self._solve(bounds, moved, before * dt, rows, least, dt)
            if step is None:
                # Nothing found: go on as slowly as the limits allow.
                step = np.clip(-moved, *bounds)
            self._posture.move(step)
            moved = moved + step
        self._posture.settle(positions, moved)
        self._velocity = moved / dt
        return self._velocity

    def _solve(
        self,
        bounds: tuple[np.ndarray, np.ndarray],
        moved: np.ndarray,
        expected: np.ndarray,
        rows: np.ndarray,
        least: np.ndarray,
        dt: float,
    ) -> np.ndarray | None:
        """Return one step (count,) within bounds.

        Args:
            bounds: (count,) least and most of the step.
            moved: (count,) what earlier steps of the frame did.
            expected: (count,) what the frame would do at the last velocity.
            rows: (m, count) of inequalities.
            least: (m,) of them.
            dt: s of the frame.
        """
        weights, coordinates, base = self.settings.weights, self.coordinates, self._base
        diagonal = self._diagonal
        residual, jacobian = self._tasks.evaluate(self._data)
        linear = self._smooth * (expected - moved)
        linear[base:] += weights.posture**2 * (self._rest - self._data.qpos[coordinates.qpos])
        for arm in self._arms:
            if arm.under_way:
                pull, wanted = arm.pull(self._data, moved, dt)
                diagonal = diagonal.copy()
                diagonal[arm.columns] += pull
                linear[arm.columns] += pull * wanted
        low, high = bounds
        high = np.maximum(high, low)
        return solve_step(jacobian, residual, diagonal, linear, low, high, rows, least)

    def _first(self, human: Human) -> None:
        """Come from home, or from where joints are known to be, to the first body's place."""
        data, coordinates = self._data, self.coordinates
        known, joints = self._velocity is not None, self._posture.driven
        if self._base:
            self._posture.face(human, self.proportions.leg / 0.8)
        self._posture.kinematics()
        # No foot stands before the robot is where the human is.
        human = Human(human.positions, human.rotations, np.zeros(2))
        free, still = np.full(coordinates.count, _FIRST_STEP), np.zeros(coordinates.count)
        for index in range(_FIRST_STEPS):
            self._posture.kinematics()
            targets = self._maker.make(human, self._tasks.feet(data), 1.0)
            self._tasks.aim(targets)
            if index == _FIRST_STEPS // 2 and not known:
                unwound(self._arms, self._posture, targets, self._constraints.overlap)
            # Known joints stay: only the base goes to where the human is.
            low, high = -free, free.copy()
            low[self._base :] = np.maximum(
                low[self._base :], coordinates.lower - data.qpos[coordinates.qpos]
            )
            high[self._base :] = np.minimum(
                high[self._base :], coordinates.upper - data.qpos[coordinates.qpos]
            )
            if known:
                low[self._base :] = high[self._base :] = 0.0
            rows, least = self._constraints.grounded(data, targets)
            if index >= _FIRST_STEPS // 2:
                pairs, apart = self._constraints.apart(data, _LONGEST)
                rows, least = np.concatenate([pairs, rows]), np.concatenate([apart, least])
            step = self._solve((low, high), still, still, rows, least, 1.0)
            if step is None:
                break
            self._posture.move(step)
            if np.abs(step).max() < 1e-4 and index > _FIRST_STEPS // 2:
                break
        if known:
            self._posture.put(joints)
        self._velocity = np.zeros(coordinates.count)
        self._maker.reset()
        self._constraints.reset()

    def _pose(self, stamp_ns: int, velocity: np.ndarray, milliseconds: float) -> RobotPose:
        robot, qpos, base = self.robot, self._data.qpos, self._base
        full = self.coordinates.expand(velocity, robot.model.nv)
        if robot.free_base:
            place, quaternion = qpos[:3].copy(), qpos[[4, 5, 6, 3]]
        else:
            body = robot.parts.root_body
            place, quaternion = self._data.xpos[body].copy(), self._data.xquat[body][[1, 2, 3, 0]]
        joints, driven = qpos[self._qpos_addresses], self.coordinates.joints
        at_end = (joints < robot.lower + 1e-4) | (joints > robot.upper - 1e-4)
        fast = np.abs(velocity[base:]) > 0.999 * self._most[base:]
        distance, pair = self._constraints.closest()
        return RobotPose(
            stamp_ns=stamp_ns,
            base_position=place,
            base_rotation=quaternion,
            base_linear=full[:3].copy() if base else np.zeros(3),
            base_angular=full[3:6].copy() if base else np.zeros(3),
            joints=joints,
            velocities=full[self._dof_addresses],
            standing=tuple(self._maker.standing) if base else (),
            milliseconds=milliseconds,
            limits_hit=int(np.count_nonzero(at_end[driven] | fast)),
            closest=distance,
            closest_pair=pair,
            worst_error=self._tasks.worst(),
        )
