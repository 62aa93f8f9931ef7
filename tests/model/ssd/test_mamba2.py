# SPDX-License-Identifier: Apache-2.0
"""Mamba-2: names and shapes of mamba-ssm, its definition, and streaming."""

import torch
from torch.nn import functional

from kinest_ros.model.ssd.mamba2 import Mamba2


def test_parameters_have_the_names_and_shapes_of_mamba_ssm():
    layer = Mamba2(64, d_state=16, d_conv=4, expand=2, headdim=16)
    shapes = {name: tuple(value.shape) for name, value in layer.state_dict().items()}
    assert shapes == {
        "in_proj.weight": (2 * 128 + 2 * 16 + 8, 64),
        "conv1d.weight": (128 + 32, 1, 4),
        "conv1d.bias": (128 + 32,),
        "dt_bias": (8,),
        "A_log": (8,),
        "D": (8,),
        "norm.weight": (128,),
        "out_proj.weight": (64, 128),
    }


def _by_definition(layer, x):
    """Mamba-2 token by token, written from its definition (z, x, B, C, dt from in_proj)."""
    inner, n, heads = layer.d_inner, layer.d_state, layer.nheads
    outputs = []
    for row in x:
        u = row @ layer.in_proj.weight.t()
        z, xbc, dt = u.split((inner, inner + 2 * n, heads), dim=-1)
        padded = functional.pad(xbc.t(), (layer.d_conv - 1, 0))[None]
        xbc = functional.silu(functional.conv1d(
            padded, layer.conv1d.weight, layer.conv1d.bias, groups=inner + 2 * n
        ))[0].t()  # fmt: skip
        values, b, c = xbc.split((inner, n, n), dim=-1)
        state = torch.zeros(heads, layer.headdim, n, dtype=x.dtype)
        rows = []
        for t in range(len(row)):
            step = functional.softplus(dt[t] + layer.dt_bias)
            decay = torch.exp(-step * layer.A_log.exp())
            v = values[t].view(heads, layer.headdim)
            state = decay[:, None, None] * state + step[:, None, None] * v[:, :, None] * b[t]
            rows.append(((state @ c[t]) + layer.D[:, None] * v).flatten())
        y = torch.stack(rows) * functional.silu(z)
        y = y / torch.sqrt(y.square().mean(-1, keepdim=True) + 1e-5) * layer.norm.weight
        outputs.append(y @ layer.out_proj.weight.t())
    return torch.stack(outputs)


def test_forward_is_the_definition():
    torch.manual_seed(0)
    layer = Mamba2(16, d_state=8, headdim=8)
    with torch.no_grad():
        layer.norm.weight.uniform_(0.5, 1.5)
        layer.D.uniform_(0.5, 1.5)
        x = torch.randn(2, 23, 16)
        y, _ = layer(x, chunk=5)
        torch.testing.assert_close(y, _by_definition(layer, x), atol=1e-5, rtol=1e-4)


def test_step_is_forward():
    torch.manual_seed(1)
    layer = Mamba2(16, d_state=8, headdim=8)
    x = torch.randn(3, 40, 16)
    with torch.no_grad():
        whole, last = layer(x, chunk=16)
        state = layer.initial_state(3)
        for t in range(40):
            y, state = layer.step(x[:, t], state)
            torch.testing.assert_close(y, whole[:, t], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(state.conv, last.conv)
    torch.testing.assert_close(state.ssm, last.ssm, atol=1e-5, rtol=1e-4)


def test_two_scans_are_two_layers_of_which_one_sees_frames_reversed():
    torch.manual_seed(2)
    frames, tokens = 6, 5
    both = Mamba2(8, d_state=4, headdim=8, scans=2)
    single = [Mamba2(8, d_state=4, headdim=8) for _ in range(2)]
    halves = {"out_proj.weight": 1}
    for index, layer in enumerate(single):
        layer.load_state_dict(
            {
                name: value.chunk(2, dim=halves.get(name, 0))[index]
                for name, value in both.state_dict().items()
            }
        )
    x = torch.randn(2, frames * tokens, 8)
    reverse = x.view(2, frames, tokens, 8).flip(2).reshape(x.shape)
    with torch.no_grad():
        y, _ = both(x, chunk=tokens, frame=tokens)
        first, _ = single[0](x, chunk=7)
        second, _ = single[1](reverse, chunk=7)
    second = second.view(2, frames, tokens, 8).flip(2).reshape(x.shape)
    torch.testing.assert_close(y, first + second, atol=1e-5, rtol=1e-4)
