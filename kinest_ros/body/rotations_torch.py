# SPDX-License-Identifier: Apache-2.0
"""Rotations in torch: 6D, matrices, rotation vectors; the same in numpy: `rotations_numpy`.

6D means column 0 and then column 1 of the rotation matrix, concatenated (Zhou et al., "On the
Continuity of Rotation Representations in Neural Networks", CVPR 2019).
"""

import torch
from torch import Tensor


def sixd_from_matrix(matrix: Tensor) -> Tensor:
    """Return the 6D form (..., 6) of rotation matrices (..., 3, 3)."""
    return torch.cat((matrix[..., :, 0], matrix[..., :, 1]), dim=-1)


def matrix_from_sixd(sixd: Tensor) -> Tensor:
    """Return rotation matrices (..., 3, 3) from 6D (..., 6) by Gram-Schmidt.

    Any input gives an orthonormal result as long as its two columns are not (nearly) parallel.
    """
    first = torch.nn.functional.normalize(sixd[..., :3], dim=-1, eps=1e-8)
    second = sixd[..., 3:]
    second = second - (first * second).sum(-1, keepdim=True) * first
    second = torch.nn.functional.normalize(second, dim=-1, eps=1e-8)
    third = torch.linalg.cross(first, second, dim=-1)
    return torch.stack((first, second, third), dim=-1)


def vee(matrix: Tensor) -> Tensor:
    """Return axis times sine of the angle (..., 3): the rotation vector of a small rotation."""
    return 0.5 * torch.stack(
        (
            matrix[..., 2, 1] - matrix[..., 1, 2],
            matrix[..., 0, 2] - matrix[..., 2, 0],
            matrix[..., 1, 0] - matrix[..., 0, 1],
        ),
        dim=-1,
    )


def log_so3(matrix: Tensor) -> Tensor:
    """Return the rotation vector (..., 3) [rad] of rotation matrices (..., 3, 3).

    Differentiable everywhere but at half turns; meant for the small rotations between frames.
    """
    scaled = vee(matrix)
    sine = torch.sqrt((scaled * scaled).sum(-1, keepdim=True) + 1e-12)
    cosine = 0.5 * (matrix.diagonal(dim1=-2, dim2=-1).sum(-1, keepdim=True) - 1.0)
    return scaled * (torch.atan2(sine, cosine) / sine)


def geodesic_angle(first: Tensor, second: Tensor) -> Tensor:
    """Return the angle (...,) [rad] between rotation matrices (..., 3, 3)."""
    relative = first.transpose(-1, -2) @ second
    angle: Tensor = log_so3(relative).norm(dim=-1)
    return angle
