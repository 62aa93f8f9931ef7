# SPDX-License-Identifier: Apache-2.0
"""A state space layer over the joints of a body: along the tree in a frame, each by itself in time.

The quadratic form of state space duality (Dao and Gu, 2024) with the mask of a tree instead of a
list: from token j to token i below it passes the product of the decays on the path between them
(those of all joints from j's child on the path down to i), and nothing passes to other branches.
The way from the leaves to the root is the transpose. A list is the tree in which everybody has one
child. In time every joint carries a state of its own, by the recurrence of ssd.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from kinest_ros.body.joints import NUM_JOINTS, PARENTS
from kinest_ros.model.initial import first_a_log, first_dt_bias
from kinest_ros.model.scan_order import KINEMATIC_ORDER
from kinest_ros.model.ssd.mamba2 import GatedRMSNorm, Mamba2State
from kinest_ros.model.ssd.ssd import ssd_chunked, ssd_step

#: Frames per SSD chunk over time.
_TIME_CHUNK = 64


def list_parents(order: Sequence[int] = KINEMATIC_ORDER) -> tuple[int, ...]:
    """Return the parents (22,) of joints in a list: each the one before it, -1 for the first."""
    parents = [-1] * len(order)
    for before, joint in pairwise(order):
        parents[joint] = before
    return tuple(parents)


def paths(parents: Sequence[int]) -> Tensor:
    """Return (J, J) with [i, k] = 1 where joint k lies on the way from the root to i, both incl."""
    found = torch.zeros(len(parents), len(parents))
    for joint in range(len(parents)):
        at = joint
        while at >= 0:
            found[joint, at] = 1.0
            at = parents[at]
    return found


class TreeScan(nn.Module):
    """Gated state space layer over joint tokens (batch, L, 22, width)."""

    on_path: Tensor

    def __init__(
        self,
        width: int,
        d_state: int = 16,
        expand: int = 2,
        headdim: int = 16,
        parents: Sequence[int] | None = PARENTS,
    ) -> None:
        """Build the layer.

        Args:
            width: of the tokens.
            d_state: size of the state per channel.
            expand: inner width over width.
            headdim: width of a head.
            parents: of each joint, -1 for the root; None lets nothing pass between joints.
        """
        super().__init__()
        self.d_state, self.headdim = d_state, headdim
        self.d_inner = expand * width
        self.heads = self.d_inner // headdim
        self.between = parents is not None
        #: Widths of z, the values, b and c in time, down and up the tree, and both decays.
        self.sizes = (self.d_inner, self.d_inner + 6 * d_state, 2 * self.heads)
        self.in_proj = nn.Linear(width, sum(self.sizes), bias=False)
        self.dt_bias = nn.Parameter(first_dt_bias(2 * self.heads))
        self.A_log = nn.Parameter(first_a_log(2 * self.heads))
        self.D = nn.Parameter(torch.ones(self.heads))
        self.norm = GatedRMSNorm(1, self.d_inner)
        self.out_proj = nn.Linear(self.d_inner, width, bias=False)
        tree = paths(PARENTS if parents is None else parents)
        self.register_buffer("on_path", tree, persistent=False)

    def initial_state(self, batch: int) -> Mamba2State:
        """Return the zero state; there is no convolution, so no state of one."""
        weight = self.dt_bias
        return Mamba2State(
            weight.new_zeros(batch, 0, dtype=torch.float32),
            weight.new_zeros(
                batch, NUM_JOINTS * self.heads, self.headdim, self.d_state, dtype=torch.float32
            ),
        )

    def forward(self, tokens: Tensor, state: Mamba2State) -> tuple[Tensor, Mamba2State]:
        """Run over tokens (batch, L, 22, width); return the same shape and the state after."""
        batch, length = tokens.shape[:2]
        z, values, (b, c, *tree), dt, decay = self._project(tokens)
        inputs = values * dt.unsqueeze(-1)

        def by_joint(x: Tensor) -> Tensor:
            return x.transpose(1, 2).flatten(0, 1)

        carried, ssm = ssd_chunked(
            by_joint(inputs),
            by_joint(decay[0]),
            by_joint(b).unsqueeze(2),
            by_joint(c).unsqueeze(2),
            _TIME_CHUNK,
            state.ssm.unflatten(1, (NUM_JOINTS, self.heads)).flatten(0, 1),
        )
        y = carried.view(batch, NUM_JOINTS, length, self.heads, self.headdim).transpose(1, 2)
        after = ssm.view(batch, NUM_JOINTS * self.heads, self.headdim, self.d_state)
        y = y + self._between(inputs, decay[1], *tree) + values * self.D.unsqueeze(-1)
        return self._finish(y, z), Mamba2State(state.conv, after)

    def step(self, tokens: Tensor, state: Mamba2State) -> tuple[Tensor, Mamba2State]:
        """Run for one frame of tokens (batch, 22, width); as forward for L = 1."""
        batch = tokens.shape[0]
        z, values, (b, c, *tree), dt, decay = self._project(tokens)
        inputs = values * dt.unsqueeze(-1)
        carried, ssm = ssd_step(
            inputs.flatten(0, 1),
            decay[0].flatten(0, 1),
            b.flatten(0, 1).unsqueeze(1),
            c.flatten(0, 1).unsqueeze(1),
            state.ssm.unflatten(1, (NUM_JOINTS, self.heads)).flatten(0, 1),
        )
        y = carried.view(batch, NUM_JOINTS, self.heads, self.headdim)
        after = ssm.view(batch, NUM_JOINTS * self.heads, self.headdim, self.d_state)
        y = y + self._between(inputs, decay[1], *tree) + values * self.D.unsqueeze(-1)
        return self._finish(y, z), Mamba2State(state.conv, after)

    def _project(
        self, tokens: Tensor
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...], Tensor, tuple[Tensor, Tensor]]:
        """Return z, the values, b and c in time, down and up, dt, and the decays in time and tree.

        Shapes (..., 22, heads, headdim) of the values, (..., 22, d_state) of b and c, and
        (..., 22, heads) of dt and the (logarithms of the) decays.
        """
        z, mixed, dt = self.in_proj(tokens).split(self.sizes, dim=-1)
        mixed = nn.functional.silu(mixed).float()
        values, *made = mixed.split((self.d_inner, *[self.d_state] * 6), dim=-1)
        dt = nn.functional.softplus(dt.float() + self.dt_bias)
        decay = (dt * -self.A_log.float().exp()).split(self.heads, dim=-1)
        values = values.unflatten(-1, (self.heads, self.headdim))
        return z, values, tuple(made), dt[..., : self.heads], (decay[0], decay[1])

    def _between(
        self, inputs: Tensor, decay: Tensor, b: Tensor, c: Tensor, b_up: Tensor, c_up: Tensor
    ) -> Tensor | float:
        """Return what comes from the joints above and below (..., 22, heads, headdim).

        Args:
            inputs: (..., 22, heads, headdim), values times dt.
            decay: (..., 22, heads), logarithm, of the way from a joint's parent to it.
            b: (..., 22, d_state), likewise c, down the tree.
            c: see b.
            b_up: likewise up the tree.
            c_up: see b_up.
        """
        if not self.between:
            return 0.0
        total = (self.on_path @ decay).transpose(-1, -2)
        # Masked before exp: off the path the exponent may be positive and overflow. A joint has
        # its own input by its state in time.
        above = self.on_path.bool() & ~torch.eye(
            NUM_JOINTS, dtype=torch.bool, device=self.on_path.device
        )
        down = (total.unsqueeze(-1) - total.unsqueeze(-2)).masked_fill(~above, float("-inf")).exp()
        weights = down * (c @ b.transpose(-1, -2)).unsqueeze(-3)
        weights = weights + down.transpose(-1, -2) * (c_up @ b_up.transpose(-1, -2)).unsqueeze(-3)
        return (weights @ inputs.transpose(-2, -3)).transpose(-2, -3)

    def _finish(self, y: Tensor, z: Tensor) -> Tensor:
        y = y.flatten(-2).to(z.dtype)
        mixed: Tensor = self.out_proj(self.norm(y.unsqueeze(-2), z.unsqueeze(-2)).flatten(-2))
        return mixed
