# SPDX-License-Identifier: Apache-2.0
"""Small charts and stick figures as SVG, for reports that are one file and run no program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

import numpy as np

from kinest_ros.body.joints import PARENTS

COLOURS = ("#2d8fc4", "#d9772b", "#4a9a5a", "#b0508a", "#8a7a2a", "#6a5ac0")
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 860, 240, 52, 34, 24
_RIGHT = 24  # half of the last label of time
#: Of stick figures; metres between the ticks of their height.
_VIEWS, _TICK = ("from the front", "from the right"), 0.5
#: Points that a line is drawn with at most: peaks are kept.
_POINTS = 800


def line_chart(
    series: Mapping[str, tuple[np.ndarray, np.ndarray]],
    unit: str,
    marks: Sequence[tuple[float, float]] = (),
) -> str:
    """Return lines over time.

    Args:
        series: by name, times (n,) s and values (n,).
        unit: of the values.
        marks: stretches of time, s, to be shaded.
    """
    end = max((float(times[-1]) for times, _ in series.values() if len(times)), default=1.0)
    finite = [values[np.isfinite(values)] for _, values in series.values()]
    top = _round_up(max((float(values.max()) for values in finite if len(values)), default=1.0))

    def x(time: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * time / max(end, 1e-9)

    def y(value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1.0 - value / top)

    parts = [
        f'<rect class="gap" x="{x(a):.1f}" y="{_TOP}" width="{max(x(b) - x(a), 1.0):.1f}" '
        f'height="{_HEIGHT - _TOP - _BOTTOM}"/>'
        for a, b in marks
    ]
    parts += _axes(top, end, unit, x, y)
    for colour, (times, values) in zip(_repeat(COLOURS), series.values(), strict=False):
        points = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in _peaks(times, values))
        parts.append(f'<polyline fill="none" stroke="{colour}" points="{points}"/>')
    return _svg(parts, _WIDTH, _HEIGHT) + _legend(series)


def bar_chart(series: Mapping[str, np.ndarray], labels: Sequence[str], unit: str) -> str:
    """Return bars side by side.

    Args:
        series: by name, values (n,).
        labels: of the n groups.
        unit: of the values.
    """
    row, left = 8 + 10 * len(series), 130
    top = _round_up(max((float(np.nanmax(values)) for values in series.values()), default=1.0))
    height = row * len(labels) + 24
    parts = []
    for index, label in enumerate(labels):
        y = index * row
        parts.append(
            f'<text x="{left - 8}" y="{y + row / 2 + 3}" text-anchor="end">{escape(label)}</text>'
        )
        bars = zip(_repeat(COLOURS), series.values(), strict=False)
        for number, (colour, values) in enumerate(bars):
            value = float(values[index])
            known = bool(np.isfinite(value))
            width, said = (
                (value * (_WIDTH - left - 80) / top, f"{value:.1f}") if known else (0, "-")
            )
            at = y + 3 + 10 * number
            parts.append(
                f'<rect x="{left}" y="{at}" width="{width:.1f}" height="8" fill="{colour}"/>'
                f'<text x="{left + width + 5:.1f}" y="{at + 8}">{said}</text>'
            )
    parts.append(f'<text x="{left}" y="{height - 6}">{escape(unit)}</text>')
    return _svg(parts, _WIDTH, height) + _legend(series)


def stick_figures(bodies: Mapping[str, np.ndarray]) -> str:
    """Return bodies on top of each other, from the front and from their right, heights in m.

    Args:
        bodies: by name, positions (22, 3) m; the first one's pelvis and heading are the view's.
            Of others joints may be NaN: those that are known are drawn, as dots where no bone is.
    """
    first = next(iter(bodies.values()))
    across = first[2] - first[1]  # from the left hip to the right one
    right = across[:2] / max(float(np.linalg.norm(across[:2])), 1e-9)
    size, scale = 300, 130.0
    parts = []
    # From the front the body's left is on the right; from its right it looks to the right.
    for view, axis in enumerate((-right, np.array((-right[1], right[0])))):
        base = _LEFT + size * view
        middle = base + size / 2
        floor = size - 24
        parts.append(f'<line class="axis" x1="{base + 10}" x2="{base + size - 10}" '
                     f'y1="{floor}" y2="{floor}"/>')  # fmt: skip
        parts.append(f'<text x="{base + 12}" y="{size - 8}">{_VIEWS[view]}</text>')
        for height in np.arange(0.0, (floor - 10.0) / scale, _TICK):
            at = floor - scale * height
            parts.append(f'<text x="{base + 8}" y="{at + 4:.1f}" text-anchor="end">{height:g} m'
                         f'</text>' if view == 0 else "")  # fmt: skip
            parts.append(f'<line class="grid" x1="{base + 10}" x2="{base + size - 10}" '
                         f'y1="{at:.1f}" y2="{at:.1f}"/>' if height else "")  # fmt: skip
        for colour, positions in zip(_repeat(COLOURS), bodies.values(), strict=False):
            flat = (positions[:, :2] - first[0, :2]) @ axis
            places = np.stack((middle + scale * flat, floor - scale * positions[:, 2]), axis=-1)
            known = np.isfinite(places).all(axis=-1)
            if not known.all():
                parts += [
                    f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>'
                    for x, y in places[known]
                ]
            for joint, parent in enumerate(PARENTS):
                if parent >= 0 and known[joint] and known[parent]:
                    (x1, y1), (x2, y2) = places[parent], places[joint]
                    parts.append(
                        f'<line class="bone" stroke="{colour}" x1="{x1:.1f}" y1="{y1:.1f}" '
                        f'x2="{x2:.1f}" y2="{y2:.1f}"/>'
                    )
            x, y = places[15]
            if not known.all():
                continue
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y - 12:.1f}" r="11" fill="none" stroke="{colour}"/>'
            )
    return _svg(parts, _LEFT + 2 * size, size) + _legend(bodies)


def _axes(top: float, end: float, unit: str, x, y) -> list[str]:  # type: ignore[no-untyped-def]
    parts = []
    for value in _ticks(top):
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(value):.1f}" '
                     f'y2="{y(value):.1f}"/><text x="{_LEFT - 6}" y="{y(value) + 4:.1f}" '
                     f'text-anchor="end">{value:g}</text>')  # fmt: skip
    parts += [
        f'<text x="{x(time):.1f}" y="{_HEIGHT - 16}" text-anchor="middle">{time:g} s</text>'
        for time in _ticks(end)
    ]
    return [*parts, f'<text x="4" y="{_TOP - 10}">{escape(unit)}</text>']


def _ticks(end: float) -> list[float]:
    """Return four to ten round numbers from 0 to an end."""
    step = _round_up(end / 10.0)
    return [round(step * index, 9) for index in range(int(end / step + 1e-6) + 1)]


def _peaks(times: np.ndarray, values: np.ndarray) -> list[tuple[float, float]]:
    """Return at most _POINTS points of a line, the highest of each stretch."""
    known = np.isfinite(values)
    times, values = times[known], values[known]
    if len(times) <= _POINTS:
        return list(zip(times.tolist(), values.tolist(), strict=True))
    edges = np.linspace(0, len(times), _POINTS + 1).astype(int)
    at = [a + int(np.argmax(values[a:b])) for a, b in pairwise(edges)]
    return list(zip(times[at].tolist(), values[at].tolist(), strict=True))


def _round_up(value: float) -> float:
    if not value > 0.0:
        return 1.0
    unit = 10.0 ** np.floor(np.log10(value))
    return float(next(step for step in (1.0, 2.0, 2.5, 5.0, 10.0) if step * unit >= value) * unit)


def _repeat(colours: Sequence[str]):  # type: ignore[no-untyped-def]
    while True:
        yield from colours


def _svg(parts: Sequence[str], width: int, height: int) -> str:
    return f'<svg viewBox="0 0 {width} {height}" style="max-width:{width}px">{"".join(parts)}</svg>'


def _legend(names: Mapping[str, object]) -> str:
    items = zip(_repeat(COLOURS), names, strict=False)
    spans = (f'<span style="color:{c}">■</span> {escape(name)} ' for c, name in items)
    return f'<p class="legend">{" ".join(spans)}</p>'
