# SPDX-License-Identifier: Apache-2.0
"""Summaries over datasets and actions, and differences clip by clip."""

import json
from dataclasses import replace

import numpy as np
import pytest

from kinest_ros.evaluation.clip_result import ClipResult
from kinest_ros.evaluation.metrics import METRICS
from kinest_ros.evaluation.results import (
    as_json,
    differences,
    grouped,
    joint_means,
    summarise,
    summary_by,
    worst,
)
from kinest_ros.motion.clips.labels import ClipLabel


def _result(source, action, value, joints=0.0):
    label = ClipLabel(f"{source}/{action}.npz", source, "g", action)
    figures = dict.fromkeys(METRICS, value)
    errors = np.full((4, 22), value, np.float32)
    return ClipResult(label, figures, np.full(22, joints), np.zeros(22), errors, errors + 1.0)


@pytest.fixture
def results():
    return [
        _result("bandai", "walk", 1.0, 1.0), _result("bandai", "walk", 3.0, 1.0),
        _result("bandai", "run", 2.0, 1.0), _result("convseq", "walk", 8.0, 5.0),
        _result("papagina", "martial", 6.0, 5.0),
    ]  # fmt: skip


def test_datasets_count_alike_and_cmu_is_one(results):
    table = summarise(results)
    assert set(table) == {"bandai", "cmu", "mean", "all clips"}
    means = {name: row["mpjpe"].mean for name, row in table.items()}
    assert means == {"bandai": 2.0, "cmu": 7.0, "mean": 4.5, "all clips": 4.0}
    assert 1.0 <= table["bandai"]["mpjpe"].low < 2.0 < table["bandai"]["mpjpe"].high <= 3.0


def test_actions_are_kept_apart(results):
    means = {name: row["mpjpe"].mean for name, row in summary_by(results, "action").items()}
    assert means == {"bandai/walk": 2.0, "bandai/run": 2.0, "cmu/walk": 8.0, "cmu/martial": 6.0}


def test_people_and_kinds_have_their_worst_clip(results):
    kinds = ("stepping", "stepping", "athletic", "stepping", "")
    results = [
        replace(r, label=replace(r.label, kind=kind))
        for r, kind in zip(results, kinds, strict=True)
    ]  # fmt: skip
    found = {name: len(own) for name, own in grouped(results, "kind").items()}
    assert found == {"athletic": 1, "stepping": 3, "unknown": 1}
    said = as_json(results)
    assert said["kinds"]["stepping"]["mpjpe"]["mean"] == 4.0
    assert said["kinds"]["stepping"]["worst_clip"] == "convseq/walk.npz"
    assert said["kinds"]["stepping"]["worst_mpjpe"] == 8.0
    assert said["people"]["bandai/g"]["clips"] == 3
    assert said["clips"][2]["kind"] == "athletic"
    assert worst(results) is results[3]


def test_joints_are_averaged_over_datasets(results):
    errors, angles = joint_means(results)
    np.testing.assert_allclose(errors, 3.0)
    np.testing.assert_allclose(angles, 0.0)


def test_differences_are_paired(results):
    """Clips differ widely, but the second is better by 0.5 on every one."""
    better = [
        _result(r.label.source, r.label.action, r.figures["mpjpe"] - 0.5) for r in results
    ]  # fmt: skip
    gained = differences(results, better)["mean"]["mpjpe"]
    assert gained == pytest.approx((-0.5, -0.5, -0.5))


def test_json_has_no_nan(results):
    results[0].figures["slide"] = float("nan")
    text = json.dumps(as_json(results))
    assert "NaN" not in text
    found = json.loads(text)
    assert found["clips"][0]["slide"] is None
    assert found["clips"][0]["frames"] == 4
    assert found["joints"]["head"]["position_cm"] == 3.0
    assert found["calibration"]["expected_calibration_error_cm"] == pytest.approx(1.0)
