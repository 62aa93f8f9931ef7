# SPDX-License-Identifier: Apache-2.0
"""The published network: its size, its names, its inputs and outputs."""

import pytest
import torch

from kinest_ros.errors import KinestError
from kinest_ros.model.published.checkpoint import load_released
from kinest_ros.model.published.network import NUM_INPUTS, KineST, released_features
from kinest_ros.model.scan_order import KINEMATIC_ORDER, RELEASED_ORDER


def _count(model):
    return sum(p.numel() for p in model.parameters())


def test_parameter_counts_are_the_published_ones():
    assert round(_count(KineST()) / 1e6, 1) == 11.1
    assert round(_count(KineST(unused_linear1=True)) / 1e6, 1) == 11.8


def test_scan_orders_visit_every_joint_once():
    assert sorted(KINEMATIC_ORDER) == list(range(22))
    assert sorted(RELEASED_ORDER) == [joint for joint in range(22) if joint != 7]


@torch.inference_mode()
def test_output_is_22_rotations_and_every_frame_sees_the_whole_window():
    torch.manual_seed(0)
    model = KineST(width=64, window=12).eval()
    features = torch.randn(2, 12, NUM_INPUTS)
    y = model(features)
    assert y.shape == (2, 12, 22, 6)
    features[:, -1] += 1.0
    assert (model(features)[:, 0] - y[:, 0]).abs().max() > 1e-6


@torch.inference_mode()
def test_a_joint_left_out_of_the_scan_contributes_nothing():
    torch.manual_seed(0)
    model = KineST(width=64, window=4, order=RELEASED_ORDER).eval()
    features = torch.randn(1, 4, NUM_INPUTS)
    before = model(features)
    for module in model.temp_spatial.mlps:
        module.linear0.weight[7 * 64 : 8 * 64] += 1.0
    assert torch.equal(model(features), before)
    for module in model.temp_spatial.mlps:
        module.linear0.weight[8 * 64 : 9 * 64] += 1.0
    assert not torch.equal(model(features), before)


@pytest.fixture()
def released_file(tmp_path):
    """A state dict with the released names: unused linear1 and body model included."""
    torch.manual_seed(3)
    model = KineST(width=64, window=8, order=RELEASED_ORDER, unused_linear1=True).eval()
    tensors = {**model.state_dict(), "body_model.J_regressor": torch.zeros(2, 2)}
    torch.save(tensors, tmp_path / "released.pth")
    return tmp_path / "released.pth", model


def test_released_names():
    names = set(KineST(unused_linear1=True).state_dict())
    for stem in ("temporary.mlps.1.", "temp_spatial.mlps.1."):
        for name in (
            "norm0.weight", "norm1.bias", "linear_embedding1.weight", "linear_embedding2.bias",
            "transformer_encoder.layers.0.self_attn.in_proj_weight", "net.0.weight",
            "net.1.weight", "fan.embedding.weight", "fan.layers.0.weight",
        ):  # fmt: skip
            assert stem + name in names
    for name in (
        "temporary.mlps.0.mamba2_for.in_proj.weight", "temporary.mlps.0.mamba2_back.A_log",
        "temp_spatial.mlps.0.mamba2_for1.norm.weight", "temp_spatial.mlps.0.mamba2_back1.D",
        "temp_spatial.mlps.0.linear0.weight", "temp_spatial.mlps.0.linear1.weight",
        "temp_spatial.mlps.0.fan2.embedding.weight", "temp_spatial.mlps.0.fan2.layers.0.bias",
        "input_fc.weight", "output_fc.bias",
    ):  # fmt: skip
        assert name in names


@torch.inference_mode()
def test_load_released_round_trips(released_file):
    path, model = released_file
    features = torch.randn(1, 8, NUM_INPUTS)
    loaded = load_released(path)
    assert torch.equal(loaded(features), model(features))
    other = load_released(path, order=KINEMATIC_ORDER)
    assert not torch.equal(other(features), model(features))


def test_load_released_says_what_is_wrong(released_file, tmp_path):
    path, model = released_file
    with pytest.raises(KinestError, match="does not exist"):
        load_released(tmp_path / "none.pth")
    tensors = model.state_dict()
    del tensors["output_fc.bias"]
    torch.save(tensors, path)
    with pytest.raises(KinestError, match=r"output_fc\.bias"):
        load_released(path)
    torch.save({"a": torch.zeros(1)}, path)
    with pytest.raises(KinestError, match="holds no KineST"):
        load_released(path)
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(KinestError, match="not a plain PyTorch state dict"):
        load_released(path)


def test_released_features_by_hand():
    """A head that turns about z and moves along x by 1 cm a frame."""
    angles = torch.tensor([0.0, 0.1, 0.3])
    zero, one = torch.zeros(3), torch.ones(3)
    sixd = torch.stack((angles.cos(), angles.sin(), zero, -angles.sin(), angles.cos(), zero), -1)
    rest = torch.stack((one, zero, zero, zero, one, zero), -1)
    rotations = torch.stack((sixd, rest, rest), dim=1)
    positions = torch.zeros(3, 3, 3)
    positions[:, 0, 0] = torch.tensor([0.0, 0.01, 0.02])
    features = released_features(rotations, positions)
    assert features.shape == (2, NUM_INPUTS)
    torch.testing.assert_close(features[1, :6], sixd[2])
    expected = torch.tensor([0.2]).cos()
    torch.testing.assert_close(features[1, 18], expected[0])
    torch.testing.assert_close(features[1, 19], torch.tensor(0.2).sin())
    torch.testing.assert_close(features[1, 36:39], torch.tensor([0.02, 0.0, 0.0]))
    torch.testing.assert_close(features[1, 45:48], torch.tensor([0.01, 0.0, 0.0]))
