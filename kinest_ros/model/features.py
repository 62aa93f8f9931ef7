# SPDX-License-Identifier: Apache-2.0
"""What the streaming network sees: tracker poses where the head stands and faces.

Positions and rotations are expressed relative to the point on the ground below the head and to
the head's heading (the twist of the head link about the vertical), with height kept, and lengths
in units of the wearer's own size. So it does not matter where in the world a person stands, which
way they face, or how tall they are.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import NUM_SLOTS
from kinest_ros.body.rotations_torch import vee
from kinest_ros.model.feature_layout import (
    ANGULAR_SCALE,
    CENTRES,
    FRAME_RATE,
    POSITION_SCALE,
    ROTATION_SCALE,
    VELOCITY_SCALE,
    deviations,
    size_factor,
)


class FeatureState(NamedTuple):
    """The frame before.

    Attributes:
        positions: (b, 6, 3) of the trackers, m.
        rotations: (b, 6, 3, 3) world_from_link.
        valid: (b, 6) bool.
        heading: (b, 3, 3) world_from_heading.
    """

    positions: Tensor
    rotations: Tensor
    valid: Tensor
    heading: Tensor


def initial_feature_state(batch: int, device: torch.device | str = "cpu") -> FeatureState:
    """Return the state before the first frame: nothing was valid."""
    return FeatureState(
        torch.zeros(batch, NUM_SLOTS, 3, device=device),
        torch.eye(3, device=device).expand(batch, NUM_SLOTS, 3, 3),
        torch.zeros(batch, NUM_SLOTS, dtype=torch.bool, device=device),
        torch.eye(3, device=device).expand(batch, 3, 3),
    )


def heading_matrix(world_from_link: Tensor) -> Tensor:
    """Return the heading of links (..., 3, 3) as rotations about the world's z (..., 3, 3).

    See kinest_ros.body.frames.heading_yaw; a link turned upside down, which has no heading, gets
    the identity.
    """
    m = world_from_link
    sine = m[..., 1, 0] - m[..., 0, 1]
    cosine = m[..., 0, 0] + m[..., 1, 1]
    norm = torch.sqrt(sine * sine + cosine * cosine)
    defined = norm > 1e-6
    norm = norm.clamp(min=1e-6)
    sine = torch.where(defined, sine / norm, torch.zeros_like(sine))
    cosine = torch.where(defined, cosine / norm, torch.ones_like(cosine))
    zero, one = torch.zeros_like(sine), torch.ones_like(sine)
    rows = (cosine, -sine, zero, sine, cosine, zero, zero, zero, one)
    rotation: Tensor = torch.stack(rows, dim=-1).unflatten(-1, (3, 3))
    return rotation


class BodyShape(NamedTuple):
    """What the network is told of the wearer; constant over a stream.

    Attributes:
        size: (b,) rest head height relative to the reference of 1.5 m.
        proportions: (b, 8) thigh, shank, trunk, neck and head, shoulder breadth, upper arm,
            forearm and hip breadth, each as a deviation from the usual one after scaling to the
            same head height.
    """

    size: Tensor
    proportions: Tensor


def describe_body(rest_offsets: Tensor) -> BodyShape:
    """Return the shape of skeletons with rest offsets (b, 22, 3), m."""
    size = size_factor(rest_offsets)
    return BodyShape(size, torch.stack(deviations(rest_offsets, size), dim=-1))


def extract_features(
    positions: Tensor,
    rotations: Tensor,
    valid: Tensor,
    body: BodyShape,
    state: FeatureState | None = None,
    cuts: Tensor | None = None,
    canonical: bool = True,
) -> tuple[Tensor, Tensor, FeatureState]:
    """Return the network's input for a sequence of tracker poses.

    Args:
        positions: (b, L, 6, 3) of the tracked links in the world, m, z up; any value where not
            valid. Double precision is worth it far from the world's origin.
        rotations: (b, L, 6, 3, 3) world_from_link.
        valid: (b, L, 6) bool. The head must be valid.
        body: the wearer's shape, see describe_body.
        state: from an earlier call; None at the start of a stream.
        cuts: (b, L) bool, frames that do not continue the frame before (their velocities are
            zero); None for none.
        canonical: False leaves everything in the world's axes and about its origin, to show what
            it is worth not to; the heading is then the identity.

    Returns:
        features (b, L, NUM_FEATURES), heading (b, L, 3, 3) world_from_heading, and the state.
    """
    batch = positions.shape[0]
    if state is None:
        state = initial_feature_state(batch, positions.device)
    heading = heading_matrix(rotations[:, :, 0])
    if not canonical:
        heading = torch.eye(3, dtype=heading.dtype, device=heading.device).expand_as(heading)
    to_heading = heading.transpose(-1, -2)
    size = body.size[:, None, None, None]

    # A slot that is not valid keeps no trace: where() rather than a product, since 0 * nan is nan.
    mask = valid.unsqueeze(-1)
    ground = positions[:, :, :1] * positions.new_tensor((1.0, 1.0, 0.0) if canonical else 0.0)
    # Differences are taken before the precision is lowered: single precision a few metres from
    # the world's origin would show as noise in the velocities.
    placed = (positions - ground).to(rotations.dtype) @ heading / size
    placed = (placed - rotations.new_tensor(CENTRES)) * POSITION_SCALE
    turned = to_heading.unsqueeze(2) @ rotations
    identity = torch.eye(3, device=rotations.device, dtype=rotations.dtype)
    turned_6d = (turned - identity)[..., :2].transpose(-1, -2).flatten(-2) * ROTATION_SCALE

    first = state.positions.to(positions.dtype).unsqueeze(1)
    before = torch.cat((first, positions[:, :-1]), dim=1)
    rotations_before = torch.cat((state.rotations.unsqueeze(1), rotations[:, :-1]), dim=1)
    valid_before = torch.cat((state.valid.unsqueeze(1), valid[:, :-1]), dim=1)
    moving = (valid & valid_before).unsqueeze(-1)
    if cuts is not None:
        moving = moving & ~cuts[:, :, None, None]
    moved = (positions - before).to(rotations.dtype)
    velocity = moved @ heading / size * (FRAME_RATE * VELOCITY_SCALE)
    relative = rotations_before.transpose(-1, -2) @ rotations
    angular = vee(relative) * (FRAME_RATE * ANGULAR_SCALE)

    zero = rotations.new_zeros(())
    slots = torch.cat(
        (
            torch.where(mask, placed, zero),
            torch.where(mask, turned_6d, zero),
            torch.where(moving, velocity, zero),
            torch.where(moving, angular, zero),
            mask.to(rotations.dtype),
        ),
        dim=-1,
    ).flatten(2)

    heading_before = torch.cat((state.heading.unsqueeze(1), heading[:, :-1]), dim=1)
    turn = (heading_before.transpose(-1, -2) @ heading)[..., 1, 0] * (FRAME_RATE * ANGULAR_SCALE)
    turn = torch.where(moving[:, :, 0, 0], turn, zero).unsqueeze(-1)
    proportions = body.proportions.unsqueeze(1).expand(-1, positions.shape[1], -1)
    features = torch.cat((slots, turn, proportions), dim=-1)
    new_state = FeatureState(positions[:, -1], rotations[:, -1], valid[:, -1], heading[:, -1])
    return features, heading, new_state


def root_from_canonical(canonical: Tensor, heading: Tensor) -> Tensor:
    """Return world_from_pelvis (..., 3, 3) from the network's root rotation.

    Args:
        canonical: (..., 3, 3) heading_from_pelvis_link, near identity for a person facing ahead.
        heading: (..., 3, 3) world_from_heading.
    """
    link = torch.as_tensor(JOINT_FROM_LINK, dtype=canonical.dtype, device=canonical.device)
    return heading @ canonical @ link.t()


def canonical_from_root(world_from_pelvis: Tensor, heading: Tensor) -> Tensor:
    """Return heading_from_pelvis_link (..., 3, 3); the inverse of root_from_canonical."""
    link = torch.as_tensor(
        JOINT_FROM_LINK, dtype=world_from_pelvis.dtype, device=world_from_pelvis.device
    )
    return heading.transpose(-1, -2) @ world_from_pelvis @ link
