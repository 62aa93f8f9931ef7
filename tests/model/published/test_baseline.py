# SPDX-License-Identifier: Apache-2.0
"""The published network as a baseline: features, windows, weights files."""

import numpy as np
import pytest
import torch

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.rotations_numpy import matrices_from_vectors
from kinest_ros.body.rotations_torch import sixd_from_matrix
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.model.published.baseline import (
    PublishedConfig,
    PublishedKineST,
    load_published,
    offline,
    online,
    save_published,
)
from kinest_ros.model.scan_order import RELEASED_ORDER
from kinest_ros.model.weights import load_model
from tests.tracking.fakes import random_pose


class Windows:
    """Stands for the network: returns its first feature, and remembers the windows it saw."""

    def __init__(self, window):
        self.config = PublishedConfig(window=window)
        self.seen = []

    def __call__(self, features):
        assert features.shape[1] == self.config.window
        self.seen += [row[:, 0].tolist() for row in features]
        return features[..., :1, None].expand(*features.shape[:2], 22, 6)


def _sequence(length):
    return torch.arange(length, dtype=torch.float32).view(1, -1, 1)


@pytest.mark.parametrize(
    ("length", "windows"),
    [
        (8, [[0, 1, 2, 3], [4, 5, 6, 7]]),
        (6, [[0, 1, 2, 3], [2, 3, 4, 5]]),
        (3, [[0, 1, 2, 2]]),
    ],
)
def test_offline_windows_lie_side_by_side(length, windows):
    model = Windows(4)
    output = offline(model, _sequence(length))
    assert model.seen == windows
    assert output[0, :, 0, 0].tolist() == list(range(length))


def test_online_windows_end_at_their_frame():
    model = Windows(4)
    output = online(model, _sequence(6), batch=4)
    assert model.seen == [
        [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 2], [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5],
    ]  # fmt: skip
    assert output[0, :, 0, 0].tolist() == list(range(6))


def _poses(count=6):
    random = np.random.default_rng(0)
    turns = matrices_from_vectors(random.normal(0.0, 0.5, (count, 6, 3)))
    return (
        torch.tensor(random.normal(0.0, 1.0, (1, count, 6, 3)) + [0.0, 0.0, 1.5]),
        torch.tensor(turns[None], dtype=torch.float32),
        torch.ones(1, count, 6, dtype=torch.bool),
        torch.tensor(Skeleton.from_stature(1.7).rest_offsets[None], dtype=torch.float32),
    )


def test_raw_features_are_those_of_joints_in_the_world():
    model = PublishedKineST(PublishedConfig(width=32, window=4))
    positions, links, valid, offsets = _poses()
    features, heading = model.features(positions, links, valid, offsets)
    assert features.shape == (1, 6, 54)
    assert torch.equal(heading[0, 3], torch.eye(3))
    wrist = links[0, 4, 1] @ torch.tensor(JOINT_FROM_LINK.T, dtype=torch.float32)
    np.testing.assert_allclose(features[0, 4, 6:12], sixd_from_matrix(wrist), atol=1e-6)
    np.testing.assert_allclose(features[0, 4, 36:39], positions[0, 4, 0], atol=1e-6)
    moved = positions[0, 4, 2] - positions[0, 3, 2]
    np.testing.assert_allclose(features[0, 4, 51:54], moved, atol=1e-6)
    # The first frame stands still.
    assert features[0, 0, 45:].abs().max() == 0.0
    np.testing.assert_allclose(features[0, 0, 18:24], [1, 0, 0, 0, 1, 0], atol=1e-6)


@pytest.mark.parametrize("kind", ["raw", "canonical"])
def test_targets_are_undone(kind):
    model = PublishedKineST(PublishedConfig(width=32, window=4, features=kind))
    truth = torch.tensor(np.stack([random_pose(s) for s in range(3)])[None], dtype=torch.float32)
    positions, links, valid, offsets = _poses(3)
    _, heading = model.features(positions, links, valid, offsets)
    back = model.in_world(model.target(truth, heading), heading)
    np.testing.assert_allclose(back, truth, atol=1e-5)


def test_where_one_stands_matters_to_raw_features_only():
    turn = torch.tensor(matrices_from_vectors(np.array([0.0, 0.0, 1.0])))
    for kind, same in (("raw", False), ("canonical", True)):
        model = PublishedKineST(PublishedConfig(width=32, window=4, features=kind))
        positions, links, valid, offsets = _poses()
        here, _ = model.features(positions, links, valid, offsets)
        there, _ = model.features(
            positions @ turn.T + torch.tensor([3.0, -1.0, 0.0]), turn.float() @ links, valid,
            offsets,
        )  # fmt: skip
        assert ((here - there).abs().max() < 1e-4) == same


@torch.inference_mode()
def test_weights_files(tmp_path):
    torch.manual_seed(0)
    model = PublishedKineST(PublishedConfig(width=32, window=8, features="canonical")).eval()
    path = save_published(model, tmp_path / "base.safetensors", {"steps": 1})
    loaded = load_published(path)
    features = torch.randn(1, 8, model.net.input_fc.in_features)
    assert torch.equal(loaded(features), model(features))
    assert (loaded.config, loaded.weights_name) == (model.config, "base")
    with pytest.raises(KinestError, match="another network"):
        load_model(path)


@torch.inference_mode()
def test_released_checkpoints_are_baselines_too(tmp_path):
    torch.manual_seed(0)
    released = PublishedKineST(PublishedConfig(width=64, window=8), order=RELEASED_ORDER).eval()
    torch.save(released.net.state_dict(), tmp_path / "theirs.pth")
    loaded = load_published(tmp_path / "theirs.pth")
    features = torch.randn(1, 8, 54)
    assert torch.equal(loaded(features), released(features))
    assert loaded.config == PublishedConfig(width=64, window=8)


def test_shapes_that_cannot_be():
    for changes, said in (
        ({"features": "cooked"}, "raw or canonical"),
        ({"width": 40}, "multiple of 32"),
        ({"window": 1}, "2 or more"),
    ):
        with pytest.raises(KinestError, match=said):
            PublishedConfig(**changes)
