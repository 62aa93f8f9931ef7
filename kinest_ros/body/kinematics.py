# SPDX-License-Identifier: Apache-2.0
"""Forward kinematics of the SMPL-22 skeleton, in torch (batched, differentiable) and numpy."""

import torch
from torch import Tensor

from kinest_ros.body.joints import LEVELS, PARENTS
from kinest_ros.body.kinematics_numpy import forward_kinematics_np

__all__ = ["forward_kinematics", "forward_kinematics_np"]


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
