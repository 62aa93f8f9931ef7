# SPDX-License-Identifier: Apache-2.0
"""Settings of a training run."""

from dataclasses import dataclass, field

from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.published.baseline import PublishedConfig
from kinest_ros.training.augment_config import AugmentConfig
from kinest_ros.training.loss_weights import LossWeights


@dataclass(frozen=True)
class TrainConfig:
    """Settings of a training run.

    Attributes:
        steps: optimiser steps.
        batch: streams in parallel (on each process).
        length: frames per window.
        learning_rate: peak.
        warmup: steps up to the peak.
        weight_decay: of AdamW.
        ema: decay of the averaged weights, which are the ones saved.
        minutes: if positive, run for this long instead of for steps; the schedule follows the
            clock, so that a busy machine still ends it at the lowest rate.
        seed: of weights and data.
        source_power: a source is drawn in proportion to its hours to this power.
        draw: factors on that, by the source's name.
        kind_power: within a source, a kind of action is drawn in proportion to its hours to this.
        bf16: autocast to bfloat16.
        validate_every: steps between validations.
        checkpoint_minutes: time between checkpoints.
        ablation: name of the change that these settings hold, of kinest_ros.training.ablations;
            empty for none.
    """

    steps: int = 4000
    minutes: float = 0.0
    batch: int = 16
    length: int = 64
    learning_rate: float = 1.5e-3
    warmup: int = 100
    weight_decay: float = 1e-2
    ema: float = 0.998
    seed: int = 0
    source_power: float = 0.2
    draw: dict[str, float] = field(default_factory=dict)
    kind_power: float = 1.0
    bf16: bool = False
    validate_every: int = 500
    checkpoint_minutes: float = 3.0
    ablation: str = ""
    model: StreamingConfig | PublishedConfig = field(default_factory=StreamingConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    loss: LossWeights = field(default_factory=LossWeights)
