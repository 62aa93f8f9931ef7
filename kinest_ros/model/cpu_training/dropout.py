# SPDX-License-Identifier: Apache-2.0
"""Dropout that is cheap on a CPU, where most of its time goes into drawing random numbers."""

import torch
from torch import Tensor, nn

_STEPS = 1 << 16


class Dropout(nn.Dropout):
    """The same as torch.nn.Dropout, from 16 random bits for each value instead of a double.

    The probability is rounded to a multiple of 2^-16.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Set values (...,) to zero at random and scale the others up, in training."""
        if not self.training or x.device.type != "cpu" or not 0.0 < self.p < 1.0:
            return super().forward(x)
        count = x.numel()
        drawn = torch.empty((count + 3) // 4, dtype=torch.int64).random_(-(1 << 63), None)
        kept = round((1.0 - self.p) * _STEPS)
        keep = drawn.view(torch.int16)[:count].view(x.shape) < kept - _STEPS // 2
        return x * keep.to(x.dtype).mul_(_STEPS / kept)
