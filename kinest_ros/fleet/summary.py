# SPDX-License-Identifier: Apache-2.0
"""What all rows say together, one column at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinest_ros.evaluation.metrics import METRICS
from kinest_ros.fleet.results import Results

#: Bags that failed which are named in a summary; all of them are in the rows.
NAMED = 100
_FIGURES = {
    "replay": (
        "stature", "reprojection_cm.head.p95", "reprojection_cm.left_hand.p95",
        "reprojection_cm.right_hand.p95", "toe_height_cm.p50", "head_lost_ticks", "resets",
    ),
    "evaluate": (
        *(f"accuracy.{name}" for name in METRICS), "jitter", "slide", "floor", "toe_height_cm",
        "missing", "reprojection_cm.head.p95", "reprojection_cm.left_hand.p95",
        "reprojection_cm.right_hand.p95",
    ),
}  # fmt: skip


def summarise(results: Results, kind: str) -> dict[str, Any]:
    """Return counts, failures, cost, and the spread over bags of the figures that matter."""
    count, failed = 0, 0
    named: list[dict[str, str]] = []
    for row in results.rows(("bag", "ok", "error")):
        count += 1
        if not row["ok"]:
            failed += 1
            if len(named) < NAMED:
                named.append({"bag": row["bag"], "error": row["error"]})
    seconds, cpu = _column(results, "seconds"), _column(results, "cpu_s")
    memory = _column(results, "memory_mb")
    figures = {}
    for name in _FIGURES[kind]:
        values = _column(results, name)
        if len(values):
            p5, p50, p95 = np.percentile(values, (5, 50, 95)).tolist()
            mean = float(values.mean())
            figures[name] = {"mean": mean, "p5": p5, "p50": p50, "p95": p95, "bags": len(values)}
    return {
        "bags": count,
        "failed": failed,
        "failures": named,
        "hours": float(seconds.sum()) / 3600.0,
        "cpu_hours": float(cpu.sum()) / 3600.0,
        "cpu_s_per_minute": 60.0 * float(cpu.sum() / seconds.sum()) if seconds.any() else None,
        "worker_memory_mb": float(memory.max()) if len(memory) else None,
        "figures": figures,
    }


def _column(results: Results, name: str) -> np.ndarray:
    values = (row[name] for row in results.rows((name,)))
    return np.fromiter((v for v in values if v is not None), float)
