# SPDX-License-Identifier: Apache-2.0
"""kinest calibrate-confidence on small clips, and what the weights say afterwards."""

import json
import shutil

import numpy as np
import pytest

from kinest_ros.model.error_model import UNCORRECTED
from kinest_ros.model.weights import load_model
from kinest_ros.model.weights_file import BUNDLED
from tests.motion.clip_files import write_clips

pytestmark = pytest.mark.slow


def test_weights_are_corrected_where_every_front_finds_it(kinest, tiny_weights, tmp_path):
    weights = tmp_path / "mine.safetensors"
    for suffix in (".safetensors", ".json"):
        shutil.copy(tiny_weights.with_suffix(suffix), weights.with_suffix(suffix))
    old = load_model(weights)
    np.testing.assert_array_equal(old.error_model.alone, UNCORRECTED.alone)
    write_clips(tmp_path / "data", 2, seconds=1.5)
    arguments = (
        "calibrate-confidence",
        "--weights",
        weights,
        "--data",
        tmp_path / "data",
        "--json",
    )

    status, out, err = kinest(*arguments, "--dry-run")
    assert status == 0, err
    assert "confidence" not in json.loads(weights.with_suffix(".json").read_text())
    status, out, err = kinest(*arguments)
    assert status == 0, err
    found = json.loads(out)
    error = found["expected_calibration_error_cm"]
    assert error["corrected"]["data"] < error["uncorrected"]["data"]
    new = load_model(weights)
    assert new.weights_hash == old.weights_hash
    assert new.error_model.as_dict() == found["error_model"]

    status, out, _ = kinest("evaluate", "--data", tmp_path / "data", "--weights", weights, "--json")
    calibration = json.loads(out)["candidates"]["mine"]["calibration"]
    assert abs(calibration["expected_calibration_error_cm"] - error["corrected"]["data"]) < 0.01

    described = json.loads(weights.with_suffix(".json").read_text())
    del described["confidence"]["alone"]
    weights.with_suffix(".json").write_text(json.dumps(described))
    status, _, err = kinest(*arguments)
    assert status == 2
    assert "mine.json" in err and "alone" in err


def test_bundled_weights_are_not_changed_unasked(kinest, tmp_path):
    write_clips(tmp_path / "data", 1, seconds=1.0)
    described = BUNDLED / "default.json"
    before = described.read_bytes()
    status, _, err = kinest("calibrate-confidence", "--data", tmp_path / "data")
    assert status == 2 and "--overwrite" in err and described.read_bytes() == before


def test_no_clips_no_calibration(kinest, tiny_weights, tmp_path):
    write_clips(tmp_path / "data", 1, seconds=1.0)
    status, _, err = kinest(
        "calibrate-confidence", "--weights", tiny_weights, "--data", tmp_path / "data",
        "--clips", 0,
    )  # fmt: skip
    assert status == 2
    assert "--clips" in err
