# SPDX-License-Identifier: Apache-2.0
"""Compares mamba-ssm's Triton kernels, run by Triton's interpreter on the CPU, with our scan.

A process of its own, as Triton chooses its interpreter when it is imported:

    TRITON_INTERPRET=1 python -m tests.model.ssd.interpreted_kernels FOLDER

FOLDER holds the sources of mamba-ssm, which need not be installed: its package imports CUDA
extensions, of which these kernels need none. Prints the largest differences as JSON.
"""

from __future__ import annotations

import contextlib
import json
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from kinest_ros.model.ssd.ssd import ssd_chunked
from kinest_ros.model.ssd.triton import ssd_by_kernel

#: batch, length, heads, head_dim, groups, d_state, chunk: one chunk, several, and a last one that
#: is not full; heads that share a group, as in our layers.
SHAPES = ((1, 16, 2, 16, 1, 16, 16), (2, 40, 2, 16, 1, 16, 16), (1, 33, 4, 16, 2, 32, 16))
NAMES = ("x", "log_decay", "b", "c", "state")


@contextlib.contextmanager
def without_card() -> Iterator[None]:
    """Let the kernels' launchers go without a CUDA device."""
    import triton

    whole = triton.autotune
    # Trying configurations out is timing on a card; all of them compute the same.
    triton.autotune = lambda configs, key, **more: whole(configs[:1], key, **more)
    torch.cuda.device = lambda index: contextlib.nullcontext()
    torch.cuda.get_device_properties = lambda device: SimpleNamespace(multi_processor_count=1)
    yield


def scan(folder: Path) -> Callable[..., Any]:
    """Return mamba_chunk_scan_combined of the sources in a folder."""
    package = types.ModuleType("mamba_ssm")
    package.__path__ = [str(folder / "mamba_ssm")]
    sys.modules["mamba_ssm"] = package
    from mamba_ssm.ops.triton.ssd_combined import mamba_chunk_scan_combined

    return mamba_chunk_scan_combined


def _given(seed: int, shape: tuple[int, ...]) -> list[torch.Tensor]:
    batch, length, heads, width, groups, d_state, _ = shape
    generator = torch.Generator().manual_seed(seed)

    def normal(*size: int) -> torch.Tensor:
        return torch.randn(*size, generator=generator)

    values = [
        normal(batch, length, heads, width), -normal(batch, length, heads).abs() - 0.01,
        normal(batch, length, groups, d_state), normal(batch, length, groups, d_state),
        normal(batch, heads, width, d_state),
    ]  # fmt: skip
    return [value.requires_grad_() for value in values]


def _ours(x: Any, log_decay: Any, b: Any, c: Any, chunk: int, state: Any) -> Any:
    return ssd_chunked(x, log_decay, b, c, chunk, state)


def differences(kernel: Callable[..., Any], shape: tuple[int, ...], seed: int) -> dict[str, float]:
    """Return the largest difference of outputs, last state and gradients, over their size."""
    chunk = shape[-1]
    results = []
    for run in (_ours, lambda *given: ssd_by_kernel(kernel, *given)):
        x, log_decay, b, c, state = given = _given(seed, shape)
        y, after = run(x, log_decay, b, c, chunk, state)
        weights = torch.Generator().manual_seed(seed + 1)
        loss = sum(
            (value * torch.randn(value.shape, generator=weights)).sum() for value in (y, after)
        )
        loss.backward()
        results.append([y.detach(), after.detach(), *(value.grad for value in given)])
    named = zip(("y", "after", *(f"d {name}" for name in NAMES)), *results, strict=True)
    return {
        name: float((one - other).abs().max() / one.abs().max().clamp(min=1.0))
        for name, one, other in named
    }


def main() -> None:
    """Compare and print."""
    with without_card():
        kernel = scan(Path(sys.argv[1]))
        found = [differences(kernel, shape, seed) for seed, shape in enumerate(SHAPES)]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
