# SPDX-License-Identifier: Apache-2.0
"""Scores of bags as one HTML file that a colleague can open: no scripts, no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from kinest_ros.body.joints import JOINT_NAMES
from kinest_ros.evaluation.metrics import MEANINGS, METRICS
from kinest_ros.evaluation.truth.given import MarkerPath
from kinest_ros.view.charts import bar_chart, line_chart, stick_figures
from kinest_ros.view.report_errors import TruthErrors, against_bodies, against_markers
from kinest_ros.view.shown import Shown

#: Moments that are shown, and how far they are apart at least, s.
WORST, APART = 3, 1.0
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 900px; margin: 2rem auto; padding: 0 1rem;
  color: #1d2b36; background: #fff; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.2rem; }
table { border-collapse: collapse; } th, td { padding: 0.2rem 0.8rem; text-align: right; }
th:first-child, td:first-child { text-align: left; } tr { border-bottom: 1px solid #dde5ea; }
svg { width: 100%; height: auto; display: block; } svg text { font: 11px system-ui; fill: #55656f; }
.grid { stroke: #e3e9ed; } .axis { stroke: #a0adb5; } polyline { stroke-width: 1.3; }
table.note td, table.note th { text-align: left; }
.gap { fill: #f3d9cf; } .bone { stroke-width: 3; stroke-linecap: round; }
.legend, .note { color: #55656f; font-size: 13px; margin: 0.2rem 0 1rem; }
"""


@dataclass(frozen=True)
class Reported:
    """One bag by one set of weights.

    Attributes:
        name: for people.
        figures: as `evaluation.bag_scores.score` gives them.
        shown: the bodies.
        truth: the true ones, on the bag's clock and in its frame; None where there are none.
        silences: by slot, stretches of the bag in which its tracker was silent, (start, end) ns.
        markers: by slot, where mocap bodies say that links are, where the truth is mocap.
        source: what the truth is, for people; empty where it is the bag's own.
    """

    name: str
    figures: Mapping[str, Any]
    shown: Shown
    truth: Shown | None
    silences: Mapping[str, Sequence[tuple[int, int]]]
    markers: Mapping[str, MarkerPath] = field(default_factory=dict)
    source: str = ""

    def errors(self) -> TruthErrors | None:
        """Return how far the bodies are from the truth; None where nothing is known of it."""
        if self.truth is not None:
            return against_bodies(self.shown, self.truth)
        return against_markers(self.shown, self.markers) if self.markers else None


def report_page(reported: Sequence[Reported], title: str) -> str:
    """Return the page.

    Args:
        reported: at least one.
        title: of the page.
    """
    parts = [f"<h1>{escape(title)}</h1>", "<h2>Scores</h2>", _scores(reported)]
    errors = {r.name: found for r in reported if (found := r.errors()) is not None}
    for bag in reported:
        parts += _of_one(bag, errors.get(bag.name))
    if errors:
        parts.append("<h2>Error by joint</h2>")
        by_joint = {name: found.by_joint for name, found in errors.items()}
        joints = [j for j in JOINT_NAMES if any(j in means for means in by_joint.values())]
        bars = {
            name: np.array([means.get(joint, np.nan) for joint in joints])
            for name, means in by_joint.items()
        }
        parts.append(bar_chart(bars, joints, "mean distance from the truth, cm"))
    parts.append(_meanings())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"{''.join(parts)}</body></html>\n"
    )


def _of_one(bag: Reported, errors: TruthErrors | None) -> list[str]:
    begin = int(bag.shown.stamps_ns[0])
    marks = [
        ((a - begin) * 1e-9, (b - begin) * 1e-9)
        for stretches in bag.silences.values()
        for a, b in stretches
    ]
    parts = [f"<h2>{escape(bag.name)}</h2>"]
    if bag.source:
        parts.append(_source(bag))
    seconds = (bag.shown.stamps_ns - begin) * 1e-9
    if errors is not None:
        parts += ["<h3>Error over time</h3>", line_chart(errors.series(seconds), "cm", marks)]
    elif bag.shown.confidence is not None:
        # Without a truth, what the body itself expects to be off by.
        expected = 10.0 * (1.0 / np.maximum(bag.shown.confidence, 1e-3) - 1.0)
        over_time = {"expected, mean of 22 joints": (seconds, expected.mean(axis=1))}
        parts += ["<h3>Expected error over time</h3>", line_chart(over_time, "cm", marks)]
    parts.append(_drop_outs(bag, begin))
    if errors is not None:
        parts.append("<h3>The worst moments</h3>")
        means = errors.means
        for at in worst_moments(seconds[errors.ticks], means):
            tick = errors.ticks[at]
            joint = int(np.nanargmax(errors.distances[at]))
            parts.append(
                f"<p>at {seconds[tick]:.2f} s: mean error {means[at]:.1f} cm, largest "
                f"at the {JOINT_NAMES[joint].replace('_', ' ')}: "
                f"{errors.distances[at, joint]:.1f} cm</p>"
            )
            bodies = {"estimate": bag.shown.positions[tick], "truth": errors.places[at]}
            parts.append(stick_figures(bodies))
    return parts


def _source(bag: Reported) -> str:
    """Return what the truth is, and how its clock and frame were found."""
    text = f"The truth is {escape(bag.source)}"
    found = bag.figures.get("alignment")
    if found is not None:
        mm, degrees = found["residual_mm"], found["residual_deg"]
        text += (
            f": {found['offset_ms']:.1f} ms were added to its stamps and its frame was turned by "
            f"{found['rotation_deg']:.2f}°, by how {', '.join(found['by']).replace('_', ' ')} move "
            f"in both; {mm['p50']:.1f} mm and {degrees['p50']:.2f}° are left (95 %: "
            f"{mm['p95']:.1f} mm, {degrees['p95']:.2f}°)"
        )
    return f'<p class="note">{text}.</p>'


def worst_moments(seconds: np.ndarray, errors: np.ndarray) -> list[int]:
    """Return the indices of the largest errors (n,), largest first, `APART` from each other."""
    found: list[int] = []
    for index in np.argsort(-errors):
        if all(abs(seconds[index] - seconds[other]) >= APART for other in found):
            found.append(int(index))
        if len(found) == WORST:
            break
    return found


def _scores(reported: Sequence[Reported]) -> str:
    rows = [("", *(escape(bag.name) for bag in reported))]
    figures = [bag.figures for bag in reported]
    rows.append(("length, s", *(f"{f['seconds']:.1f}" for f in figures)))
    rows.append(("ticks without a body", *(str(f["missing"]) for f in figures)))
    for name, unit in METRICS.items():
        values = [(f["accuracy"] or {}).get(name) for f in figures]
        if any(value is not None for value in values):
            rows.append((f"{name} against the truth, {unit}", *map(_number, values)))
    for slot in dict.fromkeys(slot for f in figures for slot in f.get("mocap", {})):
        found = [f.get("mocap", {}).get(slot, {}).get("position_cm") for f in figures]
        text = (f"{v['p50']:.2f}, {v['p95']:.2f}" if v else "-" for v in found)
        rows.append((f"{slot.replace('_', ' ')} to its mocap body, cm: 50, 95 %", *text))
    for key, what in (
        ("jitter", "jitter, 10² m/s³"),
        ("slide", "slide of feet in contact by its own estimate, cm/s"),
        ("floor", "depth below the floor, cm"),
    ):
        rows.append((what, *(_number(f[key]) for f in figures)))
    latencies = [f["latency_ms"] for f in figures]
    if any(latencies):
        text = (f"{v['p50']:.1f}, {v['p99']:.1f}" if v else "-" for v in latencies)
        rows.append(("latency (replay: computing time), ms: 50, 99 %", *text))
    return _table(rows)


def _drop_outs(bag: Reported, begin: int) -> str:
    rows = [("tracker", "from, s", "for, s")]
    for slot, stretches in bag.silences.items():
        rows += [
            (slot.replace("_", " "), f"{(a - begin) * 1e-9:.2f}", f"{(b - a) * 1e-9:.2f}")
            for a, b in stretches[:50]
        ]
    head = "<h3>Drop-outs</h3>"
    if len(rows) == 1:
        return head + '<p class="note">No tracker was silent for longer than 0.1 s.</p>'
    return head + _table(rows)


def _meanings() -> str:
    rows = [("metric", "what"), *((name, escape(text)) for name, text in MEANINGS.items())]
    return "<h2>What the metrics are</h2>" + _table(rows).replace("<table>", '<table class="note">')


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    lines = ["<tr>" + "".join(f"<th>{cell}</th>" for cell in head) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in body]
    return f"<table>{''.join(lines)}</table>"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
