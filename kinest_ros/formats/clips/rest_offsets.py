# SPDX-License-Identifier: Apache-2.0
"""The bones of bodies whose joints' positions and rotations are known."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.joints import NUM_JOINTS, PARENTS
from kinest_ros.body.kinematics import forward_kinematics_np


def rest_offsets(rotations: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return the bones (22, 3) m of bodies: joint minus parent at T-pose, in SMPL's axes.

    Each component is the median over the frames of world_from_parent transposed times the bone's
    vector in the world; the pelvis, which has no parent, is at zero.

    Args:
        rotations: local (N, 22, 3, 3), [:, 0] world_from_pelvis.
        positions: (N, 22, 3) m in the world.
    """
    _, world = forward_kinematics_np(rotations, np.zeros((NUM_JOINTS, 3)), positions[:, 0])
    parents = np.array(PARENTS[1:])
    bones = positions[:, 1:] - positions[:, parents]
    inside = np.einsum("njba,njb->nja", world[:, parents], bones)
    return np.concatenate((np.zeros((1, 3)), np.median(inside, axis=0)))
