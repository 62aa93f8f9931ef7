# SPDX-License-Identifier: Apache-2.0
"""A scan through the tokens of each frame: the recurrence token by token, and its gradients."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.model.cpu_training.frame_scan import scan_frames
from kinest_ros.model.ssd.ssd import ssd_step
from tests.search import examples

HEADS, WIDTH, STATE = 3, 4, 5


def _draw(seed, frames, tokens, dtype=torch.float64, batch=2):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=dtype)

    made = normal(frames, batch, tokens, HEADS * WIDTH + 2 * STATE)
    dt, log_decay = (normal(frames, batch, tokens, HEADS).abs() for _ in range(2))
    return made, dt, -log_decay, normal(HEADS), normal(batch, HEADS, WIDTH, STATE)


def _by_recurrence(made, dt, log_decay, skip, state, turned):
    values, b, c = made.split((HEADS * WIDTH, STATE, STATE), dim=-1)
    values = values.unflatten(-1, (HEADS, WIDTH))
    y = torch.zeros_like(values)
    tokens = list(range(dt.shape[2]))
    for f in range(len(dt)):
        for t in tokens[::-1] if turned else tokens:
            at = (f, slice(None), t)
            y[at], state = ssd_step(
                values[at] * dt[at].unsqueeze(-1), log_decay[at],
                b[at].unsqueeze(1), c[at].unsqueeze(1), state,
            )  # fmt: skip
    return (y + values * skip.unsqueeze(-1)).flatten(-2), state


@settings(max_examples=examples(25))
@given(st.integers(0, 1000), st.integers(1, 20), st.sampled_from((1, 2, 5, 13, 22)), st.booleans())
def test_the_recurrence(seed, frames, tokens, turned):
    inputs = _draw(seed, frames, tokens)
    got, expected = scan_frames(*inputs, turned), _by_recurrence(*inputs, turned)
    torch.testing.assert_close(got, expected)


@pytest.mark.parametrize("decay", [0.01, 1.0, 5.0, 20.0, 200.0])
def test_float32_however_fast_a_head_forgets(decay):
    inputs = _draw(3, 9, 22)
    inputs[2].mul_(decay * torch.tensor((0.1, 0.5, 1.0)))
    results = []
    for scan, dtype in ((_by_recurrence, torch.float64), (scan_frames, torch.float32)):
        leaves = [value.to(dtype).requires_grad_() for value in inputs]
        outputs = scan(*leaves, False)
        loss = sum(value.square().sum() for value in outputs)
        results.append((*outputs, *torch.autograd.grad(loss, leaves)))
    for exact, got in zip(*results, strict=True):
        # Of a state that is forgotten at once the gradient is next to nothing, rounded or not.
        scale = exact.abs().max().clamp(min=50.0)
        assert (got - exact).abs().max() < 5e-6 * scale


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("frames,tokens", [(2, 14), (3, 4)])
def test_gradients(frames, tokens, turned):
    """All of them of a small one; of a large one their sum in random directions."""
    leaves = [value.requires_grad_() for value in _draw(1, frames, tokens, batch=1)]
    large = tokens > 4
    assert torch.autograd.gradcheck(lambda *v: scan_frames(*v, turned), leaves, fast_mode=large)
