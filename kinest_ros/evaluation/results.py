# SPDX-License-Identifier: Apache-2.0
"""What an evaluation found: per clip, per action, per dataset and over all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kinest_ros.body.joints import JOINT_NAMES
from kinest_ros.evaluation.clip_result import ClipResult, plain_figures
from kinest_ros.evaluation.intervals import Estimate, estimate
from kinest_ros.evaluation.metrics import METRICS
from kinest_ros.evaluation.reliability import reliability
from kinest_ros.motion.clips.labels import ClipLabel

#: Rows of a summary beside the datasets: each dataset alike, and each clip alike.
MEAN, ALL = "mean", "all clips"


Summary = dict[str, dict[str, Estimate]]


def summarise(results: Sequence[ClipResult]) -> Summary:
    """Return the means over the clips of each dataset, over the datasets and over all clips.

    "mean" is the mean over the datasets, each counting alike; "all clips" is what papers with one
    dataset report.
    """
    datasets = sorted({result.label.dataset for result in results})
    tables = [_table([r for r in results if r.label.dataset == name]) for name in datasets]
    groups = {
        **{name: [table] for name, table in zip(datasets, tables, strict=True)},
        MEAN: tables,
        ALL: [_table(results)],
    }
    return {name: _estimates(group) for name, group in groups.items()}


#: What clips can be put together by: --by of kinest evaluate.
GROUPINGS: dict[str, Callable[[ClipLabel], str]] = {
    "action": lambda label: f"{label.dataset}/{label.action}",
    "person": lambda label: f"{label.dataset}/{label.group}",
    "kind": lambda label: label.kind or "unknown",
}


def grouped(results: Sequence[ClipResult], by: str) -> dict[str, list[ClipResult]]:
    """Return the clips of each action, person or kind of action, by name; see GROUPINGS."""
    found: dict[str, list[ClipResult]] = {}
    for result in sorted(results, key=lambda result: GROUPINGS[by](result.label)):
        found.setdefault(GROUPINGS[by](result.label), []).append(result)
    return found


def summary_by(results: Sequence[ClipResult], by: str) -> Summary:
    """Return the means over the clips of each group of grouped()."""
    return {name: _estimates([_table(own)]) for name, own in grouped(results, by).items()}


def worst(results: Sequence[ClipResult]) -> ClipResult:
    """Return the clip with the largest mean position error."""
    return max(results, key=lambda result: result.figures["mpjpe"])


def differences(first: Sequence[ClipResult], second: Sequence[ClipResult]) -> Summary:
    """Return second minus first over the same clips, with intervals of the paired difference."""
    paired = [
        ClipResult(
            b.label,
            {name: b.figures[name] - a.figures[name] for name in METRICS},
            b.joint_errors - a.joint_errors,
            b.joint_angles - a.joint_angles,
            b.errors - a.errors,
        )
        for a, b in zip(first, second, strict=True)
    ]
    return summarise(paired)


def joint_means(results: Sequence[ClipResult]) -> tuple[np.ndarray, np.ndarray]:
    """Return position errors (22,), cm, and angles (22,), deg, each dataset counting alike."""
    datasets = sorted({result.label.dataset for result in results})
    chosen = [[r for r in results if r.label.dataset == name] for name in datasets]
    errors = np.mean([np.mean([r.joint_errors for r in rows], axis=0) for rows in chosen], axis=0)
    angles = np.mean([np.mean([r.joint_angles for r in rows], axis=0) for rows in chosen], axis=0)
    return errors, angles


def as_json(results: Sequence[ClipResult]) -> dict[str, Any]:
    """Return everything of one candidate for JSON; NaN becomes null."""
    errors, angles = joint_means(results)
    calibration = reliability(results)
    return {
        "summary": _plain_summary(summarise(results)),
        "actions": _plain_summary(summary_by(results, "action")),
        "people": _plain_groups(results, "person"),
        "kinds": _plain_groups(results, "kind"),
        "joints": {
            name: {"position_cm": float(error), "angle_deg": float(angle)}
            for name, error, angle in zip(JOINT_NAMES, errors, angles, strict=True)
        },
        "calibration": calibration.as_dict() if calibration else None,
        "clips": [result.as_dict() for result in results],
    }


def plain_differences(first: Sequence[ClipResult], second: Sequence[ClipResult]) -> dict[str, Any]:
    """Return differences for JSON."""
    return _plain_summary(differences(first, second))


def _table(results: Sequence[ClipResult]) -> np.ndarray:
    return np.array([[r.figures[name] for name in METRICS] for r in results])


def _estimates(groups: Sequence[np.ndarray]) -> dict[str, Estimate]:
    return dict(zip(METRICS, estimate(groups), strict=True))


def _plain_summary(summary: Summary) -> dict[str, Any]:
    return {
        group: {name: plain_figures(value._asdict()) for name, value in row.items()}
        for group, row in summary.items()
    }


def _plain_groups(results: Sequence[ClipResult], by: str) -> dict[str, Any]:
    groups = grouped(results, by)
    return {
        name: {
            **row,
            "clips": len(groups[name]),
            "worst_clip": worst(groups[name]).label.path,
            "worst_mpjpe": worst(groups[name]).figures["mpjpe"],
        }
        for name, row in _plain_summary(summary_by(results, by)).items()
    }
