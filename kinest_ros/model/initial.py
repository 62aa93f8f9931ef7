# SPDX-License-Identifier: Apache-2.0
"""First values of parameters, and only their shapes where nothing else is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor


def first_values(shape: tuple[int, ...], make: Callable[[], Tensor]) -> Tensor:
    """Return what `make` gives; on the device "meta" an empty tensor of the shape.

    Weights are described there before they are loaded. Arithmetic on that device makes PyTorch
    import its compiler and sympy with it, which takes longer than all the rest of a start.
    """
    shapes = torch.empty(shape)
    return shapes if shapes.is_meta else make()


def first_dt_bias(heads: int) -> Tensor:
    """Return biases (heads,) with which softplus gives steps of 0.001 to 0.1, as in mamba-ssm."""

    def make() -> Tensor:
        dt = torch.exp(torch.rand(heads) * (math.log(0.1) - math.log(0.001)) + math.log(0.001))
        dt = dt.clamp(min=1e-4)
        return dt + torch.log(-torch.expm1(-dt))

    return first_values((heads,), make)


def first_a_log(heads: int) -> Tensor:
    """Return logarithms (heads,) of decay rates of 1 to 16, as in mamba-ssm."""
    return first_values((heads,), lambda: torch.log(torch.empty(heads).uniform_(1, 16)))
