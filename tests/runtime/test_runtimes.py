# SPDX-License-Identifier: Apache-2.0
"""Every runtime is the same function as StreamingKineST.step."""

import numpy as np
import pytest
import torch

from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.weights import load_model
from kinest_ros.runtime.cuda_graph import CudaGraphRuntime
from kinest_ros.runtime.eager import TorchRuntime
from kinest_ros.runtime.native.library import compiled
from kinest_ros.runtime.native.session import NativeRuntime
from kinest_ros.runtime.onnx.session import OnnxRuntime
from tests.runtime.networks import random_features as _features
from tests.runtime.networks import random_network
from tests.runtime.networks import stepped as _stepped

CONFIGS = {
    "tiny": StreamingConfig.tiny(),
    "wide": StreamingConfig(temporal_blocks=1, kinematic_blocks=1),
    "other": StreamingConfig.tiny(
        joint_width=16, d_state=8, temporal_blocks=2, kinematic_blocks=2, local_taps=4
    ),
}
MAKERS = {
    "onnx": OnnxRuntime.of,
    # Uncaptured on a CPU: the buffers and masks are the same.
    "cuda_graph": lambda model, bodies=1: CudaGraphRuntime(model, "cpu", bodies, fuse=False),
}
COMPILED = pytest.mark.skipif(not compiled(), reason="the step is not compiled here")
if compiled():
    MAKERS["native"] = NativeRuntime


@pytest.fixture(params=CONFIGS, scope="module")
def model(request):
    return random_network(CONFIGS[request.param])


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_as_the_reference(model, name):
    features = _features(model, 100, 2)
    expected = _stepped(TorchRuntime(model, bodies=2), features)
    actual = _stepped(MAKERS[name](model, bodies=2), features)
    np.testing.assert_allclose(actual, expected, atol=1e-4)
    assert np.abs(np.diff(expected[:, :, :132], axis=0)).max() > 1e-2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "limit"),
    [(OnnxRuntime.of, 1e-4), pytest.param(NativeRuntime, 1e-4, marks=COMPILED)],
    ids=["onnx", "native"],
)
def test_the_same_over_2000_frames_of_the_default_weights(make, limit):
    model = load_model("default")
    features = _features(model, 2000, 1)
    with torch.inference_mode():
        whole, _ = model(torch.from_numpy(features.transpose(1, 0, 2)))
    expected = np.concatenate(
        (whole.rotations_6d.flatten(-2)[0], whole.contact_logits[0], whole.log_variance[0]), axis=1
    )
    actual = _stepped(make(model), features)[:, 0]
    np.testing.assert_allclose(actual, expected, rtol=0, atol=limit)


@pytest.mark.parametrize("name", ["torch", *MAKERS])
def test_bodies_of_a_batch_do_not_meet(model, name):
    make = TorchRuntime if name == "torch" else MAKERS[name]
    features = _features(model, 30, 3)
    together = _stepped(make(model, bodies=3), features)
    alone = _stepped(make(model, bodies=1), features[:, 1:2])
    np.testing.assert_allclose(together[:, 1:2], alone, atol=1e-5)


@pytest.mark.parametrize("name", ["torch", *MAKERS])
def test_a_body_without_a_frame_waits(model, name):
    make = TorchRuntime if name == "torch" else MAKERS[name]
    features = _features(model, 40, 2)
    runtime = make(model, bodies=2)
    came = []
    for t, frame in enumerate(features):
        active = np.array([True, t % 3 == 0])
        outputs = np.concatenate(runtime.step(frame, active), axis=1)
        if active[1]:
            came.append(outputs[1].copy())
    expected = _stepped(make(model, bodies=1), features[::3, 1:2])[:, 0]
    np.testing.assert_allclose(np.stack(came), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["torch", *MAKERS])
def test_one_row_or_all_start_anew(model, name):
    make = TorchRuntime if name == "torch" else MAKERS[name]
    features = _features(model, 10, 2)
    runtime = make(model, bodies=2)
    first = _stepped(runtime, features)
    runtime.reset(1)
    second = _stepped(runtime, features)
    np.testing.assert_allclose(second[:, 1], first[:, 1], atol=1e-6)
    assert np.abs(second[:, 0] - first[:, 0]).max() > 1e-4
    runtime.reset()
    np.testing.assert_allclose(_stepped(runtime, features), first, atol=1e-6)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("fuse", [False, True])
def test_a_captured_graph_is_the_same(fuse):
    model = load_model("default", "cuda")
    features = _features(model, 300, 2)
    expected = _stepped(TorchRuntime(model, "cuda", 2), features)
    runtime = CudaGraphRuntime(model, "cuda", 2, fuse=fuse)
    np.testing.assert_allclose(_stepped(runtime, features), expected, atol=1e-3)


@pytest.mark.parametrize("name", ["onnx", pytest.param("native", marks=COMPILED)])
def test_running_leaves_the_arithmetic_of_the_process_alone(name):
    model = random_network()
    MAKERS[name](model).step(np.zeros((1, model.config.num_features), np.float32))
    smallest = np.array([np.finfo(np.float32).tiny])
    assert (smallest / 2)[0] > 0
