# SPDX-License-Identifier: Apache-2.0
"""What every way of running the streaming step has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

#: What can be asked for; see kinest_ros.runtime.choose for what auto takes.
RUNTIMES = ("auto", "torch", "onnx", "native", "cuda_graph")


class StepOutput(NamedTuple):
    """The network's outputs for one frame of each body; overwritten by the next step.

    Attributes:
        rotations_6d: (b, 132) float32, 22 joints; see NetworkOutput.
        contact_logits: (b, 2) float32.
        log_variance: (b, 22) float32.
    """

    rotations_6d: np.ndarray
    contact_logits: np.ndarray
    log_variance: np.ndarray


class Runtime(ABC):
    """Steps a batch of bodies frame by frame; owns their states, which start at zero.

    Attributes:
        name: of the runtime, one of RUNTIMES.
        device: "cpu" or "cuda".
        bodies: rows of the batch.
        reason: why this runtime was taken; empty where it was asked for.
    """

    name: str = ""
    device: str = "cpu"
    bodies: int = 1
    reason: str = ""

    @property
    def described(self) -> str:
        """Name and reason, for logs."""
        return f"{self.name} ({self.reason})" if self.reason else self.name

    @abstractmethod
    def step(self, features: np.ndarray, active: np.ndarray | None = None) -> StepOutput:
        """Take one frame of each body.

        Args:
            features: (bodies, num_features) float32.
            active: (bodies,) bool, rows that have a frame; the others keep their state and their
                output means nothing. None: all.
        """

    @abstractmethod
    def reset(self, row: int | None = None) -> None:
        """Start a row anew, or all."""
