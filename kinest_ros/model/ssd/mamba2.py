# SPDX-License-Identifier: Apache-2.0
"""The Mamba-2 layer, with mamba-ssm's parameter names, over explicit state."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from kinest_ros.model.cpu_training.frame_layer import serves, train_both_scans
from kinest_ros.model.cpu_training.gated_norm import EPSILON
from kinest_ros.model.initial import first_a_log, first_dt_bias
from kinest_ros.model.ssd.causal_conv import causal_conv
from kinest_ros.model.ssd.ssd import ssd_chunked, ssd_step
from kinest_ros.model.ssd.ssd_frames import conv_frames, ssd_frames


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
        self.dt_bias = nn.Parameter(first_dt_bias(heads))
        self.A_log = nn.Parameter(first_a_log(heads))
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
        if self.scans == 2 and serves(self.dt_bias):
            y, conv, ssm = train_both_scans(self, x, state.conv, state.ssm, frame)
            return y, Mamba2State(conv, ssm)
        if self.scans == 2:
            return self._both_scans(x, state, frame)
        z, xbc, dt = self.in_proj(x).split((self.d_inner, self.conv_dim, self.nheads), dim=-1)
        padded = torch.cat((state.conv.to(xbc.dtype), xbc), dim=1)
        values, b, c = self._convolve(padded).split(
            (self.d_inner, self.d_state, self.d_state), dim=-1
        )
        values = values.reshape(batch, length, self.nheads, self.headdim)
        dt = nn.functional.softplus(dt.float() + self.dt_bias)
        y, ssm = ssd_chunked(
            values.float() * dt.unsqueeze(-1),
            dt * -self.A_log.float().exp(),
            b.float().unsqueeze(2),
            c.float().unsqueeze(2),
            chunk,
            state.ssm,
        )
        y = (y + values * self.D.unsqueeze(-1)).reshape(batch, length, 1, self.d_inner)
        out = self._finish(y.to(x.dtype), z.unsqueeze(2))
        return out, Mamba2State(padded[:, length:].float(), ssm)

    def _both_scans(self, x: Tensor, state: Mamba2State, frame: int) -> tuple[Tensor, Mamba2State]:
        batch, length, _ = x.shape
        heads, width = self.nheads, self.headdim
        framed = (batch, length // frame, frame)
        # One product for each part: a split of one would leave views with gaps, copied again.
        weight = self.in_proj.weight.view(2, -1, self.d_model)
        parts = weight.split((self.d_inner, self.conv_dim, heads), dim=1)
        linear = nn.functional.linear
        z = linear(x, parts[0].reshape(-1, self.d_model)).view(batch, length, 2, self.d_inner)
        first, second = (linear(x, part).view(*framed, -1) for part in parts[1])
        dt = linear(x, parts[2].reshape(-1, self.d_model)).view(*framed, 2, heads)

        assert self.conv1d.bias is not None
        taps = self.conv1d.weight[:, 0].t()
        first, second, conv = conv_frames(first, second, state.conv, taps, self.conv1d.bias)
        sizes = (self.d_inner, self.d_state, self.d_state)
        scans = [nn.functional.silu(made).split(sizes, dim=-1) for made in (first, second)]
        values = torch.stack(
            [scan[0].view(*framed, heads, width).transpose(2, 3) for scan in scans], dim=2
        )
        b, c = (torch.stack([scan[part] for scan in scans], dim=2).float() for part in (1, 2))
        bias, rate = self.dt_bias.view(2, heads), -self.A_log.float().exp().view(2, heads, 1)
        dt = nn.functional.softplus(dt.float() + bias).permute(0, 1, 3, 4, 2)
        y, ssm = ssd_frames(values.float() * dt.unsqueeze(-1), dt * rate, b, c, state.ssm)
        y = y + values * self.D.view(2, heads, 1, 1)
        y = y.permute(0, 1, 4, 2, 3, 5).reshape(batch, length, 2, self.d_inner)
        return self._finish(y.to(x.dtype), z), Mamba2State(conv.float(), ssm)

    def step(self, x: Tensor, state: Mamba2State) -> tuple[Tensor, Mamba2State]:
        """Run for one token (batch, d_model) of a layer with one scan; as forward for T = 1."""
        u = self.in_proj(x.unsqueeze(1))
        z, xbc, dt = u.split((self.d_inner, self.conv_dim, self.nheads), dim=-1)
        padded = torch.cat((state.conv.to(xbc.dtype), xbc), dim=1)
        values, b, c = self._convolve(padded).split(
            (self.d_inner, self.d_state, self.d_state), dim=-1
        )
        values = values.reshape(x.shape[0], self.nheads, self.headdim)
        dt = nn.functional.softplus(dt[:, 0] + self.dt_bias)
        y, ssm = ssd_step(values * dt.unsqueeze(-1), dt * -self.A_log.exp(), b, c, state.ssm)
        y = (y + values * self.D.unsqueeze(-1)).view(x.shape[0], 1, 1, self.d_inner)
        return self._finish(y, z.unsqueeze(2))[:, 0], Mamba2State(padded[:, 1:], ssm)

    def _convolve(self, padded: Tensor) -> Tensor:
        """Causal depthwise convolution with SiLU; padded (b, d_conv - 1 + T, channels)."""
        assert self.conv1d.bias is not None
        taps = self.conv1d.weight[:, 0].t()
        return nn.functional.silu(causal_conv(padded, taps, self.conv1d.bias))

    def _finish(self, y: Tensor, z: Tensor) -> Tensor:
        mixed: Tensor = self.out_proj(self.norm(y, z).flatten(2))
        return mixed


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
        scale = torch.rsqrt(gated.float().square().mean(-1, keepdim=True) + EPSILON)
        return gated * scale.to(gated.dtype) * self.weight.view(self.scans, -1)
