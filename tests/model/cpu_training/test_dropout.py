# SPDX-License-Identifier: Apache-2.0
"""Dropout drops as many values as it should, scales the others, and is off outside training."""

import pytest
import torch

from kinest_ros.model.cpu_training.dropout import Dropout


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_it_drops_the_share_and_keeps_the_mean(share):
    torch.manual_seed(0)
    made = Dropout(share)(torch.ones(300, 1001))
    assert float((made == 0.0).float().mean()) == pytest.approx(share, abs=0.005)
    kept = made[made != 0.0]
    torch.testing.assert_close(kept, torch.full_like(kept, 1.0 / (1.0 - share)), rtol=1e-3, atol=0)


def test_neighbours_are_dropped_independently():
    """Four values share a draw of 64 bits."""
    torch.manual_seed(0)
    kept = (Dropout(0.5)(torch.ones(100_000, 4)) != 0.0).float()
    together = torch.corrcoef(kept.T) - torch.eye(4)
    assert together.abs().max() < 0.02


def test_the_gradient_has_the_same_values_dropped():
    torch.manual_seed(0)
    x = torch.ones(50, 7, requires_grad=True)
    made = Dropout(0.3)(x)
    made.sum().backward()
    torch.testing.assert_close(x.grad, made.detach())


def test_every_call_drops_others_and_a_seed_repeats_them():
    layer, x = Dropout(0.3), torch.ones(64, 64)
    torch.manual_seed(1)
    first, second = layer(x), layer(x)
    torch.manual_seed(1)
    assert torch.equal(layer(x), first)
    assert not torch.equal(first, second)


@pytest.mark.parametrize(("layer", "scale"), [(Dropout(0.3).eval(), 1.0), (Dropout(0.0), 1.0),
                                              (Dropout(1.0), 0.0)])  # fmt: skip
def test_nothing_or_everything_is_dropped(layer, scale):
    x = torch.randn(3, 5)
    torch.testing.assert_close(layer(x), x * scale)


def test_it_works_in_bfloat16():
    made = Dropout(0.5)(torch.ones(1000, dtype=torch.bfloat16))
    assert made.dtype == torch.bfloat16
    assert set(made.tolist()) == {0.0, 2.0}
