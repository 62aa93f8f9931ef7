# SPDX-License-Identifier: Apache-2.0
"""Two scans through the tokens of each frame: the recurrence, token by token, both ways."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.model.ssd.ssd import ssd_step
from kinest_ros.model.ssd.ssd_frames import conv_frames, ssd_frames
from tests.search import examples


def _draw(seed, frames, tokens, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=dtype)

    x = normal(2, frames, 2, 3, tokens, 4)
    log_decay = -normal(2, frames, 2, 3, tokens).abs()
    b, c = normal(2, frames, 2, tokens, 5), normal(2, frames, 2, tokens, 5)
    return x, log_decay, b, c, normal(2, 6, 4, 5)


@settings(max_examples=examples(25))
@given(st.integers(0, 1000), st.integers(1, 20), st.integers(1, 6))
def test_the_recurrence_both_ways(seed, frames, tokens):
    x, log_decay, b, c, state = _draw(seed, frames, tokens)
    y, after = ssd_frames(x, log_decay, b, c, state)
    for scan in range(2):
        carried = state[:, 3 * scan : 3 * scan + 3]
        order = range(tokens) if scan == 0 else reversed(range(tokens))
        order = list(order)
        for f in range(frames):
            for t in order:
                expected, carried = ssd_step(
                    x[:, f, scan, :, t],
                    log_decay[:, f, scan, :, t],
                    b[:, f, scan, None, t],
                    c[:, f, scan, None, t],
                    carried,
                )
                torch.testing.assert_close(y[:, f, scan, :, t], expected)
        torch.testing.assert_close(after[:, 3 * scan : 3 * scan + 3], carried)


@settings(max_examples=examples(25))
@given(st.integers(0, 1000), st.integers(1, 5), st.integers(3, 7))
def test_the_convolution_both_ways(seed, frames, tokens):
    generator = torch.Generator().manual_seed(seed)
    first, second = torch.randn(2, 2, frames, tokens, 4, generator=generator).double()
    past = torch.randn(2, 3, 8, generator=generator).double()
    taps, bias = torch.randn(4, 8, generator=generator).double(), torch.zeros(8).double()
    made, turned, after = conv_frames(first, second, past, taps, bias)
    for got, given_, channels, flip in (
        (made, first, slice(0, 4), False), (turned, second, slice(4, 8), True)
    ):  # fmt: skip
        tokens_in_turn = given_.flip(2) if flip else given_
        seen = torch.cat((past[..., channels], tokens_in_turn.flatten(1, 2)), dim=1)
        expected = sum(
            taps[k, channels] * seen[:, k : k + frames * tokens] for k in range(4)
        ).view_as(got)
        torch.testing.assert_close(got, expected.flip(2) if flip else expected)
        torch.testing.assert_close(after[..., channels], seen[:, -3:])


def test_a_stream_in_pieces_and_its_gradients():
    x, log_decay, b, c, state = _draw(1, 6, 4)
    whole, last = ssd_frames(x, log_decay, b, c, state)
    first, between = ssd_frames(x[:, :2], log_decay[:, :2], b[:, :2], c[:, :2], state)
    second, end = ssd_frames(x[:, 2:], log_decay[:, 2:], b[:, 2:], c[:, 2:], between)
    torch.testing.assert_close(torch.cat((first, second), dim=1), whole)
    torch.testing.assert_close(end, last)
    small = tuple(value[:1, :2].requires_grad_() for value in (x, log_decay, b, c))
    assert torch.autograd.gradcheck(lambda *v: ssd_frames(*v, state[:1]), small)
