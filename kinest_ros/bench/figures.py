# SPDX-License-Identifier: Apache-2.0
"""Pictures of what `kinest bench` measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kinest_ros.errors import KinestError
from kinest_ros.files.pictures import save_figure


def draw(report: dict[str, Any], folder: Path) -> list[Path]:
    """Draw the parts of a report that are there; returns the files written.

    Args:
        report: what `kinest bench --json` prints.
        folder: where the PNG files go; made if need be.

    Raises:
        KinestError: matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise KinestError("--figures needs matplotlib: pip install matplotlib") from error
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    drawings: dict[str, Callable[[Any, Any], None]] = {
        "latency": _latency,
        "stream": _stream,
        "bodies": _bodies,
        "live": _live,
    }
    written = []
    for name, drawing in drawings.items():
        if not report.get(name):
            continue
        figure, axes = plt.subplots(figsize=(7.0, 3.6), constrained_layout=True)
        drawing(axes, report[name])
        path = folder / f"{name}.png"
        save_figure(figure, path, dpi=150)
        plt.close(figure)
        written.append(path)
    return written


def _latency(axes: Any, rows: dict[str, dict[str, float]]) -> None:
    names = list(rows)[::-1]
    for offset, key, colour in ((0.2, "p50", "#2b6cb0"), (-0.2, "p99", "#a0c4e8")):
        values = [rows[name][key] for name in names]
        places = [index + offset for index in range(len(names))]
        bars = axes.barh(places, values, height=0.38, color=colour, label=key)
        axes.bar_label(bars, [f" {value:.2f}" for value in values], fontsize=8)
    axes.set_yticks(range(len(names)), names)
    axes.set_xscale("log")
    axes.set_xlim(right=axes.get_xlim()[1] * 2)
    axes.set_xlabel("ms per frame (logarithmic)")
    axes.set_title("Latency per frame")
    axes.legend(loc="lower right")


def _stream(axes: Any, rows: list[dict[str, float]]) -> None:
    minutes = [row["minutes"] for row in rows]
    axes.plot(minutes, [row["p50"] for row in rows], "o-", color="#2b6cb0")
    axes.set_xscale("log")
    axes.set_ylim(0, max(row["p50"] for row in rows) * 1.4)
    axes.set_xlabel("minutes of stream (logarithmic)")
    axes.set_ylabel("ms per frame, median", color="#2b6cb0")
    memory = axes.twinx()
    memory.plot(minutes, [row["memory_mb"] for row in rows], "s--", color="#c05621")
    memory.set_ylim(0, max(row["memory_mb"] for row in rows) * 1.4)
    memory.set_ylabel("resident memory, MB", color="#c05621")
    axes.set_title("Cost and memory against the length of the stream")


def _bodies(axes: Any, rows: list[dict[str, Any]]) -> None:
    for name in dict.fromkeys(row["runtime"] for row in rows):
        of_name = [row for row in rows if row["runtime"] == name]
        counts = [row["bodies"] for row in of_name]
        axes.plot(counts, [row["network_per_second"] for row in of_name], "o-", label=name)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel("bodies in the batch")
    axes.set_ylabel("body-frames per second, network")
    axes.set_title("Many bodies in one process")
    axes.legend()


def _live(axes: Any, found: dict[str, Any]) -> None:
    rows = found["rows"]
    minutes = [row["minute"] for row in rows]
    for key, style in (("p50", "o-"), ("p99", "o--")):
        axes.plot(minutes, [row[key] for row in rows], style, color="#2b6cb0", label=key)
    axes.set_ylim(0, max(row["p99"] for row in rows) * 1.3)
    axes.set_xlabel("minutes")
    axes.set_ylabel("ms, pose sent to body received", color="#2b6cb0")
    axes.legend(loc="lower left")
    memory = axes.twinx()
    memory.plot(minutes, [row["node_mb"] for row in rows], "s:", color="#c05621")
    memory.set_ylim(0, max(row["node_mb"] for row in rows) * 1.3)
    memory.set_ylabel("resident memory of the node, MB", color="#c05621")
    axes.set_title("The live node, end to end over DDS, beyond the resampler's wait")
