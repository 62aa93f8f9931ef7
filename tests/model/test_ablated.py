# SPDX-License-Identifier: Apache-2.0
"""Networks of ablations: what was taken away is gone, and nothing else."""

import json

import numpy as np
import pytest
import torch

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.feature_layout import NUM_FEATURES
from kinest_ros.model.memoryless import Memoryless
from kinest_ros.model.ssd.mamba2 import Mamba2
from kinest_ros.model.weights import load_model, save_model
from kinest_ros.runtime.choose import available, make_runtime
from kinest_ros.runtime.cuda_graph import CudaGraphRuntime
from kinest_ros.runtime.eager import TorchRuntime
from kinest_ros.runtime.predictor import StreamingPredictor
from tests.runtime.networks import random_network

SHAPES = (
    {"joint_scan": "forward"},
    {"joint_scan": "none"},
    {"global_memory": False},
)


@pytest.fixture(params=SHAPES, ids=str)
def model(request):
    return random_network(StreamingConfig.tiny(**request.param))


@torch.inference_mode()
def test_forward_equals_step_and_no_future_is_seen(model):
    features = torch.randn(2, 100, NUM_FEATURES)
    whole, _ = model(features)
    state, stepped = model.initial_state(2), []
    for t in range(100):
        output, state = model.step(features[:, t], state)
        stepped.append(output.rotations_6d)
    assert (torch.stack(stepped, 1) - whole.rotations_6d).abs().max() < 1e-4
    features[:, 60:] += 1.0
    after, _ = model(features)
    assert torch.equal(after.rotations_6d[:, :60], whole.rotations_6d[:, :60])


def test_it_is_as_large_as_the_whole_network(model):
    def size(network):
        return sum(parameter.numel() for parameter in network.parameters())

    assert size(model) == pytest.approx(size(random_network()), rel=0.03)


@torch.inference_mode()
def test_a_memoryless_layer_sees_one_token():
    layer = Memoryless(Mamba2(16))
    x = torch.randn(1, 10, 16)
    before, state = layer(x, layer.initial_state(1))
    assert all(part.numel() == 0 for part in state)
    x[:, 4] += 1.0
    changed = (layer(x, state)[0] - before).abs().amax(-1)[0] > 1e-6
    assert changed.nonzero().flatten().tolist() == [4]


def test_onnx_refuses_and_auto_falls_back(model):
    with pytest.raises(KinestError, match="use runtime torch"):
        make_runtime(model, "onnx")
    runtime = make_runtime(model, "auto", bodies=2)
    assert isinstance(runtime, TorchRuntime)
    assert "no ONNX graph" in runtime.reason
    assert "no native: runtime native" in runtime.reason
    graph = CudaGraphRuntime(model, "cpu", 2, fuse=False)
    features = np.ones((2, NUM_FEATURES), np.float32)
    active = np.array([True, False])
    for _ in range(3):
        expected = runtime.step(features, active).rotations_6d
        np.testing.assert_allclose(
            graph.step(features, active).rotations_6d, expected, rtol=0, atol=1e-5
        )


def test_features_in_the_world_see_where_one_stands():
    rng = np.random.default_rng(0)
    skeleton = Skeleton.from_stature(1.7)
    frame = (rng.normal(0, 1, (6, 3)), np.tile(np.eye(3), (6, 1, 1)), np.ones(6, bool))
    moved = (frame[0] + (3.0, -2.0, 0.0), *frame[1:])
    names = available("cpu")
    for features, differs in (("canonical", False), ("world", True)):
        model = random_network(StreamingConfig.tiny(features=features))
        predictions = [
            StreamingPredictor(model, skeleton, runtime=name).step(*seen).local_rotations
            for seen in (frame, moved) for name in names
        ]  # fmt: skip
        for other in predictions[1 : len(names)]:
            np.testing.assert_allclose(predictions[0], other, atol=1e-5)
        difference = np.abs(predictions[0] - predictions[len(names)]).max()
        assert (difference > 1e-3) == differs, difference


def test_weights_files_remember_it_and_refuse_what_is_unknown(model, tmp_path):
    path = save_model(model, tmp_path / "other.safetensors", {})
    assert load_model(path).config == model.config
    described = json.loads(path.with_suffix(".json").read_text())
    described["model"]["joint_scan"] = "sideways"
    path.with_suffix(".json").write_text(json.dumps(described))
    with pytest.raises(KinestError, match=r"other\.safetensors .*use one of both, forward, none"):
        load_model(path)
