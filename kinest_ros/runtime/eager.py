# SPDX-License-Identifier: Apache-2.0
"""The step in eager PyTorch: the reference, on any device."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from kinest_ros.model.causal import BlockState
from kinest_ros.model.ssd.mamba2 import Mamba2State
from kinest_ros.model.streaming import State, StreamingKineST
from kinest_ros.runtime import threads
from kinest_ros.runtime.base import Runtime, StepOutput

threads.apply()


class TorchRuntime(Runtime):
    """Calls StreamingKineST.step."""

    name = "torch"

    def __init__(self, model: StreamingKineST, device: str = "cpu", bodies: int = 1) -> None:
        """Start with zero states.

        Args:
            model: the network, on the device.
            device: "cpu" or "cuda".
            bodies: rows of the batch.
        """
        self.model, self.device, self.bodies = model.eval(), device, bodies
        self._state = model.initial_state(bodies)

    def reset(self, row: int | None = None) -> None:
        """Start a row anew, or all."""
        with torch.inference_mode():
            if row is None:
                self._state = self.model.initial_state(self.bodies)
                return
            for tensor in state_tensors(self._state):
                tensor[row] = 0.0

    @torch.inference_mode()
    def step(self, features: np.ndarray, active: np.ndarray | None = None) -> StepOutput:
        """Take one frame of each body; see Runtime.step."""
        given = torch.as_tensor(features, device=self.device)
        output, state = self.model.step(given, self._state)
        if active is not None:
            keep = torch.as_tensor(active, device=self.device)
            state = merged(keep, state, self._state)
        self._state = state
        return StepOutput(
            output.rotations_6d.flatten(-2).cpu().numpy(),
            output.contact_logits.cpu().numpy(),
            output.log_variance.cpu().numpy(),
        )


def state_tensors(state: State) -> list[Tensor]:
    """Return the tensors of a state, in order, each (b, ...)."""
    return [tensor for block in state for tensor in (*block.scan, block.local, *block.mixer)]


def state_from_tensors(tensors: list[Tensor]) -> State:
    """Return the state made of tensors in the order of state_tensors."""
    fives = [tensors[start : start + 5] for start in range(0, len(tensors), 5)]
    return [BlockState(Mamba2State(a, b), c, Mamba2State(d, e)) for a, b, c, d, e in fives]


def merged(rows: Tensor, first: State, second: State) -> State:
    """Return first in the given rows (b,) bool and second in the others."""
    pairs = zip(state_tensors(first), state_tensors(second), strict=True)
    return state_from_tensors(
        [torch.where(rows.view(-1, *[1] * (a.ndim - 1)), a, b) for a, b in pairs]
    )
