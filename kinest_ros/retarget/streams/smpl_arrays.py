# SPDX-License-Identifier: Apache-2.0
"""A human as SMPL's arrays of 24 joints and 21 rotations."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, PARENTS
from kinest_ros.retarget.solver.rotation_vectors import rotation_vectors
from kinest_ros.retarget.targets.human import Human

_WRISTS = [JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]]
#: m, from the wrist to SMPL's hand joints, along the hand.
_HAND = 0.085


def smpl_arrays(human: Human) -> tuple[np.ndarray, np.ndarray]:
    """Return joints (24, 3) m in the world, and rotation vectors (21, 3) of the body's joints, rad.

    Z up; rotations are parent_from_joint in SMPL axes, without the pelvis. SMPL's last two joints
    are the hands, taken 8.5 cm beyond the wrists along the wrist joints' own x axes.
    """
    world = human.rotations
    parents = world[list(PARENTS[1:])]
    local = np.einsum("nji,njk->nik", parents, world[1:])
    along = np.array(((_HAND, 0.0, 0.0), (-_HAND, 0.0, 0.0)))
    hands = human.positions[_WRISTS] + np.einsum("nij,nj->ni", world[_WRISTS], along)
    return np.concatenate([human.positions, hands]), rotation_vectors(local)
