# SPDX-License-Identifier: Apache-2.0
"""Joint tokens that belong to joints: what each is made of, how it flows, and what is read of it.

Token j is the sum of an embedding of joint j, its bone (the length next to it as the features have
it, in units of the wearer's height), the features of the tracker that joint j carries, if any, and,
in every block, a projection of the frame. Its rotation and expected error are read from token j
alone, the contact of a foot from the token of that foot's toes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kinest_ros.body.joints import JOINT_INDEX, NUM_JOINTS, NUM_SLOTS, PARENTS, SLOT_JOINTS
from kinest_ros.model.causal import BlockState, GlobalMotion, LocalMotion
from kinest_ros.model.cpu_training.dropout import Dropout
from kinest_ros.model.feature_layout import NUM_BODY_FEATURES, PER_SLOT
from kinest_ros.model.initial import first_values
from kinest_ros.model.ssd.tree_scan import TreeScan, list_parents

#: Which of the eight lengths of BodyShape.proportions is the bone from a joint's parent to it.
_BONES = {
    "hip": 7, "knee": 0, "ankle": 1, "spine1": 2, "spine2": 2, "spine3": 2, "neck": 3, "head": 3,
    "collar": 4, "shoulder": 4, "elbow": 5, "wrist": 6,
}  # fmt: skip
_TOES = [JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]]


def _normal(size: float, *shape: int) -> Tensor:
    return first_values(shape, lambda: size * torch.randn(shape))


class JointTokens(nn.Module):
    """Makes the tokens (..., 22, width) of features (..., NUM_FEATURES)."""

    bones: Tensor

    def __init__(self, width: int) -> None:
        """Build for tokens of width channels."""
        super().__init__()
        self.embedding = nn.Parameter(_normal(0.5, NUM_JOINTS, width))
        self.bone = nn.Parameter(_normal(0.1, NUM_JOINTS, width))
        self.trackers = nn.ModuleList(nn.Linear(PER_SLOT, width) for _ in range(NUM_SLOTS))
        bones = torch.zeros(NUM_JOINTS, NUM_BODY_FEATURES)
        for name, joint in JOINT_INDEX.items():
            which = _BONES.get(name.removeprefix("left_").removeprefix("right_"))
            if which is not None:
                bones[joint, which] = 1.0
        self.register_buffer("bones", bones, persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Return the tokens."""
        slots = features[..., : NUM_SLOTS * PER_SLOT].unflatten(-1, (NUM_SLOTS, PER_SLOT))
        lengths = features[..., -NUM_BODY_FEATURES:] @ self.bones.t()
        tokens = self.embedding + lengths.unsqueeze(-1) * self.bone
        seen = [linear(slots[..., slot, :]) for slot, linear in enumerate(self.trackers)]
        joints = list(SLOT_JOINTS)
        carried = torch.zeros_like(tokens)
        carried[..., joints, :] = torch.stack(seen, dim=-2).to(tokens.dtype)
        return tokens + carried


class JointFlow(nn.Module):
    """Spatiotemporal kinematic flow with one token per joint; see kinest_ros.model.ssd.tree_scan.

    The frame moves on in time first, then tells every joint, then the joints tell each other along
    the body, and then the frame (but after the last block nobody asks the frame).
    """

    def __init__(
        self,
        width: int,
        joint_width: int,
        d_state: int,
        mixer_d_state: int,
        local_taps: int,
        bottleneck: int,
        dropout: float,
        global_memory: bool = True,
        joint_scan: str = "tree",
        last: bool = False,
    ) -> None:
        """Build as KinematicFlow; joint_scan is "tree", "both" (a list) or "none"."""
        super().__init__()
        parents = {"tree": PARENTS, "both": list_parents(), "none": None}[joint_scan]
        self.local = LocalMotion(width, local_taps)
        self.mixer = GlobalMotion(width, mixer_d_state, dropout, global_memory)
        self.norm = nn.LayerNorm(width)
        self.to_joints = nn.Linear(width, NUM_JOINTS * joint_width)
        self.token_norm = nn.LayerNorm(joint_width)
        self.scan = TreeScan(joint_width, d_state, headdim=min(16, joint_width), parents=parents)
        self.from_joints = None if last else nn.Sequential(
            nn.Linear(NUM_JOINTS * joint_width, bottleneck), nn.Linear(bottleneck, width)
        )  # fmt: skip
        self.dropout = Dropout(dropout)

    def initial_state(self, batch: int) -> BlockState:
        """Return the zero state."""
        width = self.local.conv.in_channels
        past = self.local.conv.weight.new_zeros(
            batch, self.local.taps - 1, width, dtype=torch.float32
        )
        return BlockState(
            self.scan.initial_state(batch), past, self.mixer.mixer.initial_state(batch)
        )

    def forward(
        self, x: Tensor, tokens: Tensor, state: BlockState
    ) -> tuple[Tensor, Tensor, BlockState]:
        """Run over frames x (b, L, width) and their tokens (b, L, 22, joint_width)."""
        x, local = self.local(x, state.local)
        x, mixer = self.mixer(x, state.mixer)
        tokens = self._told(x, tokens)
        mixed, scan = self.scan(self.token_norm(tokens), state.scan)
        return (*self._heard(x, tokens, mixed), BlockState(scan, local, mixer))

    def step(
        self, x: Tensor, tokens: Tensor, state: BlockState
    ) -> tuple[Tensor, Tensor, BlockState]:
        """Run for one frame x (b, width) and its tokens (b, 22, joint_width)."""
        x, local = self.local.step(x, state.local)
        x, mixer = self.mixer.step(x, state.mixer)
        tokens = self._told(x, tokens)
        mixed, scan = self.scan.step(self.token_norm(tokens), state.scan)
        return (*self._heard(x, tokens, mixed), BlockState(scan, local, mixer))

    def _told(self, x: Tensor, tokens: Tensor) -> Tensor:
        out: Tensor = tokens + self.to_joints(self.norm(x)).unflatten(-1, tokens.shape[-2:])
        return out

    def _heard(self, x: Tensor, tokens: Tensor, mixed: Tensor) -> tuple[Tensor, Tensor]:
        tokens = tokens + self.dropout(mixed)
        if self.from_joints is not None:
            x = x + self.dropout(self.from_joints(tokens.flatten(-2)))
        return x, tokens


class JointReadout(nn.Module):
    """Reads each joint's rotation, expected error and contact from its own token."""

    def __init__(self, width: int) -> None:
        """Build for tokens of width channels; untrained, every joint is at rest."""
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.weight = nn.Parameter(_normal(1e-2, NUM_JOINTS, width, 6))
        self.bias = nn.Parameter(torch.tensor((1.0, 0.0, 0.0, 0.0, 1.0, 0.0)).repeat(NUM_JOINTS, 1))
        self.error_weight = nn.Parameter(torch.zeros(NUM_JOINTS, width))
        self.error_bias = nn.Parameter(torch.full((NUM_JOINTS,), -6.0))
        self.contact_weight = nn.Parameter(torch.zeros(len(_TOES), width))
        self.contact_bias = nn.Parameter(torch.zeros(len(_TOES)))

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return rotations (..., 22, 6), contact logits (..., 2) and log variances (..., 22)."""
        tokens = self.norm(tokens)
        rotations = (tokens.unsqueeze(-2) @ self.weight).squeeze(-2) + self.bias
        contacts = (tokens[..., _TOES, :] * self.contact_weight).sum(-1) + self.contact_bias
        return rotations, contacts, (tokens * self.error_weight).sum(-1) + self.error_bias
