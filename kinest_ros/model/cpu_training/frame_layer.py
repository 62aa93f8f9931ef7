# SPDX-License-Identifier: Apache-2.0
"""Both scans of a Mamba2 layer over frames of tokens, for training on CPUs.

The same function as Mamba2's own (model/ssd/mamba2.py), with gradients by hand. Frames are the
leading axis, so that a few of them, of all streams, lie together in memory.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from kinest_ros.model.cpu_training.frame_conv import conv_silu
from kinest_ros.model.cpu_training.frame_scan import scan_frames
from kinest_ros.model.cpu_training.gated_norm import gated_norm


class Layer(Protocol):
    """What is read of a Mamba2 layer with two scans (kinest_ros.model.ssd.mamba2)."""

    d_inner: int
    conv_dim: int
    nheads: int
    conv1d: nn.Conv1d
    dt_bias: nn.Parameter
    A_log: nn.Parameter
    D: nn.Parameter
    in_proj: nn.Linear
    out_proj: nn.Linear
    norm: Any


def serves(parameter: Tensor) -> bool:
    """Return whether a layer with such parameters is to be run by train_both_scans now."""
    return (
        torch.is_grad_enabled()
        and parameter.device.type == "cpu"
        and parameter.dtype in (torch.float32, torch.float64)
    )


@torch.autocast("cpu", enabled=False)  # type: ignore[untyped-decorator]
def train_both_scans(
    layer: Layer, x: Tensor, conv: Tensor, ssm: Tensor, frame: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Run a layer with two scans, in the type of its parameters even under autocast.

    The products are small and what is between them gains nothing by bfloat16.

    Args:
        layer: whose parameters to use.
        x: (batch, T, d_model).
        conv: the past of the convolution, as in Mamba2State.
        ssm: the state, as in Mamba2State.
        frame: tokens per frame.

    Returns:
        (batch, T, d_model), and both states after the last frame; conv without gradient.
    """
    batch, length, d_model = x.shape
    x = x.to(layer.dt_bias.dtype)
    x = x.reshape(batch, length // frame, frame, d_model).transpose(0, 1).contiguous()
    inner, channels, heads = layer.d_inner, layer.conv_dim, layer.nheads
    taps, bias = layer.conv1d.weight[:, 0].t(), layer.conv1d.bias
    assert bias is not None
    rates = -layer.A_log.exp()
    out_weight = layer.out_proj.weight * layer.norm.weight
    outputs, pasts, states = [], [], []
    for scan in range(2):
        rows = layer.in_proj.weight.chunk(2)[scan].split((inner, channels, heads))
        z, xbc, dt = (nn.functional.linear(x, part) for part in rows)
        of, own = (
            slice(scan * channels, (scan + 1) * channels),
            slice(scan * heads, (scan + 1) * heads),
        )
        made, past = conv_silu(xbc, conv[..., of], taps[:, of], bias[of], turned=scan == 1)
        dt = nn.functional.softplus(dt + layer.dt_bias[own])
        y, state = scan_frames(
            made, dt, dt * rates[own], layer.D[own], ssm[:, own], turned=scan == 1
        )
        outputs.append(nn.functional.linear(gated_norm(y, z), out_weight.chunk(2, dim=1)[scan]))
        pasts.append(past)
        states.append(state)
    y = (outputs[0] + outputs[1]).transpose(0, 1).reshape(batch, length, d_model)
    return y, torch.cat(pasts, dim=-1), torch.cat(states, dim=1)
