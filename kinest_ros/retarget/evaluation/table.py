# SPDX-License-Identifier: Apache-2.0
"""Measures as a table and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kinest_ros.retarget.evaluation.measures import MEASURES, Measured

#: Heads of the columns.
_HEADS = {
    "cpu_p50": "CPU p50 ms",
    "cpu_p99": "CPU p99 ms",
    "arm": "arm °",
    "leg": "leg °",
    "hand": "hand %",
    "hand_turn": "hand °",
    "pelvis": "pelvis °",
    "chest": "chest °",
    "slide": "slide cm/s",
    "human_slide": "(human's)",
    "sole_height": "sole mm",
    "sole_depth": "below mm",
    "sole_tilt": "tilt °",
    "collision": "collision %",
    "overlap": "deepest mm",
    "outside": "outside",
    "fastest": "rad/s",
    "jumps": "jumps",
    "jerk": "jerk rad/s³",
}


def table(results: Mapping[str, Sequence[Measured]]) -> str:
    """Return a Markdown table, one row per robot and motion."""
    rows = [["robot", "motion", "frames", *(_HEADS[name] for name in MEASURES)]]
    rows.append(["---"] * len(rows[0]))
    for robot, parts in results.items():
        for part in parts:
            figures = [_figure(name, part.values[name]) for name in MEASURES]
            rows.append([robot, part.name, str(part.frames), *figures])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _figure(name: str, value: float) -> str:
    return f"{value:.{MEASURES[name][1]}f}" if np.isfinite(value) else "-"


def as_json(results: Mapping[str, Sequence[Measured]]) -> list[dict[str, Any]]:
    """Return a list of rows; what could not be measured is null."""
    return [
        {
            "robot": robot,
            "motion": part.name,
            "frames": part.frames,
            **{
                name: float(value) if np.isfinite(value) else None
                for name, value in part.values.items()
            },
        }
        for robot, parts in results.items()
        for part in parts
    ]
