# SPDX-License-Identifier: Apache-2.0
"""How the network's input is laid out and scaled, and what it is told of the wearer's bones.

Shared by kinest_ros.model.features, for sequences in PyTorch, and
kinest_ros.runtime.live_features, for one frame at a time without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, NUM_SLOTS

if TYPE_CHECKING:
    from torch import Tensor

    Offsets = TypeVar("Offsets", np.ndarray, Tensor)
else:
    Offsets = TypeVar("Offsets")

#: Head joint height, m, of the size that all lengths are scaled to.
REFERENCE_HEAD_HEIGHT = 1.5
#: m, the eight lengths of `BodyShape.proportions` at that size which count as usual: those of
#: Drillis and Contini, as in Winter. Weights are trained against them, so they stay, whatever the
#: default skeleton is.
_LENGTHS = (
    0.4152542372881356, 0.4169491525423729, 0.2969626659219686, 0.22228185228022856,
    0.17796610169491528, 0.28813559322033905, 0.24745762711864408, 0.08474576271186442,
)  # fmt: skip

FRAME_RATE = 60.0
PER_SLOT = 16
_EXTRA = 1
NUM_BODY_FEATURES = 8
NUM_FEATURES = NUM_SLOTS * PER_SLOT + _EXTRA + NUM_BODY_FEATURES

# Fixed centres and scales that bring each quantity to about unit size for a standing person.
CENTRES = (
    (0.0, 0.0, 1.45),
    (0.2, 0.2, 1.0),
    (0.2, -0.2, 1.0),
    (-0.1, 0.0, 0.9),
    (-0.1, 0.1, 0.1),
    (-0.1, -0.1, 0.1),
)
POSITION_SCALE = 3.0
ROTATION_SCALE = 1.5
VELOCITY_SCALE = 1.0
ANGULAR_SCALE = 0.3
_BODY_SCALE = 10.0


def size_factor(rest_offsets: Offsets) -> Offsets:
    """Return the wearer's size (...) relative to the reference: rest head height over 1.5 m.

    Args:
        rest_offsets: (..., 22, 3) m, each joint from its parent in the rest pose, SMPL's axes.
    """
    chain = [JOINT_INDEX[name] for name in ("spine1", "spine2", "spine3", "neck", "head")]
    legs = [
        JOINT_INDEX[f"{side}_{name}"]
        for side in ("left", "right")
        for name in ("hip", "knee", "ankle", "foot")
    ]
    heights = rest_offsets[..., 1]
    # The sole lies 2 cm below the toe joints.
    height = heights[..., chain].sum(-1) - heights[..., legs].sum(-1) / 2 + 0.02
    factor: Offsets = height / REFERENCE_HEAD_HEIGHT
    return factor


def deviations(rest_offsets: Offsets, size: Offsets) -> list[Offsets]:
    """Return the eight numbers of `BodyShape.proportions`, each (...).

    Args:
        rest_offsets: as size_factor.
        size: what that returned.
    """

    def bones(*names: str) -> Offsets:
        offsets = rest_offsets[..., [JOINT_INDEX[name] for name in names], :]
        total: Offsets = ((offsets * offsets).sum(-1) ** 0.5).sum(-1)
        return total

    def breadth(*names: str) -> Offsets:
        total: Offsets = abs(rest_offsets[..., [JOINT_INDEX[name] for name in names], 0]).sum(-1)
        return total

    lengths = (
        bones("left_knee", "right_knee") / 2,
        bones("left_ankle", "right_ankle") / 2,
        bones("spine1", "spine2", "spine3"),
        bones("neck", "head"),
        breadth("left_collar", "left_shoulder", "right_collar", "right_shoulder") / 2,
        bones("left_elbow", "right_elbow") / 2,
        bones("left_wrist", "right_wrist") / 2,
        breadth("left_hip", "right_hip") / 2,
    )
    return [
        (length / size - usual) * _BODY_SCALE
        for length, usual in zip(lengths, _LENGTHS, strict=True)
    ]
