# SPDX-License-Identifier: Apache-2.0
"""What is handed to mamba-ssm's scan is our recurrence; on CUDA also what it gives back."""

import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.model.ssd.ssd import ssd_chunked
from kinest_ros.model.ssd.triton import SWITCH, kernel_for, ssd_by_kernel
from tests.search import examples


def by_definition(x, dt, rates, b, c, chunk_size, initial_states, return_final_states):
    """What mamba_chunk_scan_combined computes: h = exp(dt A) h + dt x B, y = h C."""
    assert return_final_states and chunk_size & (chunk_size - 1) == 0
    per_group = x.shape[2] // b.shape[2]
    b, c = (value.repeat_interleave(per_group, dim=2) for value in (b, c))
    state, outputs = initial_states, []
    for t in range(x.shape[1]):
        decay = (dt[:, t] * rates).exp()[..., None, None]
        entering = (dt[:, t, :, None] * x[:, t]).unsqueeze(-1) * b[:, t].unsqueeze(-2)
        state = decay * state + entering
        outputs.append((state @ c[:, t].unsqueeze(-1)).squeeze(-1))
    return torch.stack(outputs, dim=1), state


def _inputs(seed, length, dtype=torch.float64, device="cpu"):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=dtype).to(device)

    log_decay = -normal(2, length, 4).abs()
    return (
        normal(2, length, 4, 16), log_decay, normal(2, length, 2, 16), normal(2, length, 2, 16),
        normal(2, 4, 16, 16),
    )  # fmt: skip


@settings(max_examples=examples(20))
@given(st.integers(0, 1000), st.integers(1, 70), st.integers(1, 70))
def test_the_recurrence_in_the_kernels_terms(seed, length, chunk):
    x, log_decay, b, c, state = _inputs(seed, length)
    expected = ssd_chunked(x, log_decay, b, c, chunk, state)
    actual = ssd_by_kernel(by_definition, x, log_decay, b, c, chunk, state)
    for one, other in zip(expected, actual, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)


def test_it_is_not_used_without_cuda(monkeypatch):
    monkeypatch.setitem(sys.modules, "mamba_ssm", None)
    assert kernel_for(torch.zeros(1)) is None


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_kernel_itself(monkeypatch):
    pytest.importorskip("mamba_ssm", reason="needs mamba-ssm")
    x, log_decay, b, c, state = _inputs(0, 200, torch.float32, "cuda")
    kernel = kernel_for(x)
    assert kernel is not None
    actual = ssd_by_kernel(kernel, x, log_decay, b, c, 64, state)
    monkeypatch.setenv(SWITCH, "torch")
    assert kernel_for(x) is None
    for one, other in zip(ssd_chunked(x, log_decay, b, c, 64, state), actual, strict=True):
        torch.testing.assert_close(one, other, rtol=2e-3, atol=2e-3)
