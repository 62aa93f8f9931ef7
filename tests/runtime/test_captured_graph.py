# SPDX-License-Identifier: Apache-2.0
"""The step as a captured graph: on a stand-in as strict as CUDA graphs, and fused on the CPU."""

import shutil

import numpy as np
import pytest
import torch

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.runtime import body_batch
from kinest_ros.runtime.body_batch import BodyBatch
from kinest_ros.runtime.cuda_graph import CudaGraphRuntime
from kinest_ros.runtime.eager import TorchRuntime
from tests.runtime.networks import random_features, random_network, stepped
from tests.runtime.recorded_graph import RecordedGraph, stand_in
from tests.runtime.test_body_batch import random_frame


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> list[RecordedGraph]:
    monkeypatch.setattr(CudaGraphRuntime, "_captures", True)
    return stand_in(monkeypatch)


@pytest.mark.parametrize(
    "config", [StreamingConfig.tiny(), StreamingConfig()], ids=["tiny", "default"]
)
def test_a_replay_is_the_step(graphs: list[RecordedGraph], config: StreamingConfig) -> None:
    model = random_network(config)
    features = random_features(model, 20, 3)
    active = np.random.default_rng(1).random((20, 3)) < 0.7
    expected = stepped(TorchRuntime(model, bodies=3), features, active)
    runtime = CudaGraphRuntime(model, "cpu", 3, fuse=False)
    actual = stepped(runtime, features, active)
    np.testing.assert_allclose(actual[active], expected[active], atol=1e-5)
    (graph,) = graphs
    assert graph.replays == 20
    assert len(graph.calls) > 50


def test_resets_reach_the_captured_memory(graphs: list[RecordedGraph]) -> None:
    model = random_network()
    features = random_features(model, 8, 2)
    runtime = CudaGraphRuntime(model, "cpu", 2, fuse=False)
    first = stepped(runtime, features)
    runtime.reset(1)
    second = stepped(runtime, features)
    np.testing.assert_allclose(second[:, 1], first[:, 1], atol=1e-6)
    assert np.abs(second[:, 0] - first[:, 0]).max() > 1e-4
    runtime.reset()
    np.testing.assert_allclose(stepped(runtime, features), first, atol=1e-6)
    assert len(graphs) == 1


def test_bodies_come_go_and_change_wearer_on_one_graph(
    graphs: list[RecordedGraph], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = random_network()
    monkeypatch.setattr(
        body_batch,
        "make_runtime",
        lambda model, name, device, bodies: CudaGraphRuntime(model, "cpu", bodies, fuse=False),
    )
    captured = BodyBatch(model, 4)
    plain = BodyBatch.__new__(BodyBatch)
    monkeypatch.undo()
    plain.__init__(model, 4, runtime="torch")  # type: ignore[misc]
    rng = np.random.default_rng(0)
    for index in range(40):
        for batch in (captured, plain):
            if index % 5 == 0 and len(batch.bodies) < 4:
                batch.add(f"body{index}", Skeleton.from_stature(1.5 + 0.01 * index))
            elif index % 7 == 3 and batch.bodies:
                batch.remove(batch.bodies[0])
            elif index % 11 == 6 and batch.bodies:
                batch.set_skeleton(batch.bodies[-1], Skeleton.from_stature(1.9))
                batch.reset(batch.bodies[0])
        frames = {name: random_frame(rng) for name in plain.bodies if rng.random() < 0.8}
        got, want = captured.step(frames), plain.step(frames)
        for name in frames:
            np.testing.assert_allclose(
                got[name].local_rotations, want[name].local_rotations, atol=1e-5
            )
    assert len(graphs) == 1


class _Reading(StreamingKineST):
    def step(self, features, state):
        float(features.sum())
        return super().step(features, state)


class _Masking(StreamingKineST):
    def step(self, features, state):
        features[features > 0]
        return super().step(features, state)


class _FromHost(StreamingKineST):
    def step(self, features, state):
        return super().step(features + torch.tensor(0.0), state)


@pytest.mark.parametrize("kind", [_Reading, _Masking, _FromHost])
def test_what_a_card_would_refuse_is_refused(graphs: list[RecordedGraph], kind) -> None:
    model = kind(StreamingConfig.tiny()).eval().requires_grad_(False)
    with pytest.raises(KinestError, match="could not be captured as a CUDA graph"):
        CudaGraphRuntime(model, "cpu", 2, fuse=False)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler: g++")
def test_the_compiled_step_is_the_same() -> None:
    model = random_network()
    features = random_features(model, 300, 2)
    expected = stepped(TorchRuntime(model, bodies=2), features)
    runtime = CudaGraphRuntime(model, "cpu", 2, fuse=True)
    assert runtime.fused
    np.testing.assert_allclose(stepped(runtime, features), expected, atol=1e-4)
