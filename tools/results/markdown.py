# SPDX-License-Identifier: Apache-2.0
"""Figures and results as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from kinest_ros.evaluation.clip_result import ClipResult
from kinest_ros.evaluation.intervals import Estimate
from kinest_ros.evaluation.results import MEAN, summarise

#: Columns of accuracy: metric, title, whether its interval is shown.
COLUMNS = (
    ("mpjpe", "MPJPE", True), ("mpjre", "MPJRE", True), ("lower", "lower", True),
    ("upper", "upper", False), ("hand", "hand", False), ("root", "root", False),
    ("mpjve", "MPJVE", False), ("jitter", "jitter", False), ("slide", "foot slide", False),
    ("floor", "floor", False),
)  # fmt: skip
NAMES = {"bandai": "Bandai", "cmu": "CMU", MEAN: "mean of both"}


def accuracy(found: Iterable[tuple[str, list[ClipResult] | None]]) -> str:
    """Return a table with a row for each candidate and kind of clips."""
    rows = []
    for what, results in found:
        summary = summarise(results) if results else {}
        for group, name in NAMES.items():
            # A mean of both needs two: bandai, cmu, their mean, and that of all clips.
            if group not in summary or (group == MEAN and len(summary) < 4):
                continue
            values = (
                (with_interval if interval else lambda value: number(value.mean))(
                    summary[group][metric]
                )
                for metric, _, interval in COLUMNS
            )
            count = sum(result.label.dataset == group for result in results or ())
            rows.append((what, f"{name} ({count})" if count else name, *values))
            what = ""
    return table(("", "clips", *(title for _, title, _ in COLUMNS)), rows)


def with_interval(value: Estimate, sign: str = "") -> str:
    """Return a mean with its interval, where it has one."""
    if not math.isfinite(value.mean):
        return "-"
    text = f"{value.mean:{sign}.2f}"
    return f"{text} [{value.low:{sign}.2f}, {value.high:{sign}.2f}]" if value.low == value.low \
        else text  # fmt: skip


def number(value: float) -> str:
    """Return a figure; a dash where there is none."""
    return f"{value:.2f}" if math.isfinite(value) else "-"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)
