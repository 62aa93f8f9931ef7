# SPDX-License-Identifier: Apache-2.0
"""Training a layer over both scans is the same function as running it."""

import torch

from kinest_ros.model.cpu_training.frame_layer import serves
from kinest_ros.model.ssd.mamba2 import Mamba2, Mamba2State

FRAMES, TOKENS = 9, 22


def _layer():
    torch.manual_seed(0)
    layer = Mamba2(8, d_state=6, headdim=8, scans=2)
    with torch.no_grad():
        layer.norm.weight.uniform_(0.5, 1.5)
        layer.D.uniform_(0.5, 1.5)
        layer.dt_bias.add_(2.0)
    x = torch.randn(2, FRAMES * TOKENS, 8)
    zero = layer.initial_state(2)
    return layer, x, Mamba2State(torch.randn_like(zero.conv), torch.randn_like(zero.ssm))


def test_training_is_inference():
    layer, x, state = _layer()
    assert serves(layer.dt_bias)
    trained, after = layer(x, state, frame=TOKENS)
    assert trained.requires_grad
    with torch.no_grad():
        assert not serves(layer.dt_bias)
        expected, expected_after = layer(x, state, frame=TOKENS)
    for got, value in zip((trained, *after), (expected, *expected_after), strict=True):
        torch.testing.assert_close(got, value, rtol=1e-5, atol=1e-5)


def test_training_has_the_gradients_of_inference(monkeypatch):
    layer, x, state = _layer()
    leaves = [x.requires_grad_(), *layer.parameters()]
    found = []
    for plain in (False, True):
        if plain:
            monkeypatch.setattr("kinest_ros.model.ssd.mamba2.serves", lambda x: False)
        y, after = layer(x, state, frame=TOKENS)
        loss = (y * torch.linspace(-1.0, 1.0, y.numel()).view_as(y)).sum() + after.ssm.sum()
        found.append(torch.autograd.grad(loss, leaves))
    for got, expected in zip(*found, strict=True):
        assert (got - expected).abs().max() < 2e-5 * expected.abs().max()


def test_under_autocast_it_is_the_same():
    layer, x, state = _layer()
    expected, _ = layer(x, state, frame=TOKENS)
    with torch.autocast("cpu", torch.bfloat16):
        y, _ = layer(x, state, frame=TOKENS)
        torch.testing.assert_close(y, expected)
        y, _ = layer(x.bfloat16(), state, frame=TOKENS)
    y.sum().backward()
    assert torch.isfinite(layer.in_proj.weight.grad).all()
    assert not serves(layer.dt_bias.bfloat16())
