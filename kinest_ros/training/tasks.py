# SPDX-License-Identifier: Apache-2.0
"""What the trainer trains: the streaming network on endless streams, or the published baseline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from kinest_ros.model.features import describe_body, extract_features, initial_feature_state
from kinest_ros.model.published.baseline import (
    PublishedConfig,
    PublishedKineST,
    load_published,
    save_published,
)
from kinest_ros.model.streaming import StreamingConfig, StreamingKineST
from kinest_ros.model.weights import load_model, save_model
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.training.augment_config import AugmentConfig
from kinest_ros.training.carried_state import detached, reset_streams
from kinest_ros.training.config import TrainConfig
from kinest_ros.training.losses import streaming_loss
from kinest_ros.training.published_loss import published_loss
from kinest_ros.training.streams import StreamBatch, Window
from kinest_ros.training.windows import WindowBatch

#: The loss of a step and its terms, by name.
Step = tuple[Tensor, dict[str, float]]


class Task(Protocol):
    """How one kind of network is built, trained and saved."""

    def build(self) -> nn.Module:
        """Return the network with random weights."""
        ...

    def load(self, path: str | Path) -> Any:
        """Return a network of this kind from a weights file."""
        ...

    def steps(self, model: Any, corpus: Corpus, seed: int, device: str) -> Iterator[Step]:
        """Yield losses without end; the model may be changed between them."""
        ...

    def save(self, model: Any, path: Path, training: dict[str, Any]) -> Path:
        """Write the weights file."""
        ...


def task_of(config: TrainConfig) -> Task:
    """Return the task of the network that a configuration describes."""
    if isinstance(config.model, PublishedConfig):
        return PublishedTask(config, config.model)
    return StreamingTask(config, config.model)


class StreamingTask:
    """The streaming network: windows follow each other, and its state is carried along."""

    def __init__(self, config: TrainConfig, shape: StreamingConfig) -> None:
        """Keep the settings."""
        self.config, self.shape = config, shape

    def build(self) -> nn.Module:
        """Return the network with random weights."""
        return StreamingKineST(self.shape)

    def load(self, path: str | Path) -> StreamingKineST:
        """Return a network of this kind from a weights file."""
        return load_model(path)

    def steps(
        self, model: StreamingKineST, corpus: Corpus, seed: int, device: str
    ) -> Iterator[Step]:
        """Yield losses without end."""
        config = self.config
        streams = StreamBatch(
            corpus, config.batch, config.length, config.augment, seed, config.source_power,
            draw=config.draw, kind_power=config.kind_power,
        )  # fmt: skip
        state = model.initial_state(config.batch)
        seen = initial_feature_state(config.batch, device)
        while True:
            window = streams.next().to(device)
            state = reset_streams(state, window.fresh)
            with torch.autocast(device, torch.bfloat16, enabled=config.bf16):
                features, heading, seen = extract_features(
                    window.tracker_positions, window.tracker_rotations, window.valid,
                    describe_body(window.rest_offsets), seen, window.cuts, self.shape.canonical,
                )  # fmt: skip
                output, state = model(features, state)
            output = type(output)(*(value.float() for value in output))
            yield streaming_loss(output, window, heading, config.loss, self.shape.lookahead)
            state = detached(state)

    def save(self, model: StreamingKineST, path: Path, training: dict[str, Any]) -> Path:
        """Write the weights file."""
        return save_model(model, path, training)


class PublishedTask:
    """The published network: windows from anywhere, its own losses, all trackers always there."""

    def __init__(self, config: TrainConfig, shape: PublishedConfig) -> None:
        """Keep the settings."""
        self.config, self.shape = config, shape

    def build(self) -> nn.Module:
        """Return the network with random weights."""
        return PublishedKineST(self.shape)

    def load(self, path: str | Path) -> PublishedKineST:
        """Return a network of this kind from a weights file."""
        return load_published(path)

    def steps(
        self, model: PublishedKineST, corpus: Corpus, seed: int, device: str
    ) -> Iterator[Step]:
        """Yield losses without end."""
        config = self.config
        # One frame more: the first one serves for the velocities of the second.
        windows = WindowBatch(
            corpus, config.batch, self.shape.window + 1, always_tracked(config.augment), seed,
            config.source_power, config.draw, config.kind_power,
        )  # fmt: skip
        while True:
            window = windows.next().to(device)
            with torch.autocast(device, torch.bfloat16, enabled=config.bf16):
                features, heading = model.features(
                    window.tracker_positions, window.tracker_rotations, window.valid,
                    window.rest_offsets,
                )  # fmt: skip
                sixd = model(features[:, 1:])
            yield published_loss(model, sixd.float(), heading[:, 1:], _without_first(window))

    def save(self, model: PublishedKineST, path: Path, training: dict[str, Any]) -> Path:
        """Write the weights file."""
        return save_published(model, path, training)


def always_tracked(augment: AugmentConfig) -> AugmentConfig:
    """Return the augmentation with head and hands, no more, tracked all the time."""
    return replace(augment, hand_loss=0.0, hand_absent=0.0, extra_trackers=0.0)


def _without_first(window: Window) -> Window:
    whole = ("rest_offsets", "fresh")
    values = {field.name: getattr(window, field.name) for field in fields(window)}
    return Window(
        **{name: value if name in whole else value[:, 1:] for name, value in values.items()}
    )
