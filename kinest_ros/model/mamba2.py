# SPDX-License-Identifier: Apache-2.0
"""The Mamba-2 layer, with mamba-ssm's parameter names, over explicit state."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from kinest_ros.model.causal_conv import causal_conv
from kinest_ros.model.ssd import ssd_chunked, ssd_step


class Mamba2State(NamedTuple):
    """What a Mamba-2 layer carries from one token to the next, in fp32.

    Attributes:
        conv: (batch, conv - 1, scans * (d_inner + 2 d_state)), the last inputs of the convolution.
        ssm: (batch, scans * heads, head_dim, d_state).
    """

    conv: Tensor
    ssm: Tensor


class Mamba2(nn.Module):
    """Mamba-2 (Dao and Gu 2024): gated SSD with a short causal convolution.

    With scans = 1 this is mamba-ssm's Mamba2 with one group and the same parameter names and
    meaning. With scans = 2 it is two independent layers side by side whose outputs are summed;
    the second one sees the tokens of each frame in reverse order. Both run as one set of products.
    """

    def __init__(
        self,
        d_model: int,
        d_state: int = 16,
        d_conv: int = 4,
        expand: int = 2,
        headdim: int = 64,
        scans: int = 1,
    ) -> None:
        """Build the layer; the initialisation follows mamba-ssm.

        Args:
            d_model: width of the tokens.
            d_state: size of the state per channel.
            d_conv: taps of the causal convolution.
            expand: inner width over d_model.
            headdim: width of a head.
            scans: 1, or 2 for a second layer over reversed frames.
        """
        super().__init__()
        self.d_model, self.d_state, self.d_conv = d_model, d_state, d_conv
        self.d_inner = expand * d_model
        self.headdim, self.scans = headdim, scans
        self.nheads = self.d_inner // headdim
        self.conv_dim = self.d_inner + 2 * d_state
        width = 2 * self.d_inner + 2 * d_state + self.nheads
        self.in_proj = nn.Linear(d_model, scans * width, bias=False)
        channels = scans * self.conv_dim
        # Kept as a Conv1d for its parameter names and initialisation.
        self.conv1d = nn.Conv1d(channels, channels, d_conv, groups=channels)
        heads = scans * self.nheads
        dt = torch.exp(torch.rand(heads) * (math.log(0.1) - math.log(0.001)) + math.log(0.001))
        dt = dt.clamp(min=1e-4)
        self.dt_bias = nn.Parameter(dt + torch.log(-torch.expm1(-dt)))
        self.A_log = nn.Parameter(torch.log(torch.empty(heads).uniform_(1, 16)))
        self.D = nn.Parameter(torch.ones(heads))
        self.norm = GatedRMSNorm(scans, self.d_inner)
        self.out_proj = nn.Linear(scans * self.d_inner, d_model, bias=False)

    def initial_state(self, batch: int) -> Mamba2State:
        """Return the zero state."""
        weight = self.dt_bias
        heads = self.scans * self.nheads
        return Mamba2State(
            weight.new_zeros(
                batch, self.d_conv - 1, self.scans * self.conv_dim, dtype=torch.float32
            ),
            weight.new_zeros(batch, heads, self.headdim, self.d_state, dtype=torch.float32),
        )

    def forward(
        self, x: Tensor, state: Mamba2State | None = None, chunk: int = 64, frame: int = 1
    ) -> tuple[Tensor, Mamba2State]:
        """Run over a sequence of tokens.

        Args:
            x: (batch, T, d_model).
            state: from initial_state or an earlier call; None for zero.
            chunk: tokens per SSD chunk.
            frame: tokens per frame; T is a multiple of it. The second scan reverses each frame.

        Returns:
            (batch, T, d_model) and the state after the last token.
        """
        batch, length, _ = x.shape
        if state is None:
            state = self.initial_state(batch)
        z, xbc, dt = self._project(x, frame)
        padded = torch.cat((state.conv.to(xbc.dtype), xbc), dim=1)
        xbc = self._convolve(padded)
        values, b, c = xbc.view(batch, length, self.scans, self.conv_dim).split(
            (self.d_inner, self.d_state, self.d_state), dim=-1
        )
        heads = self.scans * self.nheads
        values = values.reshape(batch, length, heads, self.headdim)
        dt = nn.functional.softplus(dt.float() + self.dt_bias)
        y, ssm = ssd_chunked(
            values.float() * dt.unsqueeze(-1),
            dt * -self.A_log.float().exp(),
            b.float(),
            c.float(),
            chunk,
            state.ssm,
        )
        y = (y + values * self.D.unsqueeze(-1)).reshape(batch, length, self.scans, self.d_inner)
        out = self._finish(y.to(x.dtype), z, frame)
        return out, Mamba2State(padded[:, length:].float(), ssm)

    def step(self, x: Tensor, state: Mamba2State) -> tuple[Tensor, Mamba2State]:
        """Run for one token (batch, d_model) of a layer with one scan; as forward for T = 1."""
        z, xbc, dt = self._project(x.unsqueeze(1), 1)
        padded = torch.cat((state.conv.to(xbc.dtype), xbc), dim=1)
        values, b, c = self._convolve(padded).split(
            (self.d_inner, self.d_state, self.d_state), dim=-1
        )
        values = values.reshape(x.shape[0], self.nheads, self.headdim)
        dt = nn.functional.softplus(dt[:, 0] + self.dt_bias)
        y, ssm = ssd_step(values * dt.unsqueeze(-1), dt * -self.A_log.exp(), b, c, state.ssm)
        y = (y + values * self.D.unsqueeze(-1)).view(x.shape[0], 1, 1, self.d_inner)
        return self._finish(y, z, 1)[:, 0], Mamba2State(padded[:, 1:], ssm)

    def _project(self, x: Tensor, frame: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return z (b, T, scans, d_inner), xbc (b, T, scans * conv_dim), dt (b, T, heads)."""
        batch, length, _ = x.shape
        u = self.in_proj(x).view(batch, length, self.scans, -1)
        z, xbc, dt = u.split((self.d_inner, self.conv_dim, self.nheads), dim=-1)
        xbc, dt = self._reverse_second(xbc, frame), self._reverse_second(dt, frame)
        return z, xbc.reshape(batch, length, -1), dt.reshape(batch, length, -1)

    def _reverse_second(self, tokens: Tensor, frame: int) -> Tensor:
        """Reverse the tokens of each frame in the second of two scans (b, T, scans, ...)."""
        if self.scans == 1:
            return tokens
        batch, length = tokens.shape[:2]
        second = tokens[:, :, 1].reshape(batch, length // frame, frame, -1).flip(2)
        return torch.stack((tokens[:, :, 0], second.view(batch, length, -1)), dim=2)

    def _convolve(self, padded: Tensor) -> Tensor:
        """Causal depthwise convolution with SiLU; padded (b, d_conv - 1 + T, channels)."""
        assert self.conv1d.bias is not None
        taps = self.conv1d.weight[:, 0].t()
        return nn.functional.silu(causal_conv(padded, taps, self.conv1d.bias))

    def _finish(self, y: Tensor, z: Tensor, frame: int) -> Tensor:
        y = self.norm(self._reverse_second(y, frame), z)
        return self.out_proj(y.flatten(2))


class GatedRMSNorm(nn.Module):
    """RMSNorm of y SiLU(z) within each scan."""

    def __init__(self, scans: int, width: int) -> None:
        """Build a norm over width channels for each scan."""
        super().__init__()
        self.weight = nn.Parameter(torch.ones(scans * width))
        self.scans = scans

    def forward(self, y: Tensor, z: Tensor) -> Tensor:
        """Return the normalised, gated y; y, z (batch, T, scans, width)."""
        gated = y * nn.functional.silu(z)
        scale = torch.rsqrt(gated.float().square().mean(-1, keepdim=True) + 1e-5)
        return gated * scale.to(gated.dtype) * self.weight.view(self.scans, -1)
