# SPDX-License-Identifier: Apache-2.0
"""The convolution of a scan over frames is the one over its tokens in turn; its gradients."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.model.cpu_training.frame_conv import conv_silu, tiles
from tests.search import examples


def _draw(seed, frames, tokens):
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(*shape, generator=generator, dtype=torch.float64)
        for shape in ((frames, 2, tokens, 5), (2, 3, 5), (4, 5), (5,))
    ]


@settings(max_examples=examples(25))
@given(st.integers(0, 1000), st.integers(1, 5), st.integers(3, 7), st.booleans())
def test_it_is_the_convolution_of_tokens_in_turn(seed, frames, tokens, turned):
    x, past, taps, bias = _draw(seed, frames, tokens)
    made, after = conv_silu(x, past, taps, bias, turned)
    in_turn = (x.flip(2) if turned else x).transpose(0, 1).flatten(1, 2)
    seen = torch.cat((past, in_turn), dim=1)
    expected = torch.nn.functional.conv1d(
        seen.mT, taps.t().unsqueeze(1), bias, groups=5
    ).mT.unflatten(1, (frames, tokens)).transpose(0, 1)  # fmt: skip
    expected = torch.nn.functional.silu(expected)
    torch.testing.assert_close(made, expected.flip(2) if turned else expected)
    torch.testing.assert_close(after, seen[:, -3:])


@pytest.mark.parametrize("turned", [False, True])
def test_gradients(turned):
    x, past, taps, bias = _draw(1, 3, 5)
    leaves = [value.requires_grad_() for value in (x, taps, bias)]
    assert torch.autograd.gradcheck(lambda x, t, b: conv_silu(x, past, t, b, turned)[0], leaves)


@given(st.integers(1, 40), st.integers(1, 500))
def test_tiles_cover_everything_once(length, numbers):
    x = torch.arange(length * 3).view(length, 3)
    parts = [x[tile] for tile in tiles(x, numbers)]
    assert torch.equal(torch.cat(parts), x)
    assert max(part.numel() for part in parts) <= max(3, numbers)
