# SPDX-License-Identifier: Apache-2.0
"""A runtime by name, or the fastest, with errors that say what to do."""

import sys

import numpy as np
import pytest

from kinest_ros.errors import KinestError
from kinest_ros.model.config import StreamingConfig
from kinest_ros.runtime import choose
from kinest_ros.runtime.base import StepOutput
from kinest_ros.runtime.choose import make_runtime, median_ms
from kinest_ros.runtime.eager import TorchRuntime
from kinest_ros.runtime.native import session
from kinest_ros.runtime.native.library import compiled, instructions
from kinest_ros.runtime.onnx.session import OnnxRuntime
from tests.runtime.networks import random_network

COMPILED = pytest.mark.skipif(not compiled(), reason="the step is not compiled here")


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
        ("tensorrt", "cpu", "use auto, torch, onnx, native, cuda_graph"),
        ("onnx", "cuda", "use device cpu"),
        ("native", "cuda", "runtime native runs on the CPU.*use device cpu"),
        ("cuda_graph", "cpu", "use device cuda"),
    ],
)
def test_what_cannot_be_had_says_what_can(model, name, device, hint):
    with pytest.raises(KinestError, match=hint):
        make_runtime(model, name, device)


@pytest.fixture
def not_compiled(monkeypatch):
    def refuse():
        raise KinestError("it was not compiled")

    monkeypatch.setattr(session, "library", refuse)


@COMPILED
def test_auto_takes_the_compiled_step_without_measuring(model, monkeypatch):
    monkeypatch.setattr(choose, "median_ms", None)
    monkeypatch.setitem(sys.modules, "kinest_ros.runtime.eager", None)
    runtime = make_runtime(model, "auto", bodies=2)
    assert (runtime.name, runtime.bodies) == ("native", 2)
    assert runtime.described == f"native (compiled, {instructions()})"


@pytest.mark.parametrize("fastest", ["torch", "onnx"])
def test_else_auto_takes_the_fastest_and_says_so(model, monkeypatch, not_compiled, fastest):
    monkeypatch.setattr(
        choose, "median_ms", lambda runtime, _: 1.0 if runtime.name == fastest else 2.0
    )
    runtime = make_runtime(model, "auto")
    assert runtime.name == fastest
    other = {"torch": "onnx", "onnx": "torch"}[fastest]
    fastest_of = f"fastest of {fastest} 1.00 ms, {other} 2.00 ms"
    assert runtime.reason == f"{fastest_of}; no native: it was not compiled"


@COMPILED
@pytest.mark.parametrize(
    "config", [{"width": 36}, {"joint_width": 12}, {"mixer_d_state": 20}, {"kinematic_blocks": 0}]
)
def test_auto_measures_where_the_compiled_step_does_not_run_the_network(config):
    model = random_network(StreamingConfig.tiny(**config))
    with pytest.raises(KinestError, match="use runtime onnx"):
        make_runtime(model, "native")
    assert "no native: runtime native" in make_runtime(model, "auto").reason


def test_auto_without_onnx_runtime_falls_back_and_says_why(monkeypatch, not_compiled):
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
