# SPDX-License-Identifier: Apache-2.0
"""Whether bfloat16 makes training faster here, by measurement."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch

from kinest_ros.motion.clips.corpus import procedural_corpus
from kinest_ros.training.config import TrainConfig
from kinest_ros.training.tasks import Step, task_of

_WARM_UP, _MEASURED = 1, 3
_BATCH = 2


class Precision(NamedTuple):
    """What was measured.

    Attributes:
        bf16: whether bfloat16 is the faster one.
        seconds: of a small training step in float32 and in bfloat16.
    """

    bf16: bool
    seconds: tuple[float, float]

    def __str__(self) -> str:
        """Say what was chosen, and why."""
        single, half = (1e3 * value for value in self.seconds)
        chosen = "bfloat16" if self.bf16 else "float32, in spite of --bf16"
        return f"{chosen}: a small step takes {half:.0f} ms in bfloat16, {single:.0f} ms in float32"


def faster_precision(config: TrainConfig, device: str) -> Precision:
    """Time small steps of both precisions, in turns; random numbers go on as if it had not been.

    Args:
        config: of the run; its `bf16` plays no part.
        device: "cpu" or "cuda".
    """
    corpus = procedural_corpus(0.005)
    with torch.random.fork_rng():
        losses = []
        for bf16 in (False, True):
            task = task_of(replace(config, bf16=bf16, batch=_BATCH, draw={}, kind_power=1.0))
            model = task.build().to(device)
            losses.append(task.steps(model, corpus, 0, device))
        times: list[list[float]] = [[], []]
        for index in range(_WARM_UP + _MEASURED):
            for steps, own in zip(losses, times, strict=True):
                start = time.perf_counter()
                step: Step = next(steps)
                step[0].backward()
                if device == "cuda":
                    torch.cuda.synchronize()
                if index >= _WARM_UP:
                    own.append(time.perf_counter() - start)
    single, half = (float(np.median(own)) for own in times)
    return Precision(half < single, (single, half))
