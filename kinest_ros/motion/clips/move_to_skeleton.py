# SPDX-License-Identifier: Apache-2.0
"""The same rotations on other bones."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, PARENTS
from kinest_ros.body.skeleton import Skeleton

_TOES = (JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"])


def move_to_skeleton(
    rotations: np.ndarray, roots: np.ndarray, own: np.ndarray, target: np.ndarray
) -> np.ndarray:
    """Return pelvis positions (N, 3) for the same rotations on another skeleton.

    The path is scaled with the height of the pelvis and then shifted so that the feet come as
    low as they did.
    """
    if own is target:
        return roots
    scale = Skeleton(target).pelvis_height / Skeleton(own).pelvis_height
    moved = roots * scale
    lowest_before = np.percentile(_toe_heights(rotations, own, roots), 5)
    lowest_after = np.percentile(_toe_heights(rotations, target, moved), 5)
    moved[:, 2] += lowest_before - lowest_after
    return moved


def _toe_heights(rotations: np.ndarray, offsets: np.ndarray, roots: np.ndarray) -> np.ndarray:
    """Return the height of the lower toe joint (N,), by the two leg chains alone."""
    heights = []
    for toe in _TOES:
        ankle = PARENTS[toe]
        knee = PARENTS[ankle]
        hip = PARENTS[knee]
        below = rotations[:, ankle] @ offsets[toe] + offsets[ankle]
        below = (rotations[:, knee] @ below[..., None])[..., 0] + offsets[knee]
        below = (rotations[:, hip] @ below[..., None])[..., 0] + offsets[hip]
        heights.append((rotations[:, 0, 2] * below).sum(-1) + roots[:, 2])
    return np.minimum(*heights)
