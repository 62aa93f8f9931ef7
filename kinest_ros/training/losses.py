# SPDX-License-Identifier: Apache-2.0
"""The training losses of StreamingKineST."""

import torch
from torch import Tensor

from kinest_ros.body.joints import JOINT_INDEX, LOWER_BODY
from kinest_ros.body.kinematics import forward_kinematics
from kinest_ros.body.rotations_torch import log_so3, matrix_from_sixd, sixd_from_matrix
from kinest_ros.model.features import canonical_from_root, root_from_canonical
from kinest_ros.model.streaming import NetworkOutput
from kinest_ros.training.loss_weights import LossWeights
from kinest_ros.training.streams import Window

_HEAD = JOINT_INDEX["head"]


def streaming_loss(
    output: NetworkOutput,
    window: Window,
    heading: Tensor,
    weights: LossWeights,
    lookahead: int = 0,
) -> tuple[Tensor, dict[str, float]]:
    """Return the loss and its terms.

    Args:
        output: of the network, (B, L).
        window: the truth.
        heading: (B, L, 3, 3) world_from_heading, as the features had it.
        weights: of the terms.
        lookahead: the output at step t is compared with the truth of frame t - lookahead.
    """
    length = heading.shape[1] - lookahead
    output = NetworkOutput(*(value[:, lookahead:] for value in output))
    heading = heading[:, :length]
    truth = window.local_rotations[:, :length]
    true_positions = window.positions[:, :length]
    # No step across a cut, from frame t to t + 1.
    moves = (~window.cuts[:, 1:length]).to(truth.dtype)

    target = truth.clone()
    target[:, :, 0] = canonical_from_root(truth[:, :, 0], heading)
    difference = (output.rotations_6d - sixd_from_matrix(target)).norm(dim=-1)
    rotation = difference.mean()
    root = difference[..., 0].mean()

    predicted = matrix_from_sixd(output.rotations_6d)
    in_world = torch.cat(
        (root_from_canonical(predicted[:, :, :1], heading.unsqueeze(2)), predicted[:, :, 1:]), dim=2
    )
    angular = (_turns(in_world) - _turns(truth)).abs().mean(dim=(2, 3))
    angular = (angular * moves).sum() / moves.sum().clamp(min=1.0)

    offsets = window.rest_offsets.unsqueeze(1)
    positions, _ = forward_kinematics(in_world, offsets, torch.zeros_like(true_positions[:, :, 0]))
    # The head tracker places the body, so the head is where the truth has it.
    positions = positions + (true_positions[:, :, _HEAD] - positions[:, :, _HEAD]).unsqueeze(2)
    error = (positions - true_positions).norm(dim=-1)
    emphasis = error.new_ones(error.shape[-1])
    emphasis[list(LOWER_BODY)] = 1.5
    position = (error * emphasis).mean()

    speed_error = (positions.diff(dim=1) - true_positions.diff(dim=1)).norm(dim=-1).mean(-1) * 60.0
    velocity = (speed_error * moves).sum() / moves.sum().clamp(min=1.0)

    contact = torch.nn.functional.binary_cross_entropy_with_logits(
        output.contact_logits, window.contacts[:, :length]
    )
    # Gaussian likelihood of the error's size; the error itself is not trained through it.
    squared = error.detach().square() / 3.0
    log_variance = output.log_variance.clamp(-14.0, 2.0)
    confidence = (log_variance + squared * torch.exp(-log_variance)).mean()

    terms = {
        "rotation": rotation,
        "root": root,
        "angular_velocity": angular,
        "position": position,
        "velocity": velocity,
        "contact": contact,
        "confidence": confidence,
    }
    total = sum(getattr(weights, name) * term for name, term in terms.items())
    assert isinstance(total, Tensor)
    values = {name: float(term.detach()) for name, term in terms.items()}
    values["mpjpe_cm"] = float(error.detach().mean()) * 100.0
    return total, values


def _turns(rotations: Tensor) -> Tensor:
    """Return log of the rotation from each frame to the next (B, L - 1, 22, 3), rad."""
    return log_so3(rotations[:, :-1].transpose(-1, -2) @ rotations[:, 1:])
