# SPDX-License-Identifier: Apache-2.0
"""Figures of a run whose every number is known beforehand."""

import json
from dataclasses import replace

import numpy as np
import pytest

from kinest_ros.demo.recording import TrackerTrace
from kinest_ros.demo.story import closing_words
from kinest_ros.demo.summary import summarise
from tests.demo.recordings import recording


def test_known_figures() -> None:
    summary = summarise(recording(240, offset=0.02))
    assert summary["frames_in"] == {"head": 240, "left_hand": 240, "right_hand": 240}
    assert (summary["ticks"], summary["bodies_out"], summary["bodies_missing"]) == (240, 240, 0)
    assert summary["latency_ms"]["node"]["p50"] == pytest.approx(4.0)
    assert summary["latency_ms"]["end_to_end"]["p99"] == pytest.approx(7.0)
    for error in summary["tracker_error_cm"].values():
        assert error["median"] == pytest.approx(2.0)
    assert summary["position_error_cm"]["all joints (MPJPE)"] == pytest.approx(2.0)
    json.dumps(summary, allow_nan=False)


def test_missing_bodies_are_counted() -> None:
    full = recording(240)
    keep = np.arange(240) % 4 != 0
    fields = {
        name: value[keep] if isinstance(value, np.ndarray) else value
        for name, value in vars(full.bodies).items()
    }
    part = replace(full, bodies=type(full.bodies)(**fields), arrivals_ns=full.arrivals_ns[keep])
    summary = summarise(part)
    assert (summary["bodies_out"], summary["bodies_missing"]) == (180, 60)
    assert summary["position_error_cm"]["all joints (MPJPE)"] == pytest.approx(2.0)


def test_a_tracker_that_was_lost_does_not_count_as_error() -> None:
    full = recording(240)
    full.bodies.tracker_valid[60:120, 1] = False
    far = full.trackers["left_hand"].positions.copy()
    far[60:120] += 5.0
    trace = full.trackers["left_hand"]
    trackers = {
        **full.trackers,
        "left_hand": TrackerTrace(trace.stamps_ns, trace.arrivals_ns, far),
    }
    error = summarise(replace(full, trackers=trackers))["tracker_error_cm"]["left_hand"]
    assert error["p95"] == pytest.approx(2.0)


def test_without_bodies_there_is_still_a_summary() -> None:
    full = recording(10)
    fields = {
        name: value[:0] if isinstance(value, np.ndarray) else value
        for name, value in vars(full.bodies).items()
    }
    empty = replace(full, bodies=type(full.bodies)(**fields), arrivals_ns=full.arrivals_ns[:0])
    summary = summarise(empty)
    assert (summary["bodies_out"], summary["bodies_missing"]) == (0, 10)


def test_closing_words_fit_a_screen_and_name_the_files(tmp_path) -> None:
    text = closing_words(summarise(recording()), tmp_path)
    lines = text.splitlines()
    assert len(lines) <= 36
    assert all(len(line) <= 100 for line in lines if str(tmp_path) not in line)
    for name in ("body.png", "bag", "summary.json"):
        assert str(tmp_path / name) in text
    for word in ("240 of 240", "MPJPE", "p99", "input_basis", "/kinest/head/pose"):
        assert word in text
    untrue = closing_words(summarise(recording(truth=False)), tmp_path)
    assert "MPJPE" not in untrue and "robot.png" not in untrue
    figures = {"robot": "own", "joints": 29, "arm_direction_error_deg": 1.0,
               "leg_direction_error_deg": 1.0, "foot_slide_cm_s": 0.0,
               "frames_outside_limits": 0, "fastest_joint_rad_s": 4.0}  # fmt: skip
    followed = closing_words({**summarise(recording()), "robot": figures}, tmp_path)
    assert str(tmp_path / "robot.png") in followed
    assert followed.index("29 joints") < followed.index("body.png") < followed.index("Next, ")
