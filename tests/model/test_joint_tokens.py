# SPDX-License-Identifier: Apache-2.0
"""Joint tokens: made of their own joint, read from their own joint, one function in every form."""

import pytest
import torch

from kinest_ros.body.joints import JOINT_INDEX, NUM_JOINTS, SLOT_JOINTS
from kinest_ros.errors import KinestError
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.feature_layout import NUM_BODY_FEATURES, NUM_FEATURES, PER_SLOT
from kinest_ros.model.joint_tokens import JointReadout, JointTokens
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.model.weights import load_model, save_model
from kinest_ros.runtime.choose import make_runtime
from kinest_ros.runtime.eager import TorchRuntime
from tests.runtime.networks import random_network

SHAPES = [{"tokens": "joints", "joint_scan": scan} for scan in ("tree", "both", "none")]


@pytest.fixture(params=SHAPES, ids=lambda shape: shape["joint_scan"])
def model(request):
    return random_network(StreamingConfig.tiny(kinematic_blocks=2, **request.param))


@torch.inference_mode()
def test_forward_equals_step_in_any_pieces_and_no_future_is_seen(model):
    features = torch.randn(2, 150, NUM_FEATURES)
    whole, last = model(features)
    state = model.initial_state(2)
    for t in range(150):
        output, state = model.step(features[:, t], state)
        for expected, actual in zip(whole, output, strict=True):
            assert (expected[:, t] - actual).abs().max() < 1e-4
    for expected, actual in zip(last, state, strict=True):
        assert (expected.scan.ssm - actual.scan.ssm).abs().max() < 1e-4
    state, parts = model.initial_state(2), []
    for piece in features.split((7, 100, 43), dim=1):
        output, state = model(piece, state)
        parts.append(output.rotations_6d)
    assert (torch.cat(parts, 1) - whole.rotations_6d).abs().max() < 1e-4
    features[:, 90:] += 1.0
    after, _ = model(features)
    assert torch.equal(after.rotations_6d[:, :90], whole.rotations_6d[:, :90])


@torch.inference_mode()
def test_a_token_is_made_of_its_tracker_and_its_bone():
    tokens = JointTokens(8)
    features = torch.zeros(1, NUM_FEATURES)
    before = tokens(features)

    def changed(index):
        other = features.clone()
        other[0, index] = 1.0
        return set((tokens(other) - before)[0].abs().amax(-1).nonzero().flatten().tolist())

    for slot, joint in enumerate(SLOT_JOINTS):
        assert changed(slot * PER_SLOT + 3) == {joint}
    thigh = NUM_FEATURES - NUM_BODY_FEATURES
    assert changed(thigh) == {JOINT_INDEX["left_knee"], JOINT_INDEX["right_knee"]}
    assert changed(thigh + 6) == {JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]}


@torch.inference_mode()
def test_a_joint_is_read_from_its_own_token():
    readout = JointReadout(8)
    for parameter in readout.parameters():
        parameter.normal_()
    tokens = torch.randn(1, NUM_JOINTS, 8)
    before = readout(tokens)
    for joint in range(NUM_JOINTS):
        other = tokens.clone()
        other[:, joint] = torch.randn(8)
        rotations, contacts, errors = (
            (a - b)[0].abs() > 0 for a, b in zip(readout(other), before, strict=True)
        )
        assert rotations.any(-1).nonzero().flatten().tolist() == [joint]
        assert errors.nonzero().flatten().tolist() == [joint]
        feet = [JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]]
        assert contacts.nonzero().flatten().tolist() == [
            side for side, foot in enumerate(feet) if foot == joint
        ]  # fmt: skip


def test_every_weight_learns(model):
    model.train().requires_grad_(True)
    output, _ = model(torch.randn(1, 20, NUM_FEATURES))
    sum(value.square().sum() for value in output).backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []


def test_it_is_about_as_large_as_the_usual_network():
    def size(**shape):
        network = StreamingKineST(StreamingConfig(**shape))
        return sum(parameter.numel() for parameter in network.parameters())

    assert 0.8 < size(**SHAPES[0]) / size() < 1.05


def test_other_scans_than_its_own_are_refused():
    with pytest.raises(KinestError, match="use one of tree, both, none"):
        StreamingConfig(tokens="joints", joint_scan="forward")
    with pytest.raises(KinestError, match="use one of both, forward, none"):
        StreamingConfig(joint_scan="tree")
    with pytest.raises(KinestError, match="use one of projected, joints"):
        StreamingConfig(tokens="none")


def test_weights_remember_it_and_run_in_torch(model, tmp_path):
    path = save_model(model, tmp_path / "joints.safetensors", {})
    again = load_model(path)
    assert again.config == model.config
    with pytest.raises(KinestError, match="use runtime torch"):
        make_runtime(again, "onnx")
    assert isinstance(make_runtime(again, "auto", bodies=2), TorchRuntime)
