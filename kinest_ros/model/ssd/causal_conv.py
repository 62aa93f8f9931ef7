# SPDX-License-Identifier: Apache-2.0
"""Causal depthwise convolution over tokens in the leading layout, with a lean backward pass."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def causal_conv(padded: Tensor, taps: Tensor, bias: Tensor) -> Tensor:
    """Return the convolution of each channel with its own taps.

    A sum of shifted products keeps tokens in the leading layout; nn.Conv1d would need two
    transposes of the whole sequence.

    Args:
        padded: (batch, K - 1 + T, channels), the sequence with K - 1 tokens of the past before it.
        taps: (K, channels); the last one meets the current token.
        bias: (channels,).

    Returns:
        (batch, T, channels).
    """
    if torch.is_grad_enabled() and padded.requires_grad:
        # Taps with gaps between them, as nn.Conv1d keeps them, are slow to read.
        return _CausalConv.apply(padded, taps.contiguous(), bias)  # type: ignore[no-any-return, no-untyped-call]
    return _convolve(padded, taps, bias)


def _convolve(padded: Tensor, taps: Tensor, bias: Tensor) -> Tensor:
    length = padded.shape[1] - len(taps) + 1
    out = torch.addcmul(bias, padded[:, :length], taps[0])
    for tap in range(1, len(taps)):
        out = torch.addcmul(out, padded[:, tap : tap + length], taps[tap])
    return out


class _CausalConv(torch.autograd.Function):
    """The same with gradients added up in place.

    Left to autograd, each of the shifted views would get a gradient of the padded size, filled
    with zeros, and those would be added: most of the time of a training step.
    """

    @staticmethod
    def forward(ctx: Any, padded: Tensor, taps: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(padded, taps)
        ctx.bias_dtype = bias.dtype
        return _convolve(padded, taps, bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        padded, taps = ctx.saved_tensors
        (gradient,) = gradients
        length = gradient.shape[1]
        of_padded = torch.zeros_like(padded, dtype=gradient.dtype)
        of_taps = []
        product = torch.empty_like(gradient)
        for tap, weights in enumerate(taps):
            window = slice(tap, tap + length)
            of_padded[:, window].addcmul_(gradient, weights.to(gradient.dtype))
            torch.mul(gradient, padded[:, window].to(gradient.dtype), out=product)
            of_taps.append(product.sum((0, 1)))
        return (
            of_padded.to(padded.dtype),
            torch.stack(of_taps).to(taps.dtype),
            gradient.sum((0, 1)).to(ctx.bias_dtype),
        )
