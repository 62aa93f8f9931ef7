# SPDX-License-Identifier: Apache-2.0
"""What `kinest bench` prints."""

from __future__ import annotations

from typing import Any


def show(report: dict[str, Any]) -> None:
    """Print a report's tables, and how to read them."""
    from kinest_ros.bench.latency import PUBLISHED, fastest

    about, rows = report["machine"], report["latency"]
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    columns = ("p50", "p90", "p99", "max")
    table(
        "latency per frame, ms",
        ("", *columns, "joints differ, mm"),
        [
            (name, *(f"{row[key]:.2f}" for key in columns), _difference(row))
            for name, row in rows.items()
        ],
    )
    best = fastest(rows)
    ratio = rows[PUBLISHED]["p50"] / rows[best]["p50"]
    print(f"per frame, the published window takes {ratio:.1f} times as long as {best} (p50)")
    if "stream" in report:
        first, last = report["stream"][0], report["stream"][-1]
        table(
            "the last minute of a stream, trackers to body",
            ("minutes", "p50 ms", "mean ms", "memory MB"),
            [
                (f"{r['minutes']:.0f}", f"{r['p50']:.3f}", f"{r['mean']:.3f}",
                 f"{r['memory_mb']:.1f}")
                for r in report["stream"]
            ],
        )  # fmt: skip
        changes = (f"{key} {100 * (last[key] / first[key] - 1):+.1f} %" for key in _GROWING)
        print(f"from {first['minutes']:.0f} to {last['minutes']:.0f} minutes: {', '.join(changes)}")
    if "bodies" in report:
        table(
            "many bodies in one batch",
            ("runtime", "bodies", "step p50 ms", "p99 ms", "body-frames/s", "network p50 ms",
             "body-frames/s"),
            [
                (r["runtime"], str(r["bodies"]), f"{r['p50']:.2f}", f"{r['p99']:.2f}",
                 f"{r['per_second']:.0f}", f"{r['network_p50']:.2f}",
                 f"{r['network_per_second']:.0f}")
                for r in report["bodies"]
            ],
        )  # fmt: skip
        table(
            "many bodies, all from trackers to body, ms for a tick of all",
            ("bodies", "stepped", *columns, "joints differ, mm"),
            [
                (str(r["bodies"]), r["stepped"], *(f"{r[key]:.2f}" for key in columns),
                 f"{r['difference_mm']:.6f}")
                for r in report["tracked_bodies"]
            ],
        )  # fmt: skip
    if "training" in report:
        rows = report["training"]
        table(
            "training",
            ("network", "parameters, M", "s per step", "frames/s"),
            [
                (r["network"], f"{r['parameters_m']:.2f}", f"{r['seconds_per_step']:.2f}",
                 f"{r['frames_per_second']:.0f}")
                for r in rows
            ],
        )  # fmt: skip
        ratio = rows[0]["frames_per_second"] / rows[1]["frames_per_second"]
        print(f"{rows[0]['network']} trains {ratio:.1f} times as fast as {rows[1]['network']}")
    if "processes" in report:
        rows = report["processes"]
        table(
            "streaming network on processes that share their gradients",
            ("processes", "s per step", "frames/s", "processor s per step and process"),
            [
                (f"{r['processes']:.0f}", f"{r['seconds_per_step']:.2f}",
                 f"{r['frames_per_second']:.0f}", f"{r['cpu_seconds']:.3f}")
                for r in rows
            ],
        )  # fmt: skip
        one, several = rows
        count = several["processes"]
        ratio = several["frames_per_second"] / one["frames_per_second"]
        print(
            f"{count:.0f} processes give {ratio:.2f} "
            f"times the frames per second of one; by processor time, that of as many free cores: "
            f"{count * one['cpu_seconds'] / several['cpu_seconds']:.2f}"
        )


_GROWING = ("p50", "memory_mb")


def _difference(row: dict[str, float]) -> str:
    return f"{row['difference_mm']:.6f}" if "difference_mm" in row else ""


def table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print a table, its first column for names."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left")
    for row in rows:
        table.add_row(*row)
    Console(width=110).print(table)
