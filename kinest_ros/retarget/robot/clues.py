# SPDX-License-Identifier: Apache-2.0
"""What tells which way a robot faces: how knees, elbows, hips and waist fold, and the toes."""

from __future__ import annotations

import mujoco
import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.retarget.robot.axes import CLEAR, lopsided, nearest_turn, straight_angle
from kinest_ros.retarget.robot.extent import outline
from kinest_ros.retarget.robot.limbs import Chain, hinge_index, point_foot
from kinest_ros.retarget.robot.tree import HINGE, Node, common_ancestor

#: Weights of the clues, the most that each can count.
_KNEES, _TOES, _HIPS, _ELBOWS, _WAIST = 1.0, 1.0, 0.5, 0.5, 0.5
#: Sums at which a base is taken to look backward, with legs and without; and at which it is known.
_BACKWARD, _BACKWARD_ARMS, _KNOWN = -0.75, -0.15, 0.1
#: m that toes must reach farther than heels to tell.
_TOE = 0.005


class Clues:
    """Weighs what speaks for a direction."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, root: Node) -> None:
        """Take up a robot; `data` holds its kinematics at zero."""
        self._model, self._data, self._root = model, data, root

    def turned(
        self,
        legs: tuple[Chain, Chain] | None,
        arms: tuple[Chain, Chain] | None,
        forward: np.ndarray,
    ) -> tuple[bool, str]:
        """Return whether the robot faces the other way than `forward` (3,), and a note or ''."""
        knees = toes = hips = elbows = 0.0
        if legs:
            knees = -0.5 * sum(self.fold(chain, forward) for chain in legs)
            toes = 0.5 * sum(self._toe(chain, forward) for chain in legs)
            hips = 0.5 * sum(self._hip(chain, forward) for chain in legs)
        if arms:
            elbows = 0.5 * sum(self.fold(chain, forward) for chain in arms)
        waist = self._waist(legs, arms, forward)
        total = _KNEES * knees + _TOES * toes + _HIPS * hips + _ELBOWS * elbows + _WAIST * waist
        # Legs of birds fold the other way: with legs, toes have to say so, or all else.
        if total < (_BACKWARD if legs else _BACKWARD_ARMS) and (not legs or toes < 0.0):
            return True, "the base link's x axis points backward: corrected"
        if abs(total) < _KNOWN:
            axis = int(np.argmax(np.abs(forward)))
            other = ("-" if forward[axis] > 0.0 else "") + "xy"[axis]
            return False, (
                "neither knees, toes, elbows nor waist tell which way it faces; if left and right "
                f"are swapped, give forward: {other} in an override file"
            )
        return False, ""

    def fold(self, chain: Chain, forward: np.ndarray) -> float:
        """Return 1 where the limb's hinge folds it forward, -1 for backward, 0 if unclear."""
        model, data, joints = self._model, self._data, chain.joints
        end = chain.nodes[-1].points.mean(axis=0)
        try:
            index = hinge_index(model, data, joints, end, "limb")
        except KinestError:
            return 0.0
        joint, axis = joints[index], data.xaxis[joints[index]]
        upper = data.xanchor[joint] - data.xanchor[joints[0]]
        angle = straight_angle(axis, upper, end - data.xanchor[joint])
        clear = self._lopsided(joint, angle)
        moved = float(np.sign(clear)) * float(np.cross(axis, upper) @ forward)
        return float(np.sign(moved)) if abs(clear) > CLEAR and abs(moved) > 0.02 else 0.0

    def _lopsided(self, joint: int, zero: float) -> float:
        """Return how much farther a joint turns up than down from an angle, -1 to 1."""
        if self._model.jnt_type[joint] != HINGE or not self._model.jnt_limited[joint]:
            return 0.0
        low, high = self._model.jnt_range[joint]
        return lopsided(nearest_turn(zero, low, high), float(low), float(high))

    def _toe(self, chain: Chain, forward: np.ndarray) -> float:
        """Return 1 where a foot reaches farther forward of its ankle than backward, -1 or 0."""
        if point_foot(chain):
            return 0.0
        model, data = self._model, self._data
        lateral = np.cross((0.0, 0.0, 1.0), forward)
        # A joint that rolls may be anywhere on its axis; the one that pitches is above the foot.
        ankle = max(chain.joints[-2:], key=lambda joint: abs(float(data.xaxis[joint] @ lateral)))
        reach = (outline(model, data, chain.nodes[-1].bodies) - data.xanchor[ankle]) @ forward
        more = float(reach.max() + reach.min())
        return float(np.sign(more)) if abs(more) > _TOE else 0.0

    def _hip(self, chain: Chain, forward: np.ndarray) -> float:
        """Return how much farther a hip swings the leg forward than backward, -1 to 1."""
        return sum(self._pitch(joint, forward) for joint in chain.joints[:3])

    def _waist(
        self,
        legs: tuple[Chain, Chain] | None,
        arms: tuple[Chain, Chain] | None,
        forward: np.ndarray,
    ) -> float:
        """Return how much farther a waist with one such joint bends forward than backward."""
        if not arms:
            return 0.0
        chest = common_ancestor(arms[0].nodes[0], arms[1].nodes[0])
        below = common_ancestor(legs[0].nodes[0], chest) if legs else self._root
        joints = [joint for node in chest.path() for joint in node.joints]
        joints = joints[len([joint for node in below.path() for joint in node.joints]) :]
        pitches = [-self._pitch(joint, forward) for joint in joints]
        told = [pitch for pitch in pitches if pitch]
        return told[0] if len(told) == 1 else 0.0

    def _pitch(self, joint: int, forward: np.ndarray) -> float:
        """Return how much farther a joint swings forward what hangs from it, -1 to 1."""
        across = float(np.cross(self._data.xaxis[joint], (0.0, 0.0, -1.0)) @ forward)
        return self._lopsided(joint, 0.0) * float(np.sign(across)) if abs(across) > 0.7 else 0.0
