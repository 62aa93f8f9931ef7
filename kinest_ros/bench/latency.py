# SPDX-License-Identifier: Apache-2.0
"""Latency per frame of every runtime, and of the published network run online."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from kinest_ros.bench.performance import Performance, performance
from kinest_ros.bench.timing import WARM_UP, paced, timed
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.model.published.network import NUM_INPUTS, KineST
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.node.clients.trace import percentiles
from kinest_ros.runtime.base import Runtime
from kinest_ros.runtime.choose import available, make_runtime
from kinest_ros.runtime.predictor import StreamingPredictor
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.following import follow

#: Seconds between frames in live use.
FRAME = 1 / 60
PUBLISHED = "published window"


def latency(
    model: StreamingKineST,
    device: str,
    frames: int = 1200,
    windows: int = 30,
    paced_frames: int = 0,
    progress: Callable[[], object] = lambda: None,
) -> dict[str, dict[str, Any]]:
    """Return one row for each way to get the next frame's body, ms: p50, p90, p99, max.

    The ways take turns, a few frames each, so that whatever else the machine does meets them all
    alike.

    Args:
        model: streaming weights, on the device.
        device: "cpu" or "cuda".
        frames: frames to time for each streaming way.
        windows: windows to time for the published network, with random weights: its way online is
            to run the last 96 frames again for each new one.
        paced_frames: also time this many frames of each runtime but the reference at the pace of
            live use, one every 1/60 s, in turns.
        progress: called now and then.

    Returns:
        Rows "RUNTIME step" (features, network and decoding; with "difference_mm", the mean
        distance of its joints from the reference's, the first runtime), "RUNTIME body tracker"
        (all from trackers to body, the fastest runtime), "RUNTIME step, 60 Hz" where asked for
        (of all but the reference),
        and "published window".
    """
    played = performance(frames + WARM_UP)
    steps = {
        name: _Step(make_runtime(model, name, device), model, played) for name in available(device)
    }
    published = KineST().to(device).eval()
    window = torch.randn(1, published.window, NUM_INPUTS, device=device)

    def run_published() -> None:
        with torch.inference_mode():
            # Its result has to come back, as the streaming ways' does.
            published(window).cpu()

    times: dict[str, list[float]] = {f"{name} step": [] for name in steps}
    times[PUBLISHED] = []
    rounds = max(1, min(windows, frames // 10))
    for index in range(rounds + 1):  # the first round warms up
        for name, step in steps.items():
            spent = timed(step, WARM_UP if index == 0 else -(-frames // rounds), warm_up=0)
            times[f"{name} step"] += spent.tolist() if index else []
        spent = timed(run_published, 2 if index == 0 else -(-windows // rounds), warm_up=0)
        times[PUBLISHED] += spent.tolist() if index else []
        progress()
    rows: dict[str, dict[str, Any]] = {name: percentiles(spent) for name, spent in times.items()}
    reference, *others = steps.values()
    for step in others:
        rows[f"{step.name} step"]["difference_mm"] = step.difference_mm(reference)
    best = min(steps.values(), key=lambda step: rows[f"{step.name} step"]["p50"])
    tracker = BodyTracker(
        StreamingPredictor(model, played.skeleton, device, best.predictor.runtime),
        played.skeleton,
    )
    followed = follow(tracker, played.tracker_frames())
    rows[f"{best.name} body tracker"] = percentiles(timed(lambda: next(followed), frames))
    if paced_frames:
        spent = paced(others, paced_frames, FRAME)
        for step, own in zip(others, spent, strict=True):
            rows[f"{step.name} step, 60 Hz"] = percentiles(own)
    return rows


def fastest(rows: dict[str, dict[str, Any]]) -> str:
    """Return the name of the step row with the lowest median."""
    return min((name for name in rows if name.endswith(" step")), key=lambda n: rows[n]["p50"])


class _Step:
    """Steps one predictor through a performance, and keeps the bodies it gave."""

    def __init__(self, runtime: Runtime, model: StreamingKineST, played: Performance) -> None:
        self.name = runtime.name
        self.predictor = StreamingPredictor(model, played.skeleton, runtime.device, runtime)
        self._frames, self._offsets = played.frames(), played.skeleton.rest_offsets
        self._local: list[np.ndarray] = []

    def __call__(self) -> None:
        self._local.append(self.predictor.step(*next(self._frames)).local_rotations)

    def difference_mm(self, other: _Step) -> float:
        """Return the mean distance between the joints of both in the frames both have seen."""
        count = min(len(self._local), len(other._local))
        first, second = (
            forward_kinematics_np(
                np.stack(step._local[:count]), self._offsets, np.zeros((count, 3))
            )[0]
            for step in (self, other)
        )
        return float(np.linalg.norm(first - second, axis=-1).mean() * 1e3)
