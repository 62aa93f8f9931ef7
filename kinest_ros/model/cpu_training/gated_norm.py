# SPDX-License-Identifier: Apache-2.0
"""The gated RMSNorm of Mamba-2, with a backward pass that goes through memory once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from kinest_ros.model.cpu_training.frame_conv import tiles

EPSILON = 1e-5


def gated_norm(y: Tensor, z: Tensor) -> Tensor:
    """Return y SiLU(z) over its root mean square along the last axis; for training on CPUs."""
    return _GatedNorm.apply(y, z)  # type: ignore[no-any-return, no-untyped-call]


class _GatedNorm(torch.autograd.Function):
    """Over (T, ..., width), some of the T at a time."""

    @staticmethod
    def forward(ctx: Any, y: Tensor, z: Tensor) -> Tensor:
        out = torch.empty_like(y)
        scale = y.new_empty(*y.shape[:-1], 1)
        for tile in tiles(y):
            gated = torch.ops.aten.silu.out(z[tile], out=out[tile]).mul_(y[tile])
            power = torch.linalg.vector_norm(gated, dim=-1, keepdim=True).square_()
            torch.rsqrt(power.div_(y.shape[-1]).add_(EPSILON), out=scale[tile])
            gated.mul_(scale[tile])
        ctx.save_for_backward(y, z, scale)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        y, z, scale = ctx.saved_tensors
        (of_out,) = gradients
        of_y, of_z = torch.empty_like(y), torch.empty_like(y)
        for tile in tiles(y):
            gate = torch.nn.functional.silu(z[tile])
            normed = (gate * y[tile]).mul_(scale[tile])
            along = (normed * of_out[tile]).mean(-1, keepdim=True)
            of_gated = torch.addcmul(of_out[tile], normed, along, value=-1.0).mul_(scale[tile])
            torch.mul(of_gated, gate, out=of_y[tile])
            torch.ops.aten.silu_backward.grad_input(
                of_gated.mul_(y[tile]), z[tile], grad_input=of_z[tile]
            )
        return of_y, of_z
