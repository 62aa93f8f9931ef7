# SPDX-License-Identifier: Apache-2.0
"""Does a frame cost the same after an hour as after a minute?"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence

import numpy as np

from kinest_ros.bench.machine import resident_mb
from kinest_ros.bench.performance import performance
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.runtime.predictor import StreamingPredictor
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.following import follow

#: Frames of one minute.
MINUTE = 3600


def long_stream(
    model: StreamingKineST,
    device: str,
    minutes: Sequence[int] = (1, 10, 60),
    runtime: str = "auto",
    progress: Callable[[int], object] = lambda frames: None,
) -> list[dict[str, float]]:
    """Return cost and memory in the last minute of ever longer parts of one stream.

    Frames are computed as fast as they can be, not in real time; all from trackers to body.

    Args:
        model: streaming weights, on the device.
        device: "cpu" or "cuda".
        minutes: lengths of stream, minutes of 60 Hz frames, rising.
        runtime: a name of kinest_ros.runtime.base.RUNTIMES.
        progress: called with a number of frames done.

    Returns:
        Rows with "minutes", "p50" and "mean" per frame in the last of them, ms, and the
        resident memory "memory_mb" of the process behind it.
    """
    played = performance(MINUTE)
    tracker = BodyTracker(
        StreamingPredictor(model, played.skeleton, device, runtime), played.skeleton
    )
    steps = follow(tracker, played.tracker_frames())
    times = np.empty(MINUTE)
    rows = []
    for minute in range(1, max(minutes) + 1):
        for index in range(MINUTE):
            times[index] = next(steps).seconds
        progress(MINUTE)
        if minute in minutes:
            gc.collect()
            rows.append(
                {
                    "minutes": float(minute),
                    "p50": float(np.median(times)) * 1e3,
                    "mean": float(times.mean()) * 1e3,
                    "memory_mb": resident_mb(),
                }
            )
    return rows
