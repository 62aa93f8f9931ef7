# SPDX-License-Identifier: Apache-2.0
"""The report names the worst moments, the drop-outs and the errors, and is one file."""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest

from kinest_ros.evaluation.metrics import METRICS
from kinest_ros.evaluation.truth.given import MarkerPath
from kinest_ros.view.charts import bar_chart, line_chart, stick_figures
from kinest_ros.view.report import Reported, report_page, worst_moments
from kinest_ros.view.shown import Shown

FIGURES = {
    "seconds": 10.0,
    "missing": 3,
    "jitter": 0.5,
    "slide": None,
    "floor": 0.1,
    "latency_ms": None,
    "accuracy": dict.fromkeys(METRICS, 1.25),
}

ALIGNMENT = {
    "offset_ms": -1500.0,
    "rotation_deg": 40.0,
    "residual_mm": {"p50": 1.0, "p95": 2.0},
    "residual_deg": {"p50": 0.1, "p95": 0.2},
    "by": ["head", "left_hand"],
}


@pytest.fixture
def reported() -> Reported:
    stamps = np.arange(600) * 1_000_000_000 // 60
    positions = np.random.default_rng(0).normal(size=(1, 22, 3)).repeat(600, 0)
    off = positions.copy()
    off[240, 4] += (0.0, 0.0, 2.2)  # at 4 s, the left knee: 10 cm in the mean
    truth = Shown("truth", stamps, positions)
    silent = {"head": [], "left_hand": [(2_000_000_000, 2_500_000_000)]}
    shown = Shown("a <b>", stamps, off, np.full((600, 22), 0.8))
    return Reported("a <b>", FIGURES, shown, truth, silent)


def test_the_report_says_what_was_worst_and_lost(reported: Reported):
    page = report_page([reported], "my bag")
    assert "at 4.00 s: mean error 10.0 cm, largest at the left knee: 220.0 cm" in page
    assert "<td>left hand</td><td>2.00</td><td>0.50</td>" in page
    assert "a &lt;b&gt;" in page and "<b>" not in page
    assert page.count("<svg") == 1 + 3 + 1
    assert not re.search(r"<script|https?://|src=", page)


def test_mocap_bodies_are_a_truth_of_their_joints_alone(reported: Reported):
    """The right wrist, known in the second half of the bag only, 30 cm off at 7 s."""
    stamps = reported.shown.stamps_ns[300:]
    places = reported.shown.positions[300:, 21].copy()
    places[120] += (0.3, 0.0, 0.0)
    markers = {"right_hand": MarkerPath(stamps, places), "head": MarkerPath(stamps[:0], places[:0])}
    mocap = {"right_hand": {"position_cm": {"p50": 0.5, "p95": 1.5}}, "head": {"moments": 0}}
    figures = {**FIGURES, "accuracy": None, "alignment": ALIGNMENT, "mocap": mocap}
    bag = replace(reported, truth=None, markers=markers, figures=figures, source="mocap bodies (x)")
    page = report_page([bag, replace(reported, name="other")], "b")
    assert "The truth is mocap bodies (x): -1500.0 ms were added to its stamps" in page
    assert "by how head, left hand move in both" in page
    assert "right hand to its mocap body, cm: 50, 95 %</td><td>0.50, 1.50</td><td>-</td>" in page
    assert "at 7.00 s: mean error 30.0 cm, largest at the right wrist: 30.0 cm" in page
    assert ">nan<" not in page and "nan," not in page
    ElementTree.fromstring(page.split("<body>")[1].split("</body>")[0].join(("<p>", "</p>")))


def test_without_a_truth_the_expected_error_is_drawn(reported: Reported):
    figures = {**FIGURES, "accuracy": None}
    page = report_page([Reported("b", figures, reported.shown, None, {})], "b")
    assert "Expected error over time" in page and "worst moments" not in page


def test_worst_moments_are_apart():
    seconds = np.arange(100) / 10.0
    errors = np.exp(-np.abs(seconds - 5.0)) + 0.4 * (seconds == 9.0)
    assert worst_moments(seconds, errors)[0] == 50
    assert all(abs(a - b) >= 10 for a in (50,) for b in worst_moments(seconds, errors)[1:])


def test_charts_are_svg_and_keep_peaks():
    times = np.arange(100_000) / 60.0
    values = np.zeros(100_000)
    values[54_321] = 7.0
    values[10:20] = np.nan
    svg = line_chart({"a": (times, values)}, "cm", [(3.0, 4.0)])
    drawn = re.search(r'points="([^"]+)"', svg)
    points = [tuple(map(float, point.split(","))) for point in drawn[1].split()]
    assert len(points) <= 801
    assert min(y for _, y in points) < 100 < max(y for _, y in points)
    for part in (
        svg,
        bar_chart({"a": np.array([1.0, np.nan])}, ["x", "<y>"], "cm"),
        stick_figures({"a": np.random.default_rng(1).normal(size=(22, 3))}),
    ):
        ElementTree.fromstring(f"<div>{part}</div>")
