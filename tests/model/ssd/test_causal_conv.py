# SPDX-License-Identifier: Apache-2.0
"""The convolution is nn.Conv1d's, and its gradients are right."""

import torch
from torch import nn

from kinest_ros.model.ssd.causal_conv import causal_conv


def _inputs(dtype, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return tuple(
        torch.randn(*shape, generator=generator, dtype=dtype, requires_grad=True)
        for shape in ((2, 9, 5), (4, 5), (5,))
    )


def test_the_same_as_a_depthwise_conv1d():
    padded, taps, bias = _inputs(torch.float64)
    expected = nn.functional.conv1d(
        padded.transpose(1, 2), taps.t().unsqueeze(1), bias, groups=5
    ).transpose(1, 2)
    torch.testing.assert_close(causal_conv(padded, taps, bias), expected)
    with torch.no_grad():
        torch.testing.assert_close(causal_conv(padded, taps, bias), expected)


def test_gradients():
    assert torch.autograd.gradcheck(causal_conv, _inputs(torch.float64))


def test_gradients_keep_the_types_of_their_inputs():
    padded, taps, bias = _inputs(torch.float32)
    low = padded.detach().bfloat16().requires_grad_()
    causal_conv(low, taps, bias).float().square().mean().backward()
    assert low.grad.dtype == torch.bfloat16
    assert taps.grad.dtype == bias.grad.dtype == torch.float32
