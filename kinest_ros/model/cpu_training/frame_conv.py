# SPDX-License-Identifier: Apache-2.0
"""The convolution of kinest_ros.model.ssd.ssd_frames and its SiLU for training on CPUs.

Nothing is padded, so nothing is copied, and the work goes through a few frames at a time, which
stay in the cache from the first tap to the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

#: Numbers to work on at a time.
_TILE = 1 << 18


def tiles(x: Tensor, numbers: int = _TILE) -> Iterator[slice]:
    """Yield slices of the leading axis of about that many numbers."""
    step = max(1, numbers // x[0].numel())
    return (slice(at, at + step) for at in range(0, len(x), step))


def conv_silu(
    x: Tensor, past: Tensor, taps: Tensor, bias: Tensor, turned: bool
) -> tuple[Tensor, Tensor]:
    """Run the causal convolution of one scan, and SiLU.

    Args:
        x: (F, batch, Q, channels); Q >= K - 1.
        past: (batch, K - 1, channels), the last tokens that the scan has seen, oldest first.
        taps: (K, channels); the last one meets the current token.
        bias: (channels,).
        turned: within a frame the later tokens come first.

    Returns:
        As x, and the past after the last frame, without gradient.
    """
    reach = past.shape[1]
    with torch.no_grad():
        # In the tokens' order, not the scan's.
        edge = x[:, :, :reach] if turned else x[:, :, x.shape[2] - reach :]
        past = past.to(x.dtype)
        behind = torch.cat(((past.flip(1) if turned else past).unsqueeze(0), edge), dim=0)
        after = behind[-1].flip(1) if turned else behind[-1]
    # Taps with gaps between them would be slow to read.
    return _ConvSilu.apply(x, behind[:-1], taps.contiguous(), bias, turned), after  # type: ignore[no-untyped-call]


class _ConvSilu(torch.autograd.Function):
    """With the tokens before each frame (F, batch, K - 1, channels) given; they are x's own."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, behind: Tensor, taps: Tensor, bias: Tensor, turned: bool
    ) -> Tensor:
        before, made = torch.empty_like(x), torch.empty_like(x)
        for tile in tiles(x):
            out = torch.addcmul(bias, x[tile], taps[-1], out=before[tile])
            for tap, *windows in _windows(taps, turned, out, x[tile], behind[tile]):
                for target, source in windows:
                    target.addcmul_(source, taps[tap])
            torch.ops.aten.silu.out(out, out=made[tile])
        ctx.save_for_backward(x, behind, taps, before)
        ctx.turned = turned
        return made

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, behind, taps, before = ctx.saved_tensors
        (of_made,) = gradients
        of_x, of_behind = torch.empty_like(x), torch.zeros_like(behind)
        of_taps, of_bias = torch.zeros_like(taps), torch.zeros_like(taps[0])
        product = torch.empty_like(x[next(tiles(x))])
        for tile in tiles(x):
            gradient = torch.ops.aten.silu_backward(of_made[tile], before[tile])
            of_bias += gradient.sum((0, 1, 2))
            torch.mul(gradient, taps[-1], out=of_x[tile])
            of_taps[-1] += torch.mul(gradient, x[tile], out=product[: len(gradient)]).sum((0, 1, 2))
            towards = _windows(taps, ctx.turned, gradient, of_x[tile], of_behind[tile])
            saw = _windows(taps, ctx.turned, gradient, x[tile], behind[tile])
            for (tap, *targets), (_, *sources) in zip(towards, saw, strict=True):
                for (given, target), (_, source) in zip(targets, sources, strict=True):
                    target.addcmul_(given, taps[tap])
                    of_taps[tap] += (given * source).sum((0, 1, 2))
        reach = behind.shape[2]
        edge = slice(0, reach) if ctx.turned else slice(x.shape[2] - reach, None)
        of_x[:-1, :, edge] += of_behind[1:]
        return of_x, None, of_taps, of_bias, None


def _windows(
    taps: Tensor, turned: bool, out: Tensor, x: Tensor, behind: Tensor
) -> Iterator[tuple[int, tuple[Tensor, Tensor], tuple[Tensor, Tensor]]]:
    """Yield the taps that look back: which one, and what it leads from where (out, source).

    Once inside the frame, once from the tokens before it.
    """
    last, tokens = len(taps) - 1, x.shape[2]
    for back in range(1, last + 1):
        if turned:
            inside = out[:, :, : tokens - back], x[:, :, back:]
            across = out[:, :, tokens - back :], behind[:, :, :back]
        else:
            inside = out[:, :, back:], x[:, :, : tokens - back]
            across = out[:, :, :back], behind[:, :, last - back :]
        yield last - back, inside, across
