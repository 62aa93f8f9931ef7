# SPDX-License-Identifier: Apache-2.0
"""One arm by itself: many postures at once, and Gauss-Newton steps to where it is to point."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from kinest_ros.body.rotations_numpy import matrices_from_quaternions
from kinest_ros.retarget.robot.parts import Limb
from kinest_ros.retarget.robot.tree import HINGE

#: What directions (per rad) and the wrist's place (per arm's length) count.
_DIRECTION, _PLACE = 1.0, 1.0
#: Damping of a step, and its most, rad.
_DAMPING, _STEP = 0.02, 0.5


@dataclass(frozen=True)
class ArmAim:
    """Where an arm is to point, in the world.

    Attributes:
        base: (3, 3) axes of the body that carries it.
        upper: (3,) direction of the upper arm.
        lower: (3,) of the forearm.
        hand: (3,) m, wrist from shoulder.
    """

    base: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    hand: np.ndarray


class ArmChain:
    """Hinges from the chest to the wrist."""

    def __init__(self, model: mujoco.MjModel, limb: Limb) -> None:
        """Take the chain out of a model.

        Args:
            model: compiled.
            limb: an arm.

        Raises:
            ValueError: there are other joints than hinges in it.
        """
        path = []
        body = limb.wrist_body
        while body != limb.base_body:
            path.append(body)
            body = int(model.body_parentid[body])
        path.reverse()
        self.joints: list[int] = []
        self._steps: list[tuple[np.ndarray, np.ndarray, list[tuple[int, np.ndarray]]]] = []
        for body in path:
            first = int(model.body_jntadr[body])
            own = list(range(first, first + int(model.body_jntnum[body])))
            if any(model.jnt_type[joint] != HINGE for joint in own):
                raise ValueError("an arm with slides")
            quaternion = model.body_quat[body][[1, 2, 3, 0]]
            turns = []
            for joint in own:
                turns.append((len(self.joints), model.jnt_pos[joint].copy()))
                self.joints.append(joint)
            place = model.body_pos[body].copy()
            self._steps.append((place, matrices_from_quaternions(quaternion), turns))
        self._path = path
        axes = model.jnt_axis[self.joints]
        self._zero = model.qpos0[model.jnt_qposadr[self.joints]]
        self._axes = axes
        self._cross = np.zeros((len(axes), 3, 3))
        for index, (x, y, z) in enumerate(axes):
            self._cross[index] = ((0.0, -z, y), (z, 0.0, -x), (-y, x, 0.0))
        self._square = self._cross @ self._cross
        limited = model.jnt_limited[self.joints].astype(bool)
        ranges = model.jnt_range[self.joints]
        self.lower = np.where(limited, ranges[:, 0], -np.pi)
        self.upper = np.where(limited, ranges[:, 1], np.pi)
        sign = 1.0 if limb.name.startswith("left") else -1.0
        along = np.array((sign, 0.0, 0.0))
        self._upper = path.index(limb.upper_body), limb.upper_from_human @ along
        self._lower = path.index(limb.lower_body), limb.lower_from_human @ along
        self._bodies = limb.upper_body, limb.lower_body, limb.wrist_body
        self._root, self._wrist = limb.root_in_upper, limb.wrist_in_body
        self._length = limb.length

    def residuals(self, angles: np.ndarray, aim: ArmAim) -> tuple[np.ndarray, np.ndarray]:
        """Return residuals (s, 9) and their Jacobians (s, 9, k) of postures (s, k), rad."""
        count, width = angles.shape
        turned = angles - self._zero
        sine, versine = np.sin(turned), 1.0 - np.cos(turned)
        turns = (
            np.eye(3)
            + sine[:, :, None, None] * self._cross
            + versine[:, :, None, None] * self._square
        )
        axes = np.broadcast_to(np.broadcast_to(aim.base, (count, 3, 3)), (count, 3, 3))
        place = np.zeros((count, 3))
        anchors, lines = np.zeros((count, width, 3)), np.zeros((count, width, 3))
        found = []
        for offset, frame, own in self._steps:
            place = place + axes @ offset
            axes = axes @ frame
            for index, at in own:
                anchor = place + axes @ at
                lines[:, index] = axes @ self._axes[index]
                anchors[:, index] = anchor
                axes = axes @ turns[:, index]
                place = anchor - axes @ at
            found.append((axes, place, own[-1][0] + 1 if own else 0))
        (i, upper_along), (j, lower_along) = self._upper, self._lower
        upper, lower = found[i][0] @ upper_along, found[j][0] @ lower_along
        shoulder = found[i][1] + found[i][0] @ self._root
        wrist = place + axes @ self._wrist
        residual = np.zeros((count, 9))
        jacobian = np.zeros((count, 9, width))
        scale = _PLACE / self._length
        residual[:, :3] = _DIRECTION * (aim.upper - upper)
        residual[:, 3:6] = _DIRECTION * (aim.lower - lower)
        residual[:, 6:] = scale * (aim.hand - (wrist - shoulder))
        near, far = self._reach(i), self._reach(j)
        jacobian[:, :3, :near] = _DIRECTION * _swept(lines[:, :near], upper[:, None])
        jacobian[:, 3:6, :far] = _DIRECTION * _swept(lines[:, :far], lower[:, None])
        jacobian[:, 6:] = scale * _swept(lines, wrist[:, None] - anchors)
        jacobian[:, 6:, :near] -= scale * _swept(
            lines[:, :near], shoulder[:, None] - anchors[:, :near]
        )
        return residual, jacobian

    def _reach(self, body: int) -> int:
        """Return how many joints move a body of the path."""
        return max((own[-1][0] + 1 for _, _, own in self._steps[: body + 1] if own), default=0)

    def improve(self, angles: np.ndarray, aim: ArmAim, times: int) -> np.ndarray:
        """Return postures (s, k) some Gauss-Newton steps farther, within their ranges."""
        damping = _DAMPING * np.eye(angles.shape[1])
        for _ in range(times):
            residual, jacobian = self.residuals(angles, aim)
            across = jacobian.transpose(0, 2, 1)
            step = np.linalg.solve(across @ jacobian + damping, across @ residual[..., None])
            step = np.clip(step[..., 0], -_STEP, _STEP)
            angles = np.clip(angles + step, self.lower, self.upper)
        return angles

    def cost_now(self, data: mujoco.MjData, aim: ArmAim) -> float:
        """Return the squared residual of the arm as it is, from the model's kinematics."""
        (_, upper_along), (_, lower_along) = self._upper, self._lower
        above, below, last = (data.xmat[body].reshape(3, 3) for body in self._bodies)
        upper, lower = aim.upper - above @ upper_along, aim.lower - below @ lower_along
        shoulder = data.xpos[self._bodies[0]] + above @ self._root
        wrist = data.xpos[self._bodies[2]] + last @ self._wrist
        hand = aim.hand - (wrist - shoulder)
        share = (_PLACE / self._length) ** 2
        turned = _DIRECTION * _DIRECTION * (upper @ upper + lower @ lower)
        return float(turned + share * (hand @ hand))

    def cost(self, angles: np.ndarray, aim: ArmAim) -> np.ndarray:
        """Return the squared residual (s,) of postures (s, k)."""
        residual, _ = self.residuals(angles, aim)
        return np.asarray((residual * residual).sum(axis=1))


def _swept(lines: np.ndarray, arms: np.ndarray) -> np.ndarray:
    """Return how points move (s, 3, k) that turns about lines (s, k, 3) carry at arms (s, k, 3)."""
    moved = np.stack(
        [
            lines[..., 1] * arms[..., 2] - lines[..., 2] * arms[..., 1],
            lines[..., 2] * arms[..., 0] - lines[..., 0] * arms[..., 2],
            lines[..., 0] * arms[..., 1] - lines[..., 1] * arms[..., 0],
        ],
        axis=1,
    )
    return moved
