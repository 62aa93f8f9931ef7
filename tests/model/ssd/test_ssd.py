# SPDX-License-Identifier: Apache-2.0
"""The chunked SSD form, the single step and the plain recurrence are the same function."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.model.ssd.ssd import decay_matrix, ssd_chunked, ssd_step
from tests.search import examples


def _inputs(length, heads=4, width=3, groups=2, d_state=5, batch=2, seed=0):
    generator = torch.Generator().manual_seed(seed)

    def random(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    x = random(batch, length, heads, width)
    log_decay = -torch.rand(batch, length, heads, generator=generator, dtype=torch.float64) * 2
    return (
        x,
        log_decay,
        random(batch, length, groups, d_state),
        random(batch, length, groups, d_state),
        random(batch, heads, width, d_state),
    )


def _recurrence(x, log_decay, b, c, state):
    """The definition, one element at a time."""
    outputs = []
    heads, groups = x.shape[2], b.shape[2]
    for t in range(x.shape[1]):
        y = torch.zeros_like(x[:, t])
        state = state.clone()
        for head in range(heads):
            group = head // (heads // groups)
            outer = torch.einsum("bp,bn->bpn", x[:, t, head], b[:, t, group])
            state[:, head] = state[:, head] * log_decay[:, t, head].exp()[:, None, None] + outer
            y[:, head] = torch.einsum("bpn,bn->bp", state[:, head], c[:, t, group])
        outputs.append(y)
    return torch.stack(outputs, 1), state


def test_decay_matrix_by_hand():
    matrix = decay_matrix(torch.log(torch.tensor([0.5, 0.25, 0.1])))
    expected = torch.tensor([[1.0, 0, 0], [0.25, 1, 0], [0.025, 0.1, 1]])
    torch.testing.assert_close(matrix, expected)


@settings(max_examples=examples(40))
@given(st.integers(1, 70), st.integers(1, 25), st.integers(0, 1000))
def test_chunked_is_the_recurrence(length, chunk, seed):
    x, log_decay, b, c, state = _inputs(length, seed=seed)
    y, after = ssd_chunked(x, log_decay, b, c, chunk, state)
    expected, expected_state = _recurrence(x, log_decay, b, c, state)
    torch.testing.assert_close(y, expected)
    torch.testing.assert_close(after, expected_state)


@settings(max_examples=examples(25))
@given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.integers(1, 16))
def test_any_split_carries_the_state(pieces, chunk):
    x, log_decay, b, c, state = _inputs(sum(pieces))
    whole, whole_state = ssd_chunked(x, log_decay, b, c, chunk, state)
    outputs, start = [], 0
    for size in pieces:
        part = slice(start, start + size)
        y, state = ssd_chunked(x[:, part], log_decay[:, part], b[:, part], c[:, part], chunk, state)
        outputs.append(y)
        start += size
    torch.testing.assert_close(torch.cat(outputs, 1), whole)
    torch.testing.assert_close(state, whole_state)


def test_step_is_chunked_of_one():
    x, log_decay, b, c, state = _inputs(20)
    expected, expected_state = ssd_chunked(x, log_decay, b, c, 7, state)
    for t in range(20):
        y, state = ssd_step(x[:, t], log_decay[:, t], b[:, t], c[:, t], state)
        torch.testing.assert_close(y, expected[:, t])
    torch.testing.assert_close(state, expected_state)


def test_no_state_is_zero_state():
    x, log_decay, b, c, state = _inputs(9)
    y, _ = ssd_chunked(x, log_decay, b, c, 4)
    expected, _ = ssd_chunked(x, log_decay, b, c, 4, torch.zeros_like(state))
    torch.testing.assert_close(y, expected)


def test_strong_decay_has_finite_gradients():
    x, log_decay, b, c, state = _inputs(30)
    log_decay = (log_decay * 1000).requires_grad_()
    y, _ = ssd_chunked(x, log_decay, b, c, 10, state)
    y.sum().backward()
    assert torch.isfinite(log_decay.grad).all()
