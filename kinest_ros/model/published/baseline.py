# SPDX-License-Identifier: Apache-2.0
"""The published network with its features and decoding, as a baseline that can be trained here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.rotations_torch import matrix_from_sixd, sixd_from_matrix
from kinest_ros.errors import KinestError
from kinest_ros.model.device import resolve_device
from kinest_ros.model.feature_layout import NUM_FEATURES
from kinest_ros.model.features import (
    canonical_from_root,
    describe_body,
    extract_features,
    root_from_canonical,
)
from kinest_ros.model.published.checkpoint import load_released
from kinest_ros.model.published.network import NUM_INPUTS, KineST, released_features
from kinest_ros.model.scan_order import KINEMATIC_ORDER
from kinest_ros.model.weights import read_weights, write_weights

FORMAT = "kinest_ros/published/1"
FEATURES = ("raw", "canonical")


@dataclass(frozen=True)
class PublishedConfig:
    """The shape of a published network.

    Attributes:
        width: channels of a frame; 256 as published.
        window: frames per window; 96 as published.
        dropout: in training.
        features: "raw", the published 54 in world axes; or "canonical", those of the streaming
            network: relative to where the head stands and faces, with the wearer's proportions
            and flags for missing trackers.
    """

    width: int = 256
    window: int = 96
    dropout: float = 0.1
    features: str = "raw"

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        if self.features not in FEATURES:
            raise KinestError(f"features are {self.features!r}; use {' or '.join(FEATURES)}")
        if self.width < 32 or self.width % 32:
            raise KinestError(
                f"the published network's width is {self.width}; it must be a multiple of 32"
            )
        if self.window < 2:
            raise KinestError(f"the published network's window is {self.window}; use 2 or more")

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return asdict(self)


class PublishedKineST(nn.Module):
    """KineST behind the same inputs as the streaming network: poses of trackers, rest offsets."""

    weights_name: str = "untrained"
    weights_hash: str = ""

    def __init__(
        self, config: PublishedConfig | None = None, order: Sequence[int] = KINEMATIC_ORDER
    ) -> None:
        """Build with random weights; order is the scan order of the joints."""
        super().__init__()
        self.config = config = config or PublishedConfig()
        inputs = NUM_INPUTS if config.features == "raw" else NUM_FEATURES
        self.net = KineST(config.width, config.window, config.dropout, order, num_inputs=inputs)

    def features(
        self, positions: Tensor, rotations: Tensor, valid: Tensor, rest_offsets: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the features of sequences (b, L, F) and world_from_heading (b, L, 3, 3).

        The first frame has no frame before it: its velocities are zero. With raw features the
        heading is the identity, and head and hands must be valid.

        Args:
            positions: (b, L, 6, 3) of the tracked links, m.
            rotations: (b, L, 6, 3, 3) world_from_link.
            valid: (b, L, 6) bool.
            rest_offsets: (b, 22, 3), m.
        """
        if self.config.features == "canonical":
            features, heading, _ = extract_features(
                positions, rotations, valid, describe_body(rest_offsets)
            )
            return features, heading
        link = torch.as_tensor(JOINT_FROM_LINK, dtype=rotations.dtype, device=rotations.device)
        joints = rotations[:, :, :3] @ link.t()
        sixd = sixd_from_matrix(torch.cat((joints[:, :1], joints), dim=1))
        at = positions[:, :, :3]
        features = released_features(sixd, torch.cat((at[:, :1], at), dim=1).to(sixd.dtype))
        identity = torch.eye(3, dtype=rotations.dtype, device=rotations.device)
        return features, identity.expand(*rotations.shape[:2], 3, 3)

    def forward(self, features: Tensor) -> Tensor:
        """Return rotations (b, window, 22, 6) of whole windows of features."""
        out: Tensor = self.net(features)
        return out

    def target(self, local_rotations: Tensor, heading: Tensor) -> Tensor:
        """Return what forward should return (..., 22, 6) for true rotations (..., 22, 3, 3)."""
        target = local_rotations
        if self.config.features == "canonical":
            target = local_rotations.clone()
            target[..., 0, :, :] = canonical_from_root(local_rotations[..., 0, :, :], heading)
        return sixd_from_matrix(target)

    def in_world(self, sixd: Tensor, heading: Tensor) -> Tensor:
        """Return local rotations (..., 22, 3, 3), [..., 0] world_from_pelvis; undoes target."""
        rotations = matrix_from_sixd(sixd)
        if self.config.features == "canonical":
            root = root_from_canonical(rotations[..., 0, :, :], heading)
            rotations = torch.cat((root.unsqueeze(-3), rotations[..., 1:, :, :]), dim=-3)
        return rotations


def offline(model: PublishedKineST, features: Tensor) -> Tensor:
    """Return rotations (b, L, 22, 6) by windows side by side: frames see the future.

    The last window ends with the sequence and overlaps the one before; a sequence shorter than
    a window is filled up with its last frame.

    Args:
        model: the network, in evaluation mode.
        features: (b, L, F).
    """
    window, length = model.config.window, features.shape[1]
    if length < window:
        features = torch.cat((features, features[:, -1:].expand(-1, window - length, -1)), dim=1)
        out: Tensor = model(features)[:, :length]
        return out
    starts = [*range(0, length - window + 1, window)]
    outputs = [model(features[:, start : start + window]) for start in starts]
    done = starts[-1] + window
    if done < length:
        outputs.append(model(features[:, length - window :])[:, done - length :])
    return torch.cat(outputs, dim=1)


def online(model: PublishedKineST, features: Tensor, batch: int = 32) -> Tensor:
    """Return rotations (b, L, 22, 6): of every frame, the last of the window that ends there.

    Before the first frame, windows are filled up with it.

    Args:
        model: the network, in evaluation mode.
        features: (b, L, F).
        batch: windows in one pass.
    """
    window = model.config.window
    filled = torch.cat((features[:, :1].expand(-1, window - 1, -1), features), dim=1)
    windows = filled.unfold(1, window, 1).transpose(-1, -2)
    outputs = []
    for sequence in windows:
        parts = [model(part)[:, -1] for part in sequence.split(batch)]
        outputs.append(torch.cat(parts))
    return torch.stack(outputs)


def save_published(model: PublishedKineST, path: Path, training: dict[str, Any]) -> Path:
    """Write path (.safetensors) and its .json with the shape and how it was trained."""
    return write_weights(model, FORMAT, model.config.to_dict(), path, training)


def load_published(path: str | Path, device: str = "cpu") -> PublishedKineST:
    """Load a baseline: our own .safetensors file, or a checkpoint that the authors released.

    Raises:
        KinestError: a file that is missing, damaged or of another network.
    """
    path = Path(path)
    if path.suffix in (".pt", ".pth", ".ckpt"):
        net = load_released(path)
        config = PublishedConfig(width=net.input_fc.out_features, window=net.window)
        model = PublishedKineST(config)
        model.net = net
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        model.weights_name, model.weights_hash = path.stem, digest
    else:
        model, name, digest = read_weights(
            path, FORMAT, lambda shape: PublishedKineST(PublishedConfig(**shape))
        )
        model.weights_name, model.weights_hash = name, digest
    return model.to(resolve_device(device)).eval().requires_grad_(False)
