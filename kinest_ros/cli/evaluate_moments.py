# SPDX-License-Identifier: Apache-2.0
"""kinest evaluate BAG: when a bag is worst, minute by minute, and how its truth was aligned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from kinest_ros.evaluation.tables import show

#: Figures of moments, with their units, in the order of the tables.
_MOMENTS = {
    "mpjpe": "mpjpe, cm", "jitter": "jitter, 10^2 m/s^3", "slide": "foot slide, cm/s",
    "missing": "ticks without a body",
}  # fmt: skip


def moment_rows(figures: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Yield rows, a cell per bag: the worst five seconds, the alignment, the mocap bodies."""
    for name, what in _MOMENTS.items():
        worst = [f["worst_5_s"].get(name) for f in figures]
        yield (
            f"worst 5 s: {what} (from, s)",
            [f"{w['value']:.2f} ({w['from_s']:.1f})" if w else "-" for w in worst],
        )
    aligned = [f.get("alignment") for f in figures]
    yield "truth's clock is behind by, ms", _cells(aligned, lambda a: f"{a['offset_ms']:.1f}")
    yield "truth's frame is turned by, deg", _cells(aligned, lambda a: f"{a['rotation_deg']:.2f}")
    yield (
        "alignment leaves, mm: 50, 95 %",
        _cells(aligned, lambda a: _pair(a["residual_mm"])),
    )
    yield (
        "alignment leaves, deg: 50, 95 %",
        _cells(aligned, lambda a: _pair(a["residual_deg"])),
    )
    slots = dict.fromkeys(slot for f in figures for slot in f.get("mocap", {}))
    for slot in slots:
        found = [f.get("mocap", {}).get(slot) for f in figures]
        found = [each if each and each["moments"] else None for each in found]
        worn = any(each and each["worn"] for each in found)
        marker = "its mocap body" if worn else "its mocap body, where that fits best"
        yield (
            f"{slot} to {marker}, cm: 50, 95 %",
            _cells(found, lambda each: _pair(each["position_cm"])),
        )
        yield (
            f"{slot} to {marker}, deg: 50, 95 %",
            _cells(found, lambda each: _pair(each["rotation_deg"])),
        )


def print_minutes(found: Mapping[str, Mapping[str, Any]]) -> None:
    """Print a row per bag and minute, of bags that are longer than one."""
    table = Table(title="minute by minute")
    table.add_column("what", overflow="fold")
    table.add_column("minute", justify="right")
    for what in _MOMENTS.values():
        table.add_column(what, justify="right")
    for name, figures in found.items():
        minutes = figures["per_minute"]
        count = max(map(len, minutes.values()), default=0)
        if count < 2:
            continue
        for minute in range(count):
            values = [minutes[key][minute] if key in minutes else None for key in _MOMENTS]
            cells = ["-" if v is None else f"{v:.2f}" for v in values[:-1]]
            missing = "all" if values[-1] is None else f"{values[-1]:.0f}"
            table.add_row(name, str(minute + 1), *cells, missing)
        table.add_section()
    if table.row_count:
        show(table)


def _cells(found: Sequence[Any], text: Any) -> list[str]:
    return ["-" if each is None else text(each) for each in found]


def _pair(value: Mapping[str, float]) -> str:
    return f"{value['p50']:.2f}, {value['p95']:.2f}"
