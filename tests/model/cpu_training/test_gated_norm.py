# SPDX-License-Identifier: Apache-2.0
"""The gated norm's definition and its gradients."""

import torch

from kinest_ros.model.cpu_training.gated_norm import EPSILON, gated_norm


def _inputs():
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randn(3, 2, 5, generator=generator, dtype=torch.float64, requires_grad=True)
        for _ in range(2)
    ]


def test_definition():
    y, z = _inputs()
    gated = y * torch.nn.functional.silu(z)
    expected = torch.nn.functional.rms_norm(gated, (5,), eps=EPSILON)
    torch.testing.assert_close(gated_norm(y, z), expected)


def test_gradients():
    assert torch.autograd.gradcheck(gated_norm, _inputs())
