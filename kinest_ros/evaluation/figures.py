# SPDX-License-Identifier: Apache-2.0
"""Evaluations as pictures: error over time, per joint, by drop-out length, and reliability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kinest_ros.body.joints import JOINT_NAMES, NUM_JOINTS
from kinest_ros.evaluation.clip_result import ClipResult
from kinest_ros.evaluation.metrics import FRAME_RATE
from kinest_ros.evaluation.reliability import reliability
from kinest_ros.evaluation.results import joint_means
from kinest_ros.files.pictures import save_figure

#: Times that fewer clips than this share of them reach are not shown.
_LEAST_SHARE = 0.2

Found = Mapping[str, Sequence[ClipResult]]


def write_figures(found: Found, folder: Path) -> list[Path]:
    """Write the figures of an evaluation; returns their paths.

    Args:
        found: results of each candidate.
        folder: made if it is not there.
    """
    shown = {name: rows for name, rows in found.items() if any(r.errors.any() for r in rows)}
    written = [_over_time(shown, folder), _per_joint(shown, folder)]
    drawn = _reliability(shown, folder)
    return written + ([drawn] if drawn else [])


def _over_time(found: Found, folder: Path) -> Path:
    figure, axes = _axes("time since the start of the clip, s", "MPJPE, cm")
    for name, rows in found.items():
        seconds, error = error_over_time(rows)
        axes.plot(seconds, error, label=name, linewidth=1.2)
    count = len(next(iter(found.values())))
    axes.set_title("error over time" + (f", mean over {count} clips" if count > 1 else ""))
    return _save(figure, axes, folder / "error_over_time.png")


def error_over_time(rows: Sequence[ClipResult]) -> tuple[np.ndarray, np.ndarray]:
    """Return times (T,), s, and the mean over clips of the error at that time (T,), cm."""
    longest = max(len(row.errors) for row in rows)
    total, count = np.zeros(longest), np.zeros(longest)
    for row in rows:
        error = np.nanmean(row.errors, axis=1) if len(row.errors) else np.zeros(0)
        known = np.isfinite(error)
        total[: len(error)] += np.where(known, error, 0.0)
        count[: len(error)] += known
    kept = count >= max(1.0, _LEAST_SHARE * len(rows))
    return np.flatnonzero(kept) / FRAME_RATE, total[kept] / count[kept]


def _per_joint(found: Found, folder: Path) -> Path:
    figure, axes = _axes("", "mean error, cm", width=11.0)
    width = 0.8 / len(found)
    for index, (name, rows) in enumerate(found.items()):
        at = np.arange(NUM_JOINTS) + (index - (len(found) - 1) / 2) * width
        axes.bar(at, joint_means(rows)[0], width, label=name)
    axes.set_xticks(range(NUM_JOINTS), JOINT_NAMES, rotation=60, ha="right", fontsize=8)
    axes.set_title("error of each joint")
    return _save(figure, axes, folder / "error_per_joint.png")


def _reliability(found: Found, folder: Path) -> Path | None:
    """Draw expected against actual errors: all joints in bins on the left, each on the right."""
    judged = [(name, value) for name, rows in found.items() if (value := reliability(rows))]
    if not judged:
        return None
    figure = Figure(figsize=(11.0, 5.0), layout="constrained")
    bins, joints = figure.subplots(1, 2)
    for name, value in judged:
        label = f"{name}: calibration error {value.error:.2f} cm"
        (line,) = bins.plot(value.expected, value.actual, "o-", markersize=4, label=label)
        for (dataset, curve), dashes in zip(
            value.datasets.items(), cycle((":", "--", "-.")), strict=False
        ):
            if len(value.datasets) > 1:
                bins.plot(*curve, dashes, color=line.get_color(), linewidth=1.0,
                          label=f"{dataset}: {value.dataset_errors[dataset]:.2f} cm")  # fmt: skip
        joints.plot(value.joint_expected, value.joint_actual, "o", markersize=4, label=name)
        if value is judged[0][1]:
            for joint, text in enumerate(JOINT_NAMES):
                place = value.joint_expected[joint], value.joint_actual[joint]
                joints.annotate(text, place, fontsize=6, xytext=(2, 2), textcoords="offset points")
    for axes, title in ((bins, "all joints, in ten bins"), (joints, "each joint")):
        end = max(axes.get_xlim()[1], axes.get_ylim()[1])
        axes.plot((0.0, end), (0.0, end), color="0.6", linewidth=0.8)
        axes.set(xlim=(0.0, end), ylim=(0.0, end), title=title,
                 xlabel="expected error (RMS), cm", ylabel="actual error (RMS), cm")  # fmt: skip
        axes.legend(fontsize=8)
    return _save(figure, None, folder / "reliability.png")


def drop_out_figure(lost: Mapping[str, Mapping[str, Any]], folder: Path) -> Path:
    """Write error against the length of a hand's loss.

    Args:
        lost: for each weights, for each length in s, what summarise_losses returned.
        folder: made if it is not there.
    """
    figure, axes = _axes("hand lost for, s", "MPJPE while lost, cm")
    for name, lengths in lost.items():
        seconds = [float(length) for length in lengths]
        error = [value["error_cm"] for value in lengths.values()]
        (line,) = axes.plot(seconds, error, "o-", label=name)
        undisturbed = [value["undisturbed_cm"] for value in lengths.values()]
        axes.plot(seconds, undisturbed, "o--", color=line.get_color(), alpha=0.5,
                  label=f"{name}, same frames with the hand")  # fmt: skip
    axes.set_title("error against the length of a drop-out")
    axes.set_ylim(bottom=0.0)
    return _save(figure, axes, folder / "error_by_drop_out.png")


def _axes(x: str, y: str, width: float = 8.0) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel=x, ylabel=y)
    axes.grid(alpha=0.3)
    return figure, axes


def _save(figure: Figure, axes: Axes | None, path: Path) -> Path:
    if axes is not None:
        axes.legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_figure(figure, path, dpi=130)
    return path
