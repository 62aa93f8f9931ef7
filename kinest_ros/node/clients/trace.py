# SPDX-License-Identifier: Apache-2.0
"""What a live node's bodies took, from the times at which poses were sent and bodies came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kinest_ros.tracking.sampling.resampler import first_tick_from


@dataclass
class Trace:
    """What went out and what came back.

    Attributes:
        stamps_ns: of the frames sent, in order.
        sent_ns: ``time.perf_counter_ns()`` before the first pose of each was published.
        late_ns: how much later than planned that was.
        bodies: of each, the stamp and ``time.perf_counter_ns()`` at arrival, ns, and the latency
            that the node itself measured, s.
    """

    stamps_ns: list[int] = field(default_factory=list)
    sent_ns: list[int] = field(default_factory=list)
    late_ns: list[int] = field(default_factory=list)
    bodies: list[tuple[int, int, float]] = field(default_factory=list)


def delays(trace: Trace) -> dict[str, np.ndarray]:
    """Return the delays of the bodies of a trace, ms (M,) each.

    A tick cannot fire before the first frame at or after it has been sent, so the time from the
    tick to that frame is the resampler's; what follows is ours.

    Returns:
        resampler: from the tick to the sending of the frame that completes it.
        rest: from there to the body's arrival.
        node: the part of it that the node measured, from a pose's arrival to publication.
    """
    stamps, sent = np.array(trace.stamps_ns), np.array(trace.sent_ns)
    bodies = np.array([(stamp, arrived) for stamp, arrived, _ in trace.bodies], dtype=np.int64)
    bodies = bodies.reshape(-1, 2)
    within = np.array([latency for *_, latency in trace.bodies])
    completing = np.searchsorted(stamps, bodies[:, 0])
    known = (completing > 0) & (completing < len(stamps))
    completing, bodies = completing[known], bodies[known]
    return {
        "resampler": (stamps[completing] - bodies[:, 0]) * 1e-6,
        "rest": (bodies[:, 1] - sent[completing]) * 1e-6,
        "node": within[known] * 1e3,
    }


def row(trace: Trace, minute: float, node_mb: float, node_load: float) -> dict[str, float]:
    """Return the figures of a stretch of time; delays in ms.

    Args:
        trace: the stretch.
        minute: minutes since the start, at its end.
        node_mb: resident memory of the node, MB.
        node_load: share of one core that the node took.
    """
    found = delays(trace)
    result: dict[str, float] = {"minute": minute, "bodies": len(trace.bodies)}
    result["missing"] = missing(trace)
    if len(found["rest"]):
        result.update(percentiles(found["rest"]))
        for name in ("resampler", "node"):
            result[f"{name}_p50"] = float(np.median(found[name]))
            result[f"{name}_p99"] = float(np.percentile(found[name], 99))
        result["probe_late_p99"] = float(np.percentile(trace.late_ns, 99)) * 1e-6
    return {**result, "node_mb": node_mb, "node_load": node_load}


def missing(trace: Trace) -> int:
    """Return how many ticks between the first and the last body had no body."""
    if not trace.bodies:
        return 0
    stamps = sorted(stamp for stamp, *_ in trace.bodies)
    ticks = first_tick_from(stamps[-1] - 1) - first_tick_from(stamps[0] - 1) + 1
    return ticks - len(set(stamps))


def percentiles(times: Sequence[float] | np.ndarray) -> dict[str, float]:
    """Return p50, p90, p99 and max."""
    p50, p90, p99 = np.percentile(times, (50, 90, 99))
    return {"p50": float(p50), "p90": float(p90), "p99": float(p99), "max": float(np.max(times))}
