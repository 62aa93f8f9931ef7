# SPDX-License-Identifier: Apache-2.0
"""The losses of the published KineST (arXiv 2512.16791)."""

from dataclasses import dataclass

from torch import Tensor

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.kinematics import forward_kinematics
from kinest_ros.body.rotations_torch import log_so3
from kinest_ros.model.published.baseline import PublishedKineST
from kinest_ros.training.streams import Window

_HEAD = JOINT_INDEX["head"]


@dataclass(frozen=True)
class PublishedLossWeights:
    """Weights of the terms, as published."""

    rotation: float = 1.0
    root: float = 0.02
    angular_velocity: float = 1.0


def published_loss(
    model: PublishedKineST,
    sixd: Tensor,
    heading: Tensor,
    window: Window,
    weights: PublishedLossWeights | None = None,
) -> tuple[Tensor, dict[str, float]]:
    """Return the loss and its terms.

    Rotation and root orientation: the norm along time of the error of each 6D component, averaged
    over components, as in the released code. Angular velocity: the mean absolute difference of
    the SO(3) logarithms of the true and the predicted turn from frame to frame.

    Args:
        model: whose output it is.
        sixd: (B, L, 22, 6), the output.
        heading: (B, L, 3, 3), as model.features gave it.
        window: the truth, L frames of one clip each.
        weights: of the terms.
    """
    weights = weights or PublishedLossWeights()
    truth = window.local_rotations
    along_time = (sixd - model.target(truth, heading)).norm(dim=1)
    predicted = model.in_world(sixd, heading)
    terms = {
        "rotation": along_time[:, 1:].mean(),
        "root": along_time[:, 0].mean(),
        "angular_velocity": (_turns(predicted) - _turns(truth)).abs().mean(),
    }
    total = sum((getattr(weights, name) * term for name, term in terms.items()), sixd.new_zeros(()))
    values = {name: float(term.detach()) for name, term in terms.items()}
    values["mpjpe_cm"] = _mpjpe(predicted.detach(), window)
    return total, values


def _turns(rotations: Tensor) -> Tensor:
    """Return log of the rotation from each frame to the next (B, L - 1, 22, 3), rad."""
    return log_so3(rotations[:, :-1].transpose(-1, -2) @ rotations[:, 1:])


def _mpjpe(rotations: Tensor, window: Window) -> float:
    """Return the mean joint error of the body hung from the true head, cm."""
    truth = window.positions
    positions, _ = forward_kinematics(
        rotations, window.rest_offsets.unsqueeze(1), truth.new_zeros(truth[:, :, 0].shape)
    )
    positions = positions + (truth[:, :, _HEAD] - positions[:, :, _HEAD]).unsqueeze(2)
    return float((positions - truth).norm(dim=-1).mean()) * 100.0
