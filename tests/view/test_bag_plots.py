# SPDX-License-Identifier: Apache-2.0
"""What is drawn beside the bodies of a bag is what the bag says, tick by tick."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from kinest_ros.view.bag_plots import plots_of, residuals_of
from kinest_ros.view.plot_panels import PlotPanel, plots_html
from kinest_ros.view.shown import Shown

TICKS = 240
STAMPS = 10**12 + np.round(np.arange(TICKS) * 1e9 / 60.0).astype(np.int64)


@pytest.fixture
def shown() -> Shown:
    """The left hand is not valid for a second from 2 s; no body at all for half a second from 3."""
    positions = np.random.default_rng(0).normal(size=(1, 22, 3)).repeat(TICKS, 0)
    valid = np.zeros((TICKS, 6), bool)
    valid[:, :3] = True
    valid[120:180, 1] = False
    whole = Shown("body", STAMPS, positions, np.full((TICKS, 22), 0.8), valid=valid)
    kept = np.r_[0:180, 210:TICKS]
    rows = {n: getattr(whole, n)[kept] for n in ("stamps_ns", "positions", "confidence", "valid")}
    return replace(whole, **rows, latency=np.full(len(kept), 0.004))


def test_ages_validity_confidence_residual_and_truth(shown: Shown) -> None:
    stamps = {"head": STAMPS, "left_hand": np.r_[STAMPS[:120], STAMPS[180:]]}
    places = shown.positions[:, [15, 20, 21, 0, 7, 8]].copy()
    places[:, 3:] = np.nan
    places[60, 2] += (0.03, 0.0, 0.04)
    confidence = shown.confidence.copy()
    confidence[30, 4] = 0.1
    shown = replace(shown, confidence=confidence)
    off = shown.positions.copy()
    off[90] += (0.0, 0.02, 0.0)
    truth = Shown("truth", shown.stamps_ns, off)
    residuals = {"body": residuals_of(shown, places)}
    plots = {p.title: p.lines for p in plots_of([shown, truth], stamps, STAMPS, residuals)}
    ages = plots["tracker's last message, s ago"]
    assert ages["head"].max() == 0.0
    assert ages["left_hand"].max() == ages["left_hand"][179] == pytest.approx(1.0, abs=1e-6)
    assert ages["left_hand"][180] == 0.0
    valid = plots["tracker valid (up) or not (down)"]
    assert list(valid) == ["head", "left_hand", "right_hand"]
    assert valid["left_hand"][119] == pytest.approx(1.7) and valid["left_hand"][120] == 1.0
    assert np.isnan(valid["head"][185:205]).all()
    confident = plots["confidence"]
    assert confident["lowest"][30] == 0.1 and confident["lowest"][31] == 0.8
    worst = plots["link to its tracker, cm"]["worst of the trackers"]
    assert np.nanargmax(worst) == 60 and worst[60] == pytest.approx(5.0)
    away = plots["from the truth, cm"]["mean of 22 joints"]
    assert np.nanargmax(away) == 90 and away[90] == pytest.approx(2.0)
    assert np.nanmax(plots["latency or computing time, ms"]["latency"]) == pytest.approx(4.0)


def test_what_is_not_known_is_not_drawn(shown: Shown) -> None:
    bare = replace(shown, valid=None, latency=np.zeros(len(shown.stamps_ns)))
    assert [p.title for p in plots_of([bare], {}, STAMPS, {})] == ["confidence"]
    assert plots_html([], TICKS) == ""


def test_two_weights_are_told_apart(shown: Shown) -> None:
    plots = plots_of([shown, replace(shown, name="<other>")], {}, STAMPS, {})
    lines = next(p.lines for p in plots if p.title == "confidence")
    assert "body: lowest" in lines and "<other>: lowest" in lines
    page = plots_html(plots, TICKS)
    assert "&lt;other&gt;" in page and "<other>" not in page
    assert not re.search(r"<script|https?://|src=|nan", page)


class Server:
    """Of viser's, what a panel asks for."""

    def __init__(self) -> None:
        self.gui, self.plots = self, []

    def add_uplot(self, data, series, **_):
        assert len(data) == len(series)
        handle = type("Plot", (), {"data": data})()
        self.plots.append(handle)
        return handle


def test_the_mark_is_at_the_tick_and_peaks_are_kept(shown: Shown) -> None:
    pytest.importorskip("viser", reason="needs the extra view")
    ticks = 60 * 60
    line = np.zeros(ticks)
    line[1234] = 7.0
    plots = plots_of([shown], {}, STAMPS, {})[-1:]
    server = Server()
    panel = PlotPanel(server, [replace(plots[0], lines={"x": line})], ticks)
    seconds, drawn, now = server.plots[0].data
    assert len(seconds) <= 400 and drawn.max() == 7.0 and now.max() < 0.0
    panel.mark(1800)
    seconds, _, now = server.plots[0].data
    assert seconds[now.argmax()] == pytest.approx(30.0, abs=0.2) and now.max() == 7.0
    panel.mark(ticks - 1)
    assert server.plots[0].data[2].argmax() == len(seconds) - 1
