# SPDX-License-Identifier: Apache-2.0
"""`kinest export` writes a file that is the network, or says why not."""

import json

import numpy as np
import onnx
import pytest

from kinest_ros.bench import export_check
from kinest_ros.cli.main import main
from kinest_ros.model.weights import load_model, save_model
from kinest_ros.runtime.eager import TorchRuntime
from kinest_ros.runtime.onnx.session import OnnxRuntime, session_of
from tests.runtime.networks import random_network


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    return save_model(random_network(), path, {})


def _export(*arguments):
    return main(["export", *(str(argument) for argument in arguments)])


def test_the_file_is_the_network(weights, tmp_path, capsys):
    out = tmp_path / "step.onnx"
    assert _export("--weights", weights, "--out", out, "--frames", 50, "--json") == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["frames"] == 50
    assert summary["max_difference"] < 1e-4
    model = load_model(weights)
    properties = {p.key: p.value for p in onnx.load(out).metadata_props}
    assert properties["weights_hash"] == model.weights_hash
    assert json.loads(properties["model"]) == model.config.to_dict()
    ours, reference = OnnxRuntime(session_of(out.read_bytes()), 2), TorchRuntime(model, bodies=2)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        frame = rng.normal(size=(2, model.config.num_features)).astype(np.float32)
        for a, b in zip(ours.step(frame), reference.step(frame), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4)


def test_a_file_is_not_replaced_unasked(weights, tmp_path, capsys):
    out = tmp_path / "step.onnx"
    out.write_text("mine")
    assert _export("--weights", weights, "--out", out) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert out.read_text() == "mine"


def test_an_export_that_differs_is_refused(weights, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(export_check, "TOLERANCE", 1e-12)
    out = tmp_path / "step.onnx"
    assert _export("--weights", weights, "--out", out, "--frames", 20) == 2
    assert "differs from PyTorch" in capsys.readouterr().err
    assert not out.exists()


def test_int8_is_smaller_and_says_how_far_off_it_is(weights, tmp_path, capsys):
    plain, small = tmp_path / "plain.onnx", tmp_path / "small.onnx"
    figures = []
    for arguments in (("--out", plain), ("--int8", "--out", small)):
        assert _export("--weights", weights, "--frames", 30, "--json", *arguments) == 0
        figures.append(json.loads(capsys.readouterr().out))
    assert small.stat().st_size < plain.stat().st_size
    assert figures[1]["joints_mm"] > figures[0]["joints_mm"]
