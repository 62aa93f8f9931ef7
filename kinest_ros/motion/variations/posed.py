# SPDX-License-Identifier: Apache-2.0
"""What every variation of a recorded motion begins with: its own copy of the poses."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.clip import Motion


def posed(
    motion: Motion, skeleton: Skeleton
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the bones and the poses of a motion; all are the caller's to change.

    Returns:
        Rest offsets (22, 3), m; local rotations (N, 22, 3, 3); positions (N, 22, 3), m, and
        world rotations (N, 22, 3, 3) of the joints.
    """
    offsets = np.array(skeleton.rest_offsets, float)
    local = np.array(motion.local_rotations, float)
    positions, world = forward_kinematics_np(local, offsets, motion.root_position)
    return offsets, local, positions, world
