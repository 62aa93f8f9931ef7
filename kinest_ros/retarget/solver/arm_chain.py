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
_YZX, _ZXY = [1, 2, 0], [2, 0, 1]


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


@dataclass
class _Move:
    """One step along the chain.

    Attributes:
        joint: index of the joint that turns; -1 where none does.
        offset: (3,) m, of the joint from what is before it.
        frame: (3, 3) axes before the joint turns, in those of what is before it.
        back: (3,) m, from the body's origin to the joint; None where they are the same.
        body: that is reached with it; -1 where another joint of it follows.
    """

    joint: int
    offset: np.ndarray
    frame: np.ndarray
    back: np.ndarray | None
    body: int = -1


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
        self._moves: list[_Move] = []
        before: list[np.ndarray] = []
        for body in path:
            first = int(model.body_jntadr[body])
            own = list(range(first, first + int(model.body_jntnum[body])))
            if any(model.jnt_type[joint] != HINGE for joint in own):
                raise ValueError("an arm with slides")
            frame = matrices_from_quaternions(model.body_quat[body][[1, 2, 3, 0]])
            place = model.body_pos[body].copy()
            if not own:
                self._moves.append(_Move(-1, place, frame, None))
            for joint in own:
                at = model.jnt_pos[joint].copy()
                back = at if at.any() else None
                self._moves.append(_Move(len(self.joints), place + frame @ at, frame, back))
                before.append(frame)
                self.joints.append(joint)
                place, frame = np.zeros(3), np.eye(3)
            self._moves[-1].body = body
        self._path = path
        axes = model.jnt_axis[self.joints]
        self._zero = model.qpos0[model.jnt_qposadr[self.joints]]
        cross = np.zeros((len(axes), 3, 3))
        for index, (x, y, z) in enumerate(axes):
            cross[index] = ((0.0, -z, y), (z, 0.0, -x), (-y, x, 0.0))
        # A joint takes along what its body is turned by: frame @ (1 + sin K + (1 - cos) K K).
        self._frames = np.array(before)
        self._cross = self._frames @ cross
        self._square = self._cross @ cross
        #: (k, 3, 2) where a joint's anchor and its axis lie before it turns.
        self._fixed = np.zeros((len(axes), 3, 2))
        for move in self._moves:
            if move.joint >= 0:
                self._fixed[move.joint, :, 0] = move.offset
        self._fixed[:, :, 1] = (self._frames @ axes[:, :, None])[:, :, 0]
        limited = model.jnt_limited[self.joints].astype(bool)
        ranges = model.jnt_range[self.joints]
        self.lower = np.where(limited, ranges[:, 0], -np.pi)
        self.upper = np.where(limited, ranges[:, 1], np.pi)
        sign = 1.0 if limb.name.startswith("left") else -1.0
        along = np.array((sign, 0.0, 0.0))
        self._upper, self._lower = limb.upper_from_human @ along, limb.lower_from_human @ along
        #: (2, k) whether a joint moves the upper arm and the forearm.
        self._reach = np.zeros((2, len(axes)))
        for row, end in enumerate((limb.upper_body, limb.lower_body)):
            within = path[: path.index(end) + 1]
            self._reach[row] = [model.jnt_bodyid[joint] in within for joint in self.joints]
        self._bodies = limb.upper_body, limb.lower_body, limb.wrist_body
        self._root, self._wrist = limb.root_in_upper, limb.wrist_in_body
        self._length = limb.length

    def residuals(self, angles: np.ndarray, aim: ArmAim) -> tuple[np.ndarray, np.ndarray]:
        """Return residuals (s, 9) and their Jacobians (s, 9, k) of postures (s, k), rad."""
        count, width = angles.shape
        turned = angles - self._zero
        sine, versine = np.sin(turned), 1.0 - np.cos(turned)
        steps = np.empty((count, width, 3, 5))
        steps[..., :3] = (
            self._frames
            + sine[:, :, None, None] * self._cross
            + versine[:, :, None, None] * self._square
        )
        steps[..., 3:] = self._fixed
        axes = np.broadcast_to(aim.base, (count, 3, 3))
        place = np.zeros((count, 3))
        anchors, lines = np.empty((count, width, 3)), np.empty((count, width, 3))
        found: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        for move in self._moves:
            if move.joint >= 0:
                stepped = axes @ steps[:, move.joint]
                anchors[:, move.joint] = place = place + stepped[:, :, 3]
                lines[:, move.joint] = stepped[:, :, 4]
                axes = stepped[:, :, :3]
                if move.back is not None:
                    place = place - axes @ move.back
            else:
                place = place + axes @ move.offset
                axes = axes @ move.frame
            if move.body >= 0:
                found[move.body] = axes, place
        upper_body, lower_body, wrist_body = self._bodies
        above, below, last = found[upper_body], found[lower_body], found[wrist_body]
        upper, lower = above[0] @ self._upper, below[0] @ self._lower
        shoulder = above[1] + above[0] @ self._root
        wrist = last[1] + last[0] @ self._wrist
        residual = np.empty((count, 9))
        scale = _PLACE / self._length
        residual[:, :3] = _DIRECTION * (aim.upper - upper)
        residual[:, 3:6] = _DIRECTION * (aim.lower - lower)
        residual[:, 6:] = scale * (aim.hand - (wrist - shoulder))
        # What turns about a line at an arm from it moves by line x arm.
        arms = np.empty((count, 3, width, 3))
        arms[:, 0] = _DIRECTION * upper[:, None] * self._reach[0, :, None]
        arms[:, 1] = _DIRECTION * lower[:, None] * self._reach[1, :, None]
        arms[:, 2] = wrist[:, None] - anchors
        arms[:, 2] -= self._reach[0, :, None] * (shoulder[:, None] - anchors)
        arms[:, 2] *= scale
        across = lines[:, None]
        jacobian = across[..., _YZX] * arms[..., _ZXY] - across[..., _ZXY] * arms[..., _YZX]
        return residual, jacobian.transpose(0, 1, 3, 2).reshape(count, 9, width)

    def improve(self, angles: np.ndarray, aim: ArmAim, times: int) -> np.ndarray:
        """Return postures (s, k) some Gauss-Newton steps farther, within their ranges."""
        damping = _DAMPING * np.eye(angles.shape[1])
        for _ in range(times):
            residual, jacobian = self.residuals(angles, aim)
            across = jacobian.transpose(0, 2, 1)
            step = np.linalg.solve(across @ jacobian + damping, across @ residual[..., None])
            step = np.minimum(np.maximum(step[..., 0], -_STEP), _STEP)
            angles = np.minimum(np.maximum(angles + step, self.lower), self.upper)
        return angles

    def cost_now(self, data: mujoco.MjData, aim: ArmAim) -> float:
        """Return the squared residual of the arm as it is, from the model's kinematics."""
        above, below, last = (data.xmat[body].reshape(3, 3) for body in self._bodies)
        upper, lower = aim.upper - above @ self._upper, aim.lower - below @ self._lower
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
