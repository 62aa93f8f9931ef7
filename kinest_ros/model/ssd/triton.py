# SPDX-License-Identifier: Apache-2.0
"""The chunked SSD form by mamba-ssm's Triton kernels, on CUDA where they are installed.

For training and for running over whole sequences; the single step does not need them. They are
imported when first used, never required, and switched off by KINEST_SSD=torch in the environment.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

#: Environment variable: "auto" (default) or "torch".
SWITCH = "KINEST_SSD"
#: Below this a decay is none at all; also keeps the division finite.
_SMALLEST = 1e-12


def kernel_for(x: Tensor) -> Callable[..., Any] | None:
    """Return mamba-ssm's scan where it can serve this input, else None."""
    if not x.is_cuda or os.environ.get(SWITCH, "auto") == "torch":
        return None
    return _kernel()


@functools.cache
def _kernel() -> Callable[..., Any] | None:
    try:
        from mamba_ssm.ops.triton.ssd_combined import mamba_chunk_scan_combined
    except ImportError:
        return None
    return mamba_chunk_scan_combined  # type: ignore[no-any-return]


def ssd_by_kernel(
    kernel: Callable[..., Any],
    x: Tensor,
    log_decay: Tensor,
    b: Tensor,
    c: Tensor,
    chunk: int,
    state: Tensor,
) -> tuple[Tensor, Tensor]:
    """Run the recurrence of kinest_ros.model.ssd.ssd.ssd_chunked by mamba_chunk_scan_combined.

    The kernel takes step sizes and rates apart: its state decays by exp(dt A) and takes in dt x.
    With A = -1 the step size is the negative log decay, and the input is divided by it.

    Args:
        kernel: mamba_chunk_scan_combined, or what stands for it.
        x: (batch, T, heads, head_dim), inputs times dt.
        log_decay: (batch, T, heads), not positive.
        b: (batch, T, groups, d_state).
        c: (batch, T, groups, d_state).
        chunk: length of a chunk; rounded up to a power of two, as the kernel wants it.
        state: (batch, heads, head_dim, d_state) before the first input.

    Returns:
        y (batch, T, heads, head_dim) and the state after the last input.
    """
    step = (-log_decay).clamp(min=_SMALLEST)
    y, after = kernel(
        (x / step.unsqueeze(-1)).contiguous(),
        step.contiguous(),
        torch.full((x.shape[2],), -1.0, device=x.device, dtype=torch.float32),
        b.contiguous(),
        c.contiguous(),
        chunk_size=max(16, 1 << (chunk - 1).bit_length()),
        initial_states=state.contiguous(),
        return_final_states=True,
    )
    return y, after
