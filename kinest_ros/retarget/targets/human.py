# SPDX-License-Identifier: Apache-2.0
"""The human at one instant, and the lengths of their limbs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, PARENTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import matrices_from_quaternions
from kinest_ros.body.skeleton import TOE_JOINT_HEIGHT
from kinest_ros.tracking.body_pose import BodyPose

_J = JOINT_INDEX
#: Root, hinge and end of the four limbs: legs, then arms, left before right.
ROOTS = np.array([_J["left_hip"], _J["right_hip"], _J["left_shoulder"], _J["right_shoulder"]])
HINGES = np.array([_J["left_knee"], _J["right_knee"], _J["left_elbow"], _J["right_elbow"]])
ENDS = np.array([_J["left_ankle"], _J["right_ankle"], _J["left_wrist"], _J["right_wrist"]])
_BONE_ROOTS, _BONE_ENDS = np.concatenate([ROOTS, HINGES]), np.concatenate([HINGES, ENDS])
TOES = np.array([_J["left_foot"], _J["right_foot"]])
PELVIS, CHEST, HEAD = _J["pelvis"], _J["spine3"], _J["head"]
_PARENTS = np.array(PARENTS[1:])


@dataclass(frozen=True)
class Human:
    """A body in the world: Z up, metres, the floor at zero.

    Attributes:
        positions: (22, 3) m, of the SMPL joints.
        rotations: (22, 3, 3) world_from_joint in SMPL axes.
        contacts: (2,) probability that the left and the right foot stand.
    """

    positions: np.ndarray
    rotations: np.ndarray
    contacts: np.ndarray

    @classmethod
    def from_body(cls, body: BodyPose) -> Human:
        """Return a tracked body."""
        return cls(body.positions, matrices_from_quaternions(body.world_rotations), body.contacts)

    @classmethod
    def from_local(
        cls, local_rotations: np.ndarray, positions: np.ndarray, contacts: np.ndarray
    ) -> Human:
        """Return the body of a FullBodyState.

        Args:
            local_rotations: (22, 4) xyzw, [0] world_from_pelvis, the others parent_from_joint.
            positions: (22, 3) m.
            contacts: (2,).
        """
        local = matrices_from_quaternions(local_rotations)
        _, world = forward_kinematics_np(local, np.zeros((22, 3)), np.zeros(3))
        return cls(positions, world, contacts)

    @property
    def finite(self) -> bool:
        """Whether all of it is finite and the rotations are rotations."""
        # What is not finite is not nearly three either.
        squares = np.einsum("nij,nij->n", self.rotations, self.rotations)
        return bool(
            np.isfinite(self.positions).all()
            and np.isfinite(self.contacts).all()
            and squares.min() > 2.95
            and squares.max() < 3.05
        )


@dataclass(frozen=True)
class Build:
    """Lengths of a human, m.

    Attributes:
        upper: (4,) thighs and upper arms, as in `ROOTS`.
        lower: (4,) shanks and forearms.
        hip_width: between the hip joints.
        ankle_height: of the ankle joints above the sole.
    """

    upper: np.ndarray
    lower: np.ndarray
    hip_width: float
    ankle_height: float

    @property
    def leg(self) -> float:
        """Length of a leg without the foot, mean of both."""
        return float(0.5 * (self.upper[0] + self.upper[1] + self.lower[0] + self.lower[1]))

    @property
    def arm(self) -> float:
        """Length of an arm without the hand, mean of both."""
        return float(0.5 * (self.upper[2] + self.upper[3] + self.lower[2] + self.lower[3]))

    @classmethod
    def of(cls, human: Human) -> Build:
        """Measure a body; its bones are as long in any pose."""
        places = human.positions
        bones = np.empty((9, 3))
        bones[:8] = places[_BONE_ENDS] - places[_BONE_ROOTS]
        bones[8] = places[ROOTS[0]] - places[ROOTS[1]]
        lengths = np.sqrt(np.einsum("ni,ni->n", bones, bones))
        feet = places[TOES] - places[ENDS[:2]]
        # In the ankle's axes, where Y is up, at rest.
        drop = np.einsum("ni,ni->", human.rotations[ENDS[:2], :, 1], feet)
        return cls(lengths[:4], lengths[4:8], float(lengths[8]), TOE_JOINT_HEIGHT - 0.5 * drop)
