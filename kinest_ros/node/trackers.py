# SPDX-License-Identifier: Apache-2.0
"""The body trackers of a node, warmed up, all with one network; stepped together where it pays."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kinest_ros.model.device import resolve_device
from kinest_ros.model.network import Network, load_network
from kinest_ros.node.parameters.node_parameters import NodeParameters
from kinest_ros.node.together import Alone, Answering, Member, Together
from kinest_ros.runtime.base import Runtime
from kinest_ros.runtime.batch_member import BatchMember
from kinest_ros.runtime.body_batch import BodyBatch
from kinest_ros.runtime.choose import make_runtime
from kinest_ros.runtime.predictor import StreamingPredictor
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from kinest_ros.tracking.wearer.wearer import Wearer

#: Steps to warm up and to time, where batching is measured.
_WARM_UP, _MEASURED = 2, 7


@dataclass(frozen=True)
class Tracked:
    """A body's tracker and who answers what it asks of the network."""

    tracker: BodyTracker
    answering: Answering


def trackers(
    bodies: Sequence[NodeParameters], soon: Callable[[Callable[[], None]], None]
) -> tuple[list[Tracked], str]:
    """Return a tracker for each body, and how they are stepped, for logs; empty for a single one.

    Args:
        bodies: parameters of each.
        soon: sees to it that something is called after what was received before (`Together`).

    Raises:
        KinestError: naming the file or parameter that cannot be used.
    """
    first = bodies[0]
    device = resolve_device(first.device)
    model = load_network(first.weights, device)
    runtime = make_runtime(model, first.runtime, device)
    batch, how = _batch(first.batching, model, runtime, len(bodies))
    found = []
    together = None if batch is None else Together(batch, soon)
    for index, parameters in enumerate(bodies):
        who = Wearer.given(parameters.settings, parameters.stature, parameters.skeleton or None)
        answering: Answering
        predictor: StreamingPredictor | BatchMember
        if batch is None or together is None:
            own = runtime if index == 0 else runtime.name
            predictor = StreamingPredictor(model, who.skeleton, device, own)
            answering = Alone(predictor)
        else:
            predictor = BatchMember(batch, str(index), model, who.skeleton)
            answering = Member(together, str(index))
        tracker = BodyTracker.of(predictor, who)
        _warm_up(tracker)
        found.append(Tracked(tracker, answering))
    return found, how


def _batch(asked: str, model: Network, alone: Runtime, bodies: int) -> tuple[BodyBatch | None, str]:
    """Return the batch where bodies are to be stepped together, and why."""
    if bodies == 1:
        return None, ""
    if asked == "never":
        return None, "one after another"
    batch = BodyBatch(model, bodies, alone.device, alone.name)
    batch.runtime.reason = alone.reason
    if asked == "always":
        return batch, "together"
    one, all_ms = _alternating_ms((alone, batch.runtime), model.config.num_features)
    measured = f"{bodies} bodies {all_ms:.2f} ms together, {bodies * one:.2f} ms one after another"
    return (batch, f"together ({measured})") if all_ms < bodies * one else (
        None, f"one after another ({measured})"
    )  # fmt: skip


def _alternating_ms(runtimes: Sequence[Runtime], num_features: int) -> list[float]:
    """Return the median time of a step of each, ms, taking turns; the states are zero after."""
    times: list[list[float]] = [[] for _ in runtimes]
    for index in range(_WARM_UP + _MEASURED):
        for runtime, own in zip(runtimes, times, strict=True):
            features = np.zeros((runtime.bodies, num_features), np.float32)
            start = time.perf_counter()
            runtime.step(features)
            if index >= _WARM_UP:
                own.append(time.perf_counter() - start)
    for runtime in runtimes:
        runtime.reset()
    return [float(np.median(own)) * 1e3 for own in times]


def _warm_up(tracker: BodyTracker) -> None:
    """Run half a second of an invented head, so the first real frame is not the slow one."""
    head = TrackerPose(np.array((0.0, 0.0, 1.6)), np.array((0.0, 0.0, 0.0, 1.0)))
    invented = BodyTracker(tracker.predictor, tracker.skeleton, tracker.settings)
    for tick in range(1, 32):
        invented.push(TrackerFrame(tick * 1_000_000_000 // 60, {"head": head}))
