# SPDX-License-Identifier: Apache-2.0
"""Residuals of the targets and their Jacobians, all in one stack of rows."""

from __future__ import annotations

import math

import mujoco
import numpy as np

from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.catching_up import CatchingUp
from kinest_ros.retarget.solver.hand_turning import HandTurning
from kinest_ros.retarget.solver.jacobians import Jacobians
from kinest_ros.retarget.solver.rotation_vectors import rotation_vectors
from kinest_ros.retarget.solver.weights import Weights
from kinest_ros.retarget.targets.proportions import LINK_FROM_SMPL, Proportions
from kinest_ros.retarget.targets.targets import Targets

#: Share of the weight that the roll of a sole keeps where no ankle joint rolls it.
_NO_ROLL = 0.1

_UNIT = np.eye(3)
#: (3, 9) takes a place r into rows r x x, r x y, r x z.
_MOMENTS = np.cross(_UNIT[:, None], _UNIT[None]).reshape(3, 9)
#: Where a frame's rotations are put together, by name.
_POOL = {"pelvis": 0, "chest": 1, "head": 2, "bone": 3, "hand": 11, "foot": 13}

#: Share of the weight that the heading of a standing sole has: a hip that turns no farther does
#: not turn the pelvis away.
HEADING = 0.3
#: Weighted length of what an arm is asked for (rad of a direction, times its weight), from which
#: its rows count less: an arm held up at the end of a range pulls at chest and pelvis with no
#: more than a bounded force.
HELD_UP = 0.5
#: Share of the weight that the place of a hand has where the arm has no wrist.
NO_WRIST = 0.6


class TaskStack:
    """Evaluates what the robot lacks of its targets.

    Rotations come first, three rows each: pelvis, chest, head, four upper bones, four lower ones,
    two hands, two feet, as far as the robot has them. Then places: hips, hands, ankles.
    """

    def __init__(
        self,
        robot: Robot,
        proportions: Proportions,
        weights: Weights,
        jacobians: Jacobians,
        base: bool,
        upper: bool,
    ) -> None:
        """Choose the rows.

        Args:
            robot: whose.
            proportions: of the robot.
            weights: of the rows.
            jacobians: of the robot.
            base: whether the base is free.
            upper: only waist, arms and head.
        """
        parts, has = robot.parts, proportions.has
        self._jacobians = jacobians
        legs, arms = bool(has[0]) and not upper, bool(has[2])
        limbs = proportions.limbs
        bodies: list[int] = []
        locals_: list[np.ndarray] = []
        self._slots: list[tuple[str, int]] = []
        row_weights: list[tuple[float, float, float]] = []

        def rotation(name: str, index: int, body: int, frame: np.ndarray, *weight: float) -> None:
            self._slots.append((name, index))
            bodies.append(body)
            locals_.append(frame)
            row_weights.append((weight[0], weight[-1], weight[-1]))

        if base:
            rotation("pelvis", 0, parts.pelvis_body, proportions.pelvis_from_human, weights.pelvis)
        if parts.waist and parts.chest_body != parts.pelvis_body and (not upper or arms):
            rotation("chest", 0, parts.chest_body, proportions.chest_from_human, weights.chest)
        if parts.head_body is not None:
            rotation("head", 0, parts.head_body, proportions.head_from_human, weights.head)
        for index, limb in enumerate(limbs):
            if limb is None or (index < 2 and not legs):
                continue
            arm = index >= 2
            twist, swing = (
                (weights.arm_twist, weights.arm) if arm else (weights.leg_twist, weights.leg)
            )
            rotation("bone", index, limb.upper_body, limb.upper_from_human, twist, swing)
            swing = weights.forearm if arm else weights.shank
            rotation("bone", index + 4, limb.lower_body, limb.lower_from_human, 0.0, swing)
            if arm and limb.beyond_hinge:
                rotation(
                    "hand", index - 2, limb.end_body, limb.end_from_human, weights.hand_rotation
                )
        self._feet = [limb for limb in limbs[:2] if limb is not None] if legs else []
        for index, limb in enumerate(self._feet):
            foot = limb.end_from_human @ LINK_FROM_SMPL.T
            rotation("foot", index, limb.end_body, foot, 1.0)
        # A foot that cannot roll does not drag the leg about for the sake of a flat sole.
        self._rolls = [1.0 if len(limb.distal) > 1 else _NO_ROLL for limb in self._feet]
        # A shin on a point foot turns with the leg.
        self._turns = [1.0 if limb.distal else 0.0 for limb in self._feet]
        self._arms = [limb for limb in limbs[2:] if limb is not None] if arms else []
        self._bodies = np.array(bodies, int)
        self._locals = np.array(locals_).reshape(-1, 3, 3)
        self._row_weights = np.array(row_weights).reshape(-1, 3)
        self._count = count = len(bodies)
        self._pool = np.array([_POOL[name] + index for name, index in self._slots], int)
        self._hand_slots = [
            (row, side) for row, (name, side) in enumerate(self._slots) if name == "hand"
        ]
        self._hand_turning = HandTurning(weights.hand_rotation, weights.hand_whirl)
        self._bones = [row for row, (name, _) in enumerate(self._slots) if name == "bone"]
        self._base = base
        self._weights = weights
        # Places: hips, wrists, ankles; then the shoulders, from which wrists are counted.
        points = [(parts.pelvis_body, proportions.hips_in_pelvis)] if base else []
        points += [(limb.wrist_body, limb.wrist_in_body) for limb in self._arms]
        points += [(limb.end_body, limb.held_in_end) for limb in self._feet]
        self._places = len(points)
        points += [(limb.upper_body, limb.root_in_upper) for limb in self._arms]
        self._point_bodies = np.array([body for body, _ in points], int)
        self._point_locals = np.array([place for _, place in points]).reshape(-1, 3, 1)
        first = 1 if base else 0
        self._wrists = slice(first, first + len(self._arms))
        self._ankles = slice(first + len(self._arms), self._places)
        self._point_weights = np.full(len(points), weights.hand)
        self._point_weights[:first] = weights.hips
        # An arm without a wrist has no joint to spare: directions are not to suffer.
        for row, limb in enumerate(self._arms, first):
            if not limb.beyond_hinge:
                self._point_weights[row] *= NO_WRIST
        self._goals = np.zeros((self._places, 3))
        every = np.concatenate([self._bodies, self._point_bodies])
        self._mask = jacobians.moved_by(np.repeat(every, 3))
        self._wrenches = np.zeros((3 * (count + len(points)), 6))
        self._residual = np.zeros(3 * (count + self._places))
        self._targets, self._frames = np.zeros((15, 3, 3)), np.zeros((15, 3, 3))
        self._feet_bodies = np.array([limb.end_body for limb in self._feet], int)
        self._feet_points = np.array([limb.end_in_end for limb in self._feet]).reshape(-1, 3, 1)
        self._feet_axes = np.array(
            [limb.end_from_human @ LINK_FROM_SMPL.T for limb in self._feet]
        ).reshape(-1, 3, 3)
        #: (f, 3) m, of the points that are held from the ankles, in foot axes.
        self._held = [
            (limb.held_in_end - limb.end_in_end) @ axes
            for limb, axes in zip(self._feet, self._feet_axes, strict=True)
        ]
        self._rows_of_arm = [self._arm_rows(side) for side in range(len(self._arms))]
        self._left_out: list[np.ndarray] = []
        self._catching_up = CatchingUp(
            [
                self._rows(("foot", side), side + self._ankles.start)
                for side in range(len(self._feet))
            ],
            self._rows(("pelvis", 0)),
        )
        self._lag: np.ndarray | float = 0.0

    def reset(self) -> None:
        """Start anew: the next targets follow no others, and no arm is left out."""
        self._hand_turning.reset()
        self.leave_out(set())

    def feet(self, data: mujoco.MjData) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return ankle (3,) and axes (3, 3) forward, left, up of the feet as they are."""
        if not self._feet:
            return []
        axes = data.xmat[self._feet_bodies].reshape(-1, 3, 3)
        ankles = data.xpos[self._feet_bodies] + (axes @ self._feet_points)[:, :, 0]
        return list(zip(ankles, axes @ self._feet_axes, strict=True))

    def aim(self, targets: Targets, data: mujoco.MjData | None = None, dt: float = 0.0) -> None:
        """Take up a frame's targets.

        Args:
            targets: of the frame.
            data: kinematics of the robot as it is, which may go on lagging a little behind; None:
                all is to be made good at once.
            dt: s since the last targets.
        """
        if data is None:
            self._lag = 0.0
        else:
            self._off(data)
            holds = [sole.hold for sole in targets.soles[: len(self._feet)]]
            self._lag = self._catching_up.left(self._residual, holds, dt)
        weights, own, pool = self._row_weights, self._weights, self._targets
        pool[0], pool[1], pool[2] = targets.pelvis, targets.chest, targets.head
        pool[3:11], pool[11:13] = targets.bones, targets.hand_rotations
        for index, sole in enumerate(targets.soles):
            pool[13 + index] = sole.rotation
        self._frames[:] = pool
        self._frames[3:11] = targets.frames
        turning = self._hand_turning.weights(targets.hand_rotations, dt)
        for row, side in self._hand_slots:
            weights[row] = turning[side]
        first = self._count - len(self._feet)
        for index, sole in enumerate(targets.soles[: len(self._feet)]):
            weight = (own.foot + sole.hold * (own.sole - own.foot)) * self._turns[index]
            weights[first + index] = (
                weight * self._rolls[index],
                weight,
                weight * (1.0 - sole.hold * (1.0 - HEADING)),
            )
            place = self._ankles.start + index
            self._point_weights[place] = own.ankle + sole.hold * (own.standing - own.ankle)
            self._goals[place] = sole.position + sole.rotation @ self._held[index]
        if self._base:
            self._goals[0] = targets.hips
        self._hands = targets.hands[: len(self._arms)]
        self.aimed = targets
        self._turned = pool[self._pool]
        # Rows along the bone's direction and across it, each with its weight.
        self._shown = self._frames[self._pool]
        self._weighted = weights[:, :, None] * self._shown.transpose(0, 2, 1)
        self._wrenches[: 3 * self._count, :3] = self._weighted.reshape(-1, 3)
        forces = self._wrenches[3 * self._count :, 3:].reshape(-1, 3, 3)
        forces[:] = self._point_weights[:, None, None] * _UNIT

    def leave_out(self, sides: set[int]) -> None:
        """Take no account of arms (0 left, 1 right) that are on a way of their own."""
        self._left_out = [self._rows_of_arm[side] for side in sides]

    def _arm_rows(self, side: int) -> np.ndarray:
        wanted = ("bone", 2 + side), ("bone", 6 + side), ("hand", side)
        return self._rows(*wanted, self._wrists.start + side)

    def _rows(self, *parts: tuple[str, int] | int) -> np.ndarray:
        """Return the rows of turns, by their slots, and of places, by their numbers."""
        wanted = {part for part in parts if isinstance(part, tuple)}
        first = [row for row, slot in enumerate(self._slots) if slot in wanted]
        first += [self._count + part for part in parts if isinstance(part, int)]
        return (3 * np.array(first, int)[:, None] + np.arange(3)).reshape(-1)

    def _off(self, data: mujoco.MjData) -> np.ndarray:
        """Put together the weighted residual; return where its points are (p, 3), m."""
        turns, residual = 3 * self._count, self._residual
        current = data.xmat[self._bodies].reshape(-1, 3, 3) @ self._locals
        self._vectors = rotation_vectors(self._turned @ current.transpose(0, 2, 1))
        residual[:turns] = (self._weighted @ self._vectors[:, :, None]).reshape(-1)
        axes = data.xmat[self._point_bodies].reshape(-1, 3, 3)
        points = data.xpos[self._point_bodies] + (axes @ self._point_locals)[:, :, 0]
        if self._arms:
            self._goals[self._wrists] = points[self._places :] + self._hands
        off = self._goals - points[: self._places]
        residual[turns:] = (self._point_weights[: self._places, None] * off).reshape(-1)
        return np.asarray(points)

    def evaluate(self, data: mujoco.MjData) -> tuple[np.ndarray, np.ndarray]:
        """Return weighted residual (r,), less the lag that may stay, and Jacobian (r, count).

        Args:
            data: kinematics of the robot as it is; the Jacobians have them too.
        """
        turns, places = 3 * self._count, 3 * self._places
        points = self._off(data)
        weights = self._point_weights[:, None]
        moments = (weights * (points - self._jacobians.centre)) @ _MOMENTS
        self._wrenches[turns:, :3] = moments.reshape(-1, 3)
        every = self._jacobians.rows(self._wrenches, self._mask)
        jacobian = every[: turns + places]
        if self._arms:
            wrists = slice(turns + 3 * self._wrists.start, turns + 3 * self._wrists.stop)
            jacobian[wrists] -= every[turns + places :]
        residual = self._residual - self._lag
        for rows in self._rows_of_arm:
            off = math.sqrt(residual[rows] @ residual[rows])
            if off > HELD_UP:
                share = math.sqrt(HELD_UP / off)
                residual[rows] *= share
                jacobian[rows] *= share
        for rows in self._left_out:
            residual[rows] = 0.0
            jacobian[rows] = 0.0
        return residual, jacobian

    def worst(self) -> float:
        """Return the largest angle, rad, by which a bone's direction was off before the step."""
        if not self._bones:
            return 0.0
        # In a bone's own frame the direction is the first axis: turns about it do not count.
        own = (self._shown.transpose(0, 2, 1) @ self._vectors[:, :, None])[self._bones, 1:, 0]
        return float(np.sqrt(np.einsum("ni,ni->n", own, own).max()))
