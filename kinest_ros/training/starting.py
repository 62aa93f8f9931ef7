# SPDX-License-Identifier: Apache-2.0
"""Begins a run with weights that there are, instead of random ones."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from torch import nn

from kinest_ros.errors import KinestError
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.published.baseline import PublishedConfig
from kinest_ros.model.weights_file import describe_weights, weights_path
from kinest_ros.motion.clips.terms import ANY
from kinest_ros.training.tasks import Task


def start_from(
    path: str | Path, task: Task, terms: str, networks: Iterable[nn.Module]
) -> dict[str, Any]:
    """Load weights into networks; return their name, hash and what their training took.

    Args:
        path: a weights file, or the name of bundled ones.
        task: of the run.
        terms: of the run, of kinest_ros.motion.clips.terms.
        networks: take the weights.

    Raises:
        KinestError: no such weights, or they are of another network, or of other terms.
    """
    start = task.load(path)
    own, theirs = _shape(task.shape), _shape(start.config)
    other = [f"{k} {theirs.get(k)} instead of {own[k]}" for k in own if theirs.get(k) != own[k]]
    if other:
        raise KinestError(
            f"cannot start from {path}: its network has {', '.join(other)}; choose the same "
            "with the options of kinest train"
        )
    described = weights_path(path).with_suffix(".json").is_file()
    took = describe_weights(path).get("training", {}) if described else {}
    if terms != ANY and took.get("terms", ANY) != terms:
        raise KinestError(
            f"cannot start from {path}: it was not trained with --terms {terms}, and what "
            "goes on from it has its terms"
        )
    for network in networks:
        network.load_state_dict(start.state_dict())
    init: dict[str, Any] = {"weights": start.weights_name, "hash": start.weights_hash}
    if took:
        before = took.get("init") or {}
        for name in ("steps", "frames_seen", "minutes"):
            init[name] = took.get(name, 0) + before.get(name, 0)
    return init


def _shape(model: StreamingConfig | PublishedConfig) -> dict[str, Any]:
    """Return what weights must agree in to start from others: not the delay, nor the dropout."""
    return {k: v for k, v in model.to_dict().items() if k not in ("lookahead", "dropout")}
