# SPDX-License-Identifier: Apache-2.0
"""Training throughput: the streaming network against the published one."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.published.baseline import PublishedConfig
from kinest_ros.motion.clips.corpus import Corpus, procedural_corpus
from kinest_ros.training.config import TrainConfig
from kinest_ros.training.cpu_memory import keep_freed_memory
from kinest_ros.training.tasks import task_of

_WARM_UP = 2


def training_throughput(
    device: str,
    steps: int = 10,
    frames: int = 768,
    bf16: bool = False,
    configs: dict[str, StreamingConfig | PublishedConfig] | None = None,
    progress: Callable[[], object] = lambda: None,
) -> list[dict[str, float | str]]:
    """Return frames per second of whole training steps: data, both passes and the optimiser.

    Args:
        device: "cpu" or "cuda".
        steps: steps to time.
        frames: frames in a step, the same for both: windows of 64 frames for the streaming
            network, as it is trained, and of 96 for the published one.
        bf16: autocast to bfloat16.
        configs: networks by name; the default streaming and published ones when None.
        progress: called after every step.

    Returns:
        Rows with "network", "parameters_m" (10^6), "seconds_per_step" (median) and
        "frames_per_second".
    """
    if device == "cpu":
        keep_freed_memory()
    shapes = configs or {"streaming": StreamingConfig(), "published": PublishedConfig()}
    corpus = procedural_corpus(0.05)
    learners = {
        name: Learner(shape, corpus, device, frames, bf16) for name, shape in shapes.items()
    }
    times: dict[str, list[float]] = {name: [] for name in learners}
    # In turns, so that whatever else the machine does meets both alike.
    for index in range(_WARM_UP + steps):
        for name, learner in learners.items():
            start = time.perf_counter()
            learner.step()
            if index >= _WARM_UP:
                times[name].append(time.perf_counter() - start)
            progress()
    rows: list[dict[str, float | str]] = []
    for name, learner in learners.items():
        median = float(np.median(times[name]))
        rows.append(
            {
                "network": name,
                "parameters_m": learner.parameters / 1e6,
                "seconds_per_step": median,
                "frames_per_second": learner.frames / median,
            }
        )
    return rows


class Learner:
    """One network in training."""

    def __init__(
        self,
        shape: StreamingConfig | PublishedConfig,
        corpus: Corpus,
        device: str,
        frames: int,
        bf16: bool,
        share: Callable[[nn.Module], object] = lambda model: None,
        seed: int = 0,
    ) -> None:
        length = shape.window if isinstance(shape, PublishedConfig) else TrainConfig.length
        batch = max(1, frames // length)
        self.frames = batch * length
        task = task_of(TrainConfig(model=shape, batch=batch, length=length, bf16=bf16))
        self.model = task.build().to(device).train()
        self.parameters = sum(p.numel() for p in self.model.parameters())
        self._device = device
        self._optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4, fused=True)
        self._losses = task.steps(self.model, corpus, seed, device)
        self._share = share

    def step(self) -> None:
        """Take one step of training."""
        loss, _ = next(self._losses)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._share(self.model)
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self._optimizer.step()
        if self._device == "cuda":
            torch.cuda.synchronize()
