# SPDX-License-Identifier: Apache-2.0
"""Forward kinematics of the SMPL-22 skeleton in numpy, which needs no PyTorch."""

import numpy as np

from kinest_ros.body.joints import LEVELS, PARENTS


def forward_kinematics_np(
    local_rotations: np.ndarray, rest_offsets: np.ndarray, root_position: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what forward_kinematics returns, in numpy float64, with the same shapes."""
    local_rotations = np.asarray(local_rotations, dtype=np.float64)
    offsets = np.broadcast_to(rest_offsets, (*local_rotations.shape[:-2], 3))[..., None]
    rotations = np.empty_like(local_rotations)
    positions = np.empty((*local_rotations.shape[:-2], 3))
    rotations[..., 0, :, :] = local_rotations[..., 0, :, :]
    positions[..., 0, :] = root_position
    for start, stop in LEVELS[1:]:
        parents = list(PARENTS[start:stop])
        above = rotations[..., parents, :, :]
        rotations[..., start:stop, :, :] = above @ local_rotations[..., start:stop, :, :]
        step = (above @ offsets[..., start:stop, :, :])[..., 0]
        positions[..., start:stop, :] = positions[..., parents, :] + step
    return positions, rotations
