# SPDX-License-Identifier: Apache-2.0
"""What the processes of one training run tell each other (`torchrun`); alone, nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, TypeVar

import torch
from torch import nn

Value = TypeVar("Value")


class Processes:
    """The processes of a run: each has data of its own, all have the same weights.

    Attributes:
        rank: number of this one; the first one writes files.
        world: how many there are.
    """

    def __init__(self) -> None:
        """Ask the environment, as torchrun sets it."""
        self.rank = int(os.environ.get("RANK", "0"))
        self.world = int(os.environ.get("WORLD_SIZE", "1"))

    def share_gradients(self, parameters: Iterable[nn.Parameter], seconds: float) -> float:
        """Replace gradients by the means over all processes; return the mean of the seconds.

        With one clock for all they stop at the same step: one that went on would wait for the
        others for ever.
        """
        if self.world == 1:
            return seconds
        gradients = [p.grad for p in parameters if p.grad is not None]
        clock = gradients[0].new_tensor([seconds])
        flat = torch.cat([clock, *(gradient.flatten() for gradient in gradients)])
        torch.distributed.all_reduce(flat)
        flat /= self.world
        parts = flat[1:].split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))
        return float(flat[0])

    def gathered(self, own: Any) -> list[Any]:
        """Return what all processes give, by rank; to be called by all."""
        if self.world == 1:
            return [own]
        found: list[Any] = [None] * self.world
        torch.distributed.all_gather_object(found, own)
        return found

    def from_first(self, value: Value) -> Value:
        """Return what the first process gives; to be called by all."""
        if self.world == 1:
            return value
        held = [value]
        torch.distributed.broadcast_object_list(held)
        return held[0]
