# SPDX-License-Identifier: Apache-2.0
"""Figures of a recorded run: frames in and out, latency, and how well the body fits."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, LOWER_BODY, UPPER_BODY
from kinest_ros.demo.recording import Recording
from kinest_ros.tracking.sampling.resampler import first_tick_from

_TOES = [JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]]


def summarise(recording: Recording) -> dict[str, Any]:
    """Return the run's figures; lengths in cm, times in ms, ready for JSON.

    ``end_to_end`` is measured outside the node, by the recorder's clock: from the arrival of the
    last pose that a body needed to the arrival of that body. ``node`` is what the node says: from
    taking that pose off its queue to publication.
    """
    bodies = recording.bodies
    summary: dict[str, Any] = {
        "frames_in": {slot: len(t.stamps_ns) for slot, t in recording.trackers.items()},
        "ticks": _ticks(recording),
        "bodies_out": len(bodies),
    }
    summary["bodies_missing"] = max(summary["ticks"] - summary["bodies_out"], 0)
    if not len(bodies):
        return summary
    summary["seconds"] = float(bodies.stamps_ns[-1] - bodies.stamps_ns[0]) * 1e-9
    summary["latency_ms"] = {
        "node": _percentiles(bodies.latency * 1e3),
        "end_to_end": _percentiles(_end_to_end(recording) * 1e3),
    }
    summary["tracker_error_cm"] = {
        slot: {
            "median": float(np.nanmedian(error)) * 100.0,
            "p95": float(np.nanpercentile(error, 95)) * 100.0,
        }
        for slot, error in recording.slot_errors().items()
        if np.isfinite(error).any()
    }
    summary["toe_height_cm"] = {"median": float(np.median(bodies.positions[:, _TOES, 2])) * 100.0}
    true = recording.true_positions()
    if true is not None and np.isfinite(true).any():
        error = np.linalg.norm(bodies.positions - true, axis=-1) * 100.0
        summary["position_error_cm"] = {
            "all joints (MPJPE)": float(np.nanmean(error)),
            "upper body": float(np.nanmean(error[:, list(UPPER_BODY)])),
            "lower body": float(np.nanmean(error[:, list(LOWER_BODY)])),
        }
    return summary


def _ticks(recording: Recording) -> int:
    """Number of 60 Hz ticks from the head's first to its last sample."""
    if "head" not in recording.trackers:
        return 0
    stamps = recording.trackers["head"].stamps_ns
    return first_tick_from(int(stamps.max()) + 1) - first_tick_from(int(stamps.min()))


def _end_to_end(recording: Recording) -> np.ndarray:
    """Seconds from the arrival of the last pose needed to the arrival of each body.

    Bodies at the very end, or whose poses the listener missed, are left out.
    """
    stamps = recording.bodies.stamps_ns
    needed, known = np.zeros(len(stamps), dtype=np.int64), np.ones(len(stamps), dtype=bool)
    for trace in recording.trackers.values():
        sample = np.searchsorted(trace.stamps_ns, stamps)
        arrival = trace.arrivals_ns[np.minimum(sample, len(trace.stamps_ns) - 1)]
        known &= (sample < len(trace.stamps_ns)) & (arrival > 0)
        needed = np.maximum(needed, arrival)
    return (recording.arrivals_ns - needed)[known] * 1e-9


def _percentiles(values: np.ndarray) -> dict[str, float]:
    p50, p99 = np.percentile(values, (50, 99)) if len(values) else (np.nan, np.nan)
    return {"p50": float(p50), "p99": float(p99)}
