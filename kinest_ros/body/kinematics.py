# SPDX-License-Identifier: Apache-2.0
"""Forward kinematics of the SMPL-22 skeleton, in torch (batched, differentiable) and numpy."""

import numpy as np
import torch
from torch import Tensor

from kinest_ros.body.joints import LEVELS, PARENTS


def forward_kinematics(
    local_rotations: Tensor, rest_offsets: Tensor, root_position: Tensor
) -> tuple[Tensor, Tensor]:
    """Return joint positions and world rotations of posed skeletons.

    Args:
        local_rotations: (..., 22, 3, 3) parent_from_joint in SMPL axes; [..., 0, :, :] is
            world_from_pelvis.
        rest_offsets: (..., 22, 3) or (22, 3), m, from the parent in the T-pose.
        root_position: (..., 3) position of the pelvis joint in the world, m.

    Returns:
        positions (..., 22, 3) in the world, m, and world_from_joint (..., 22, 3, 3).
    """
    offsets = rest_offsets.expand(*local_rotations.shape[:-2], 3).unsqueeze(-1)
    rotations = [local_rotations[..., :1, :, :]]
    positions = [root_position.unsqueeze(-2)]
    parent_level_start = 0
    # One batched product per depth rather than one per joint: 7 instead of 21.
    for start, stop in LEVELS[1:]:
        parents = [PARENTS[joint] - parent_level_start for joint in range(start, stop)]
        above = rotations[-1][..., parents, :, :]
        rotations.append(above @ local_rotations[..., start:stop, :, :])
        step = (above @ offsets[..., start:stop, :, :]).squeeze(-1)
        positions.append(positions[-1][..., parents, :] + step)
        parent_level_start = start
    return torch.cat(positions, dim=-2), torch.cat(rotations, dim=-3)


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
