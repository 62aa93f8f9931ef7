# SPDX-License-Identifier: Apache-2.0
"""A runtime by name, or the fastest, with errors that say what to do."""

import sys

import numpy as np
import pytest

from kinest_ros.errors import KinestError
from kinest_ros.runtime import choose
from kinest_ros.runtime.base import StepOutput
from kinest_ros.runtime.choose import make_runtime, median_ms
from kinest_ros.runtime.eager import TorchRuntime
from kinest_ros.runtime.onnx.session import OnnxRuntime
from tests.runtime.networks import random_network


@pytest.fixture(scope="module")
def model():
    return random_network()


def test_by_name(model):
    assert isinstance(make_runtime(model, "torch"), TorchRuntime)
    runtime = make_runtime(model, "onnx", bodies=3)
    assert isinstance(runtime, OnnxRuntime)
    assert (runtime.bodies, runtime.device, runtime.described) == (3, "cpu", "onnx")


@pytest.mark.parametrize(
    ("name", "device", "hint"),
    [
        ("tensorrt", "cpu", "use auto, torch, onnx, cuda_graph"),
        ("onnx", "cuda", "use device cpu"),
        ("cuda_graph", "cpu", "use device cuda"),
    ],
)
def test_what_cannot_be_had_says_what_can(model, name, device, hint):
    with pytest.raises(KinestError, match=hint):
        make_runtime(model, name, device)


@pytest.mark.parametrize("fastest", ["torch", "onnx"])
def test_auto_takes_the_fastest_and_says_so(model, monkeypatch, fastest):
    monkeypatch.setattr(
        choose, "median_ms", lambda runtime, _: 1.0 if runtime.name == fastest else 2.0
    )
    runtime = make_runtime(model, "auto")
    assert runtime.name == fastest
    other = {"torch": "onnx", "onnx": "torch"}[fastest]
    assert runtime.reason == f"fastest of {fastest} 1.00 ms, {other} 2.00 ms"


def test_auto_without_onnx_runtime_falls_back_and_says_why(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    runtime = make_runtime(random_network(seed=3), "auto")
    assert runtime.name == "torch"
    assert "pip install onnx onnxruntime" in runtime.reason


def test_measuring_leaves_the_state_at_zero(model):
    runtime = make_runtime(model, "onnx")
    frame = np.ones((1, model.config.num_features), np.float32)
    first = StepOutput(*(value.copy() for value in runtime.step(frame)))
    assert median_ms(runtime, model.config.num_features) > 0
    for before, after in zip(first, runtime.step(frame), strict=True):
        np.testing.assert_array_equal(before, after)
