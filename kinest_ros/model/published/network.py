# SPDX-License-Identifier: Apache-2.0
"""KineST as published: offline, over windows of 96 frames (arXiv 2512.16791).

Module names follow the released checkpoints, so that their state dicts fit (see released.py).
"""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.body.rotations_torch import matrix_from_sixd, sixd_from_matrix
from kinest_ros.model.scan_order import KINEMATIC_ORDER
from kinest_ros.model.ssd.mamba2 import Mamba2

#: Per head, left wrist, right wrist: rotation 6D, angular velocity 6D, position, difference.
NUM_INPUTS = 54
_JOINT_WIDTH = 64
_FAN_WIDTH = 512


class _Fan(nn.Module):
    """Two linear layers with nothing between, under the released names."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.embedding = nn.Linear(inputs, _FAN_WIDTH)
        self.layers = nn.ModuleList([nn.Linear(_FAN_WIDTH, outputs)])

    def forward(self, x: Tensor) -> Tensor:
        mapped: Tensor = self.layers[0](self.embedding(x))
        return mapped


class _Aggregation(nn.Module):
    """Local and global motion aggregation, shared by both kinds of module."""

    def __init__(self, width: int, window: int, dropout: float) -> None:
        super().__init__()
        self.norm0 = nn.LayerNorm(width)
        self.norm1 = nn.LayerNorm(width)
        self.linear_embedding1 = nn.Linear(width, width)
        self.linear_embedding2 = nn.Linear(width, width)
        layer = nn.TransformerEncoderLayer(width, 8, 2048, dropout, batch_first=True)
        self.transformer_encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.net = nn.Sequential(nn.LayerNorm(width), nn.Conv1d(window, window, 1), nn.SiLU())
        self.fan = _Fan(width, width)

    def aggregate(self, x: Tensor) -> Tensor:
        """Return x (b, L, width) after both aggregators."""
        x = x + self.net(x)
        mixed = self.transformer_encoder(self.norm1(self.linear_embedding1(x)))
        out: Tensor = x + self.linear_embedding2(nn.functional.silu(self.fan(mixed)))
        return out


class TemporalFlowModule(_Aggregation):
    """TFM: bidirectional SSD over time, then local and global motion aggregation."""

    def __init__(self, width: int, window: int, dropout: float) -> None:
        """Build for windows of frames of width channels."""
        super().__init__(width, window, dropout)
        self.mamba2_for = Mamba2(width)
        self.mamba2_back = Mamba2(width)

    def forward(self, x: Tensor) -> Tensor:
        """Run over a window (b, L, width)."""
        y = self.norm0(x)
        ahead, _ = self.mamba2_for(y)
        back, _ = self.mamba2_back(y.flip(1))
        return self.aggregate(x + ahead + back.flip(1))


class KinematicFlowModule(_Aggregation):
    """SKFM: SSD through the joints of all frames in kinematic and reversed order."""

    def __init__(
        self, width: int, window: int, dropout: float, order: Sequence[int], unused: bool
    ) -> None:
        """Build for windows of frames of width channels."""
        super().__init__(width, window, dropout)
        self.linear0 = nn.Linear(width, NUM_JOINTS * _JOINT_WIDTH)
        if unused:
            self.linear1 = nn.Linear(NUM_JOINTS * _JOINT_WIDTH, width)
        self.mamba2_for1 = Mamba2(_JOINT_WIDTH, headdim=16)
        self.mamba2_back1 = Mamba2(_JOINT_WIDTH, headdim=16)
        self.fan2 = _Fan(NUM_JOINTS * _JOINT_WIDTH, width)
        self.order = tuple(order)

    def forward(self, x: Tensor) -> Tensor:
        """Run over a window (b, L, width)."""
        batch, length, _ = x.shape
        tokens = self.linear0(self.norm0(x)).view(batch, length, NUM_JOINTS, _JOINT_WIDTH)
        order = list(self.order)
        mixed = torch.zeros_like(tokens)
        for mamba, joints in ((self.mamba2_for1, order), (self.mamba2_back1, order[::-1])):
            y, _ = mamba(tokens[:, :, joints].flatten(1, 2), chunk=len(joints))
            y = y.view(batch, length, len(joints), _JOINT_WIDTH)
            mixed = mixed.index_add(2, torch.tensor(joints, device=x.device), y)
        return self.aggregate(x + self.fan2(mixed.flatten(2)))


class KineST(nn.Module):
    """The published network: a window of tracker features in, 22 local rotations (6D) out."""

    def __init__(
        self,
        width: int = 256,
        window: int = 96,
        dropout: float = 0.1,
        order: Sequence[int] = KINEMATIC_ORDER,
        unused_linear1: bool = False,
        num_inputs: int = NUM_INPUTS,
    ) -> None:
        """Build the network.

        Args:
            width: channels of a frame.
            window: frames per window; the local aggregator is a dense mix of this many positions.
            dropout: of the transformer encoders.
            order: joints in scan order; a joint left out contributes zero.
            unused_linear1: also build the released code's layer that nothing uses.
            num_inputs: features of a frame; 54 as published.
        """
        super().__init__()
        self.window = window
        self.input_fc = nn.Linear(num_inputs, width)
        self.temporary = _stack(TemporalFlowModule(width, window, dropout) for _ in range(2))
        self.temp_spatial = _stack(
            KinematicFlowModule(width, window, dropout, order, unused_linear1) for _ in range(2)
        )
        self.output_fc = nn.Linear(width, NUM_JOINTS * 6)

    def forward(self, features: Tensor) -> Tensor:
        """Run over whole windows.

        Args:
            features: (batch, window, num_inputs).

        Returns:
            (batch, window, 22, 6): local rotations, 6D; joint 0 is the root orientation.
        """
        x = self.input_fc(features)
        for module in (*self.temporary.mlps, *self.temp_spatial.mlps):  # type: ignore[misc]
            x = module(x)
        rotations: Tensor = self.output_fc(x).unflatten(-1, (NUM_JOINTS, 6))
        return rotations


def _stack(modules: "Sequence[nn.Module] | object") -> nn.Module:
    return nn.Sequential(OrderedDict(mlps=nn.ModuleList(modules)))  # type: ignore[arg-type]


def released_features(rotations_6d: Tensor, positions: Tensor) -> Tensor:
    """Return the published input (..., L, 54) of head, left wrist and right wrist.

    Args:
        rotations_6d: (..., L + 1, 3, 6) world_from_joint; one frame more than the output, since
            velocities need the frame before.
        positions: (..., L + 1, 3, 3), m.

    Returns:
        Rotations (18), angular velocities as 6D of R(t-1)^T R(t) (18), positions (9), position
        differences to the frame before (9).
    """
    matrices = matrix_from_sixd(rotations_6d)
    turned = matrices[..., :-1, :, :, :].transpose(-1, -2) @ matrices[..., 1:, :, :, :]
    parts = (
        rotations_6d[..., 1:, :, :],
        sixd_from_matrix(turned),
        positions[..., 1:, :, :],
        positions.diff(dim=-3),
    )
    return torch.cat([part.flatten(-2) for part in parts], dim=-1)
