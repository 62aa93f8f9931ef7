# SPDX-License-Identifier: Apache-2.0
"""What the trainer trains: the streaming network on endless streams, or the published baseline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.features import (
    FeatureState,
    describe_body,
    extract_features,
    initial_feature_state,
)
from kinest_ros.model.published.baseline import (
    PublishedConfig,
    PublishedKineST,
    load_published,
    save_published,
)
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.model.weights import load_model, save_model
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.runtime.eager import state_from_tensors, state_tensors
from kinest_ros.training.augment_config import AugmentConfig
from kinest_ros.training.carried_state import detached, reset_streams
from kinest_ros.training.config import TrainConfig
from kinest_ros.training.losses import streaming_loss
from kinest_ros.training.published_loss import published_loss
from kinest_ros.training.streams import StreamBatch, Window
from kinest_ros.training.windows import WindowBatch

#: The loss of a step and its terms, by name.
Step = tuple[Tensor, dict[str, float]]


class Steps(Protocol):
    """Losses without end."""

    def __iter__(self) -> Iterator[Step]:
        """Yield them."""
        ...

    def __next__(self) -> Step:
        """Return the next one."""
        ...

    def state(self) -> dict[str, Any]:
        """Return where the data and the carried state are, in plain values and tensors."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where steps of the same settings were, with the losses that they would have had."""
        ...


class Task(Protocol):
    """How one kind of network is built, trained and saved."""

    @property
    def shape(self) -> StreamingConfig | PublishedConfig:
        """Of the network."""
        ...

    def build(self) -> nn.Module:
        """Return the network with random weights."""
        ...

    def load(self, path: str | Path) -> Any:
        """Return a network of this kind from a weights file."""
        ...

    def steps(self, model: Any, corpus: Corpus, seed: int, device: str) -> Steps:
        """Return losses without end; the model may be changed between them."""
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

    def steps(self, model: StreamingKineST, corpus: Corpus, seed: int, device: str) -> Steps:
        """Return losses without end."""
        return _StreamingSteps(self.config, self.shape, model, corpus, seed, device)

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

    def steps(self, model: PublishedKineST, corpus: Corpus, seed: int, device: str) -> Steps:
        """Return losses without end."""
        return _PublishedSteps(self.config, self.shape, model, corpus, seed, device)

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


class _StreamingSteps:
    """Windows that follow each other; the network's state is carried along."""

    def __init__(
        self,
        config: TrainConfig,
        shape: StreamingConfig,
        model: StreamingKineST,
        corpus: Corpus,
        seed: int,
        device: str,
    ) -> None:
        self._config, self._shape, self._model, self._device = config, shape, model, device
        self._streams = StreamBatch(
            corpus, config.batch, config.length, config.augment, seed, config.source_power,
            draw=config.draw, kind_power=config.kind_power,
        )  # fmt: skip
        self._state = model.initial_state(config.batch)
        self._seen = initial_feature_state(config.batch, device)

    def __iter__(self) -> Iterator[Step]:
        return self

    def __next__(self) -> Step:
        window = self._streams.next().to(self._device)
        state = reset_streams(detached(self._state), window.fresh)
        with torch.autocast(self._device, torch.bfloat16, enabled=self._config.bf16):
            features, heading, self._seen = extract_features(
                window.tracker_positions, window.tracker_rotations, window.valid,
                describe_body(window.rest_offsets), self._seen, window.cuts, self._shape.canonical,
            )  # fmt: skip
            output, self._state = self._model(features, state)
        output = type(output)(*(value.float() for value in output))
        return streaming_loss(output, window, heading, self._config.loss, self._shape.lookahead)

    def state(self) -> dict[str, Any]:
        carried = [tensor.detach() for tensor in state_tensors(self._state)]
        return {"data": self._streams.state(), "carried": carried, "seen": list(self._seen)}

    def restore(self, state: dict[str, Any]) -> None:
        self._streams.restore(state["data"])
        self._state = state_from_tensors([t.to(self._device) for t in state["carried"]])
        self._seen = FeatureState(*(t.to(self._device) for t in state["seen"]))


class _PublishedSteps:
    """Windows from anywhere."""

    def __init__(
        self,
        config: TrainConfig,
        shape: PublishedConfig,
        model: PublishedKineST,
        corpus: Corpus,
        seed: int,
        device: str,
    ) -> None:
        self._config, self._model, self._device = config, model, device
        # One frame more: the first one serves for the velocities of the second.
        self._windows = WindowBatch(
            corpus, config.batch, shape.window + 1, always_tracked(config.augment), seed,
            config.source_power, config.draw, config.kind_power,
        )  # fmt: skip

    def __iter__(self) -> Iterator[Step]:
        return self

    def __next__(self) -> Step:
        window = self._windows.next().to(self._device)
        with torch.autocast(self._device, torch.bfloat16, enabled=self._config.bf16):
            features, heading = self._model.features(
                window.tracker_positions, window.tracker_rotations, window.valid,
                window.rest_offsets,
            )  # fmt: skip
            sixd = self._model(features[:, 1:])
        return published_loss(self._model, sixd.float(), heading[:, 1:], _without_first(window))

    def state(self) -> dict[str, Any]:
        return {"data": self._windows.state()}

    def restore(self, state: dict[str, Any]) -> None:
        self._windows.restore(state["data"])
