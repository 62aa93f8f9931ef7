# SPDX-License-Identifier: Apache-2.0
"""Residuals of the targets and their Jacobians, all in one stack of rows."""

from __future__ import annotations

import mujoco
import numpy as np

from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.weights import Weights
from kinest_ros.retarget.targets.proportions import LINK_FROM_SMPL, Proportions
from kinest_ros.retarget.targets.targets import Targets

#: Share of the weight that the roll of a sole keeps where no ankle joint rolls it.
_NO_ROLL = 0.1

#: Share of the weight that the heading of a standing sole has: a hip that turns no farther does
#: not turn the pelvis away.
HEADING = 0.3


class TaskStack:
    """Evaluates what the robot lacks of its targets.

    Rotations come first, three rows each: pelvis, chest, head, four upper bones, four lower ones,
    two hands, two feet, as far as the robot has them. Then places: hips, hands, ankles.
    """

    def __init__(
        self, robot: Robot, proportions: Proportions, weights: Weights, base: bool, upper: bool
    ) -> None:
        """Choose the rows.

        Args:
            robot: whose.
            proportions: of the robot.
            weights: of the rows.
            base: whether the base is free.
            upper: only waist, arms and head.
        """
        parts, has = robot.parts, proportions.has
        self._model = robot.model
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
        self._rolls = [1.0 if len(limb.beyond_hinge) > 1 else _NO_ROLL for limb in self._feet]
        self._arms = [limb for limb in limbs[2:] if limb is not None] if arms else []
        self._bodies = np.array(bodies, int)
        self._locals = np.array(locals_).reshape(-1, 3, 3)
        self._row_weights = np.array(row_weights).reshape(-1, 3)
        self._count = len(bodies)
        self._bones = [row for row, (name, _) in enumerate(self._slots) if name == "bone"]
        self._base = base
        self._hips_body, self._hips = parts.pelvis_body, proportions.hips_in_pelvis
        self._weights = weights
        places = (1 if base else 0) + len(self._arms) + len(self._feet)
        nv = robot.model.nv
        self._jacobian = np.zeros((3 * (self._count + places), nv))
        self._residual = np.zeros(3 * (self._count + places))
        self._scratch = np.zeros((3, nv))
        self._unused = np.zeros((3, nv))
        self._targets = np.zeros((self._count, 3, 3))
        self._frames = np.zeros((self._count, 3, 3))
        self._foot_first = self._count - len(self._feet)
        self._rows_of_arm = [self._arm_rows(side) for side in range(len(self._arms))]
        self._left_out: list[np.ndarray] = []

    def feet(self, data: mujoco.MjData) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return ankle (3,) and axes (3, 3) forward, left, up of the feet as they are."""
        found = []
        for limb in self._feet:
            axes = data.xmat[limb.end_body].reshape(3, 3)
            foot = axes @ limb.end_from_human @ LINK_FROM_SMPL.T
            found.append((data.xpos[limb.end_body] + axes @ limb.end_in_end, foot))
        return found

    def aim(self, targets: Targets) -> None:
        """Take up a frame's targets."""
        weights = self._row_weights
        for row, (name, index) in enumerate(self._slots):
            frame = None
            if name == "bone":
                value, frame = targets.bones[index], targets.frames[index]
            elif name == "hand":
                value = targets.hand_rotations[index]
            elif name == "foot":
                value = targets.soles[index].rotation
                hold = targets.soles[index].hold
                weights[row] = self._weights.foot + hold * (self._weights.sole - self._weights.foot)
                weights[row, 0] *= self._rolls[index]
                weights[row, 2] *= 1.0 - hold * (1.0 - HEADING)
            else:
                value = getattr(targets, name)
            self._targets[row] = value
            # Rows along the bone's direction and across it, each with its weight.
            self._frames[row] = value if frame is None else frame
        self.aimed = targets
        self._weighted = weights[:, :, None] * self._frames.transpose(0, 2, 1)

    def leave_out(self, sides: set[int]) -> None:
        """Take no account of arms (0 left, 1 right) that are on a way of their own."""
        self._left_out = [self._rows_of_arm[side] for side in sides]

    def _arm_rows(self, side: int) -> np.ndarray:
        wanted = {("bone", 2 + side), ("bone", 6 + side), ("hand", side)}
        rows = [row for row, slot in enumerate(self._slots) if slot in wanted]
        rows.append(self._count + (1 if self._base else 0) + side)
        return np.concatenate([np.arange(3 * row, 3 * row + 3) for row in rows])

    def evaluate(self, data: mujoco.MjData) -> tuple[np.ndarray, np.ndarray]:
        """Return weighted residual (r,) and Jacobian (r, nv); it is valid until the next call.

        Args:
            data: kinematics of the robot as it is.
        """
        model, targets, count = self._model, self.aimed, self._count
        jacobian, residual = self._jacobian, self._residual
        current = data.xmat[self._bodies].reshape(-1, 3, 3) @ self._locals
        vectors = rotation_vectors(self._targets @ current.transpose(0, 2, 1))
        rotations = jacobian[: 3 * count].reshape(count, 3, -1)
        for row, body in enumerate(self._bodies):
            mujoco.mj_jacBody(model, data, None, rotations[row], body)
        self._vectors = vectors
        residual[: 3 * count] = (self._weighted @ vectors[:, :, None]).reshape(-1)
        jacobian[: 3 * count] = (self._weighted @ rotations).reshape(3 * count, -1)
        row = 3 * count
        weights = self._weights
        if self._base:
            axes = data.xmat[self._hips_body].reshape(3, 3)
            hips = data.xpos[self._hips_body] + axes @ self._hips
            self._place(data, row, hips, self._hips_body, targets.hips, weights.hips)
            row += 3
        for side, limb in enumerate(self._arms):
            hand = data.xmat[limb.wrist_body].reshape(3, 3)
            wrist = data.xpos[limb.wrist_body] + hand @ limb.wrist_in_body
            upper = data.xmat[limb.upper_body].reshape(3, 3)
            shoulder = data.xpos[limb.upper_body] + upper @ limb.root_in_upper
            goal = shoulder + targets.hands[side]
            self._place(data, row, wrist, limb.wrist_body, goal, weights.hand)
            mujoco.mj_jac(model, data, self._scratch, None, shoulder, limb.upper_body)
            jacobian[row : row + 3] -= weights.hand * self._scratch
            row += 3
        for side, limb in enumerate(self._feet):
            foot = data.xmat[limb.end_body].reshape(3, 3)
            ankle = data.xpos[limb.end_body] + foot @ limb.end_in_end
            hold = targets.soles[side].hold
            weight = weights.ankle + hold * (weights.standing - weights.ankle)
            self._place(data, row, ankle, limb.end_body, targets.soles[side].position, weight)
            row += 3
        for rows in self._left_out:
            residual[rows] = 0.0
            jacobian[rows] = 0.0
        return residual, jacobian

    def worst(self) -> float:
        """Return the largest angle, rad, by which a bone's direction was off before the step."""
        if not len(self._bones):
            return 0.0
        vectors, along = self._vectors[self._bones], self._frames[self._bones, :, 0]
        across = vectors - np.einsum("ni,ni->n", vectors, along)[:, None] * along
        return float(np.sqrt(np.einsum("ni,ni->n", across, across).max()))

    def _place(
        self,
        data: mujoco.MjData,
        row: int,
        point: np.ndarray,
        body: int,
        goal: np.ndarray,
        weight: float,
    ) -> None:
        rows = self._jacobian[row : row + 3]
        mujoco.mj_jac(self._model, data, rows, None, point, body)
        rows *= weight
        self._residual[row : row + 3] = weight * (goal - point)


def rotation_vectors(matrices: np.ndarray) -> np.ndarray:
    """Return rotation vectors (n, 3) of rotation matrices (n, 3, 3), rad, up to half a turn."""
    skew = np.stack(
        [
            matrices[:, 2, 1] - matrices[:, 1, 2],
            matrices[:, 0, 2] - matrices[:, 2, 0],
            matrices[:, 1, 0] - matrices[:, 0, 1],
        ],
        axis=1,
    )
    double_sine = np.sqrt(np.einsum("ni,ni->n", skew, skew))
    angle = np.arctan2(double_sine, np.einsum("nii->n", matrices) - 1.0)
    # Near half a turn the axis stands in the symmetric part.
    near = (double_sine < 0.2) & (angle > 2.0)
    factor = np.where(double_sine > 1e-6, angle / np.maximum(double_sine, 1e-9), 0.5)
    vectors = factor[:, None] * skew
    if near.any():
        for index in np.flatnonzero(near):
            quaternion, vector = np.zeros(4), np.zeros(3)
            mujoco.mju_mat2Quat(quaternion, matrices[index].reshape(-1))
            mujoco.mju_quat2Vel(vector, quaternion, 1.0)
            vectors[index] = vector
    return np.asarray(vectors)
