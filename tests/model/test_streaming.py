# SPDX-License-Identifier: Apache-2.0
"""StreamingKineST: forward equals step, no future, no world, bounded state."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.body.rotations_torch import matrix_from_sixd
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.feature_layout import NUM_FEATURES
from kinest_ros.model.features import (
    canonical_from_root,
    describe_body,
    extract_features,
    root_from_canonical,
)
from kinest_ros.model.streaming import StreamingKineST
from tests.search import examples


def _random_weights(model):
    """Fill what starts as zero or one, so that no path is switched off."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model.eval()


@pytest.fixture(scope="module")
def tiny():
    torch.manual_seed(0)
    return _random_weights(StreamingKineST(StreamingConfig.tiny()))


def _step_all(model, features, state):
    outputs = []
    for t in range(features.shape[1]):
        output, state = model.step(features[:, t], state)
        outputs.append(output)
    return [torch.stack(parts, dim=1) for parts in zip(*outputs, strict=True)], state


@torch.inference_mode()
def test_forward_equals_step_over_2000_frames():
    torch.manual_seed(1)
    model = _random_weights(StreamingKineST(StreamingConfig.tiny()))
    features = torch.randn(1, 2000, NUM_FEATURES)
    whole, last = model(features)
    stepped, state = _step_all(model, features, model.initial_state(1))
    for expected, actual in zip(whole, stepped, strict=True):
        assert (expected - actual).abs().max() < 1e-4
    for expected, actual in zip(last, state, strict=True):
        assert (expected.scan.ssm - actual.scan.ssm).abs().max() < 1e-4
        assert (expected.mixer.ssm - actual.mixer.ssm).abs().max() < 1e-4


@settings(max_examples=examples(20))
@given(st.lists(st.integers(1, 90), min_size=1, max_size=5), st.integers(0, 100))
def test_any_split_of_a_sequence_gives_the_same(tiny, pieces, seed):
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(2, sum(pieces), NUM_FEATURES, generator=generator)
    with torch.inference_mode():
        whole, _ = tiny(features)
        state = tiny.initial_state(2)
        outputs = []
        for part in features.split(pieces, dim=1):
            output, state = tiny(part, state)
            outputs.append(output)
    for index, expected in enumerate(whole):
        actual = torch.cat([output[index] for output in outputs], dim=1)
        assert (actual - expected).abs().max() < 1e-4


@torch.inference_mode()
def test_no_future_frame_changes_the_past(tiny):
    features = torch.randn(1, 60, NUM_FEATURES)
    changed = features.clone()
    changed[:, 40:] += 1.0
    before, _ = tiny(features)
    after, _ = tiny(changed)
    assert torch.equal(before.rotations_6d[:, :40], after.rotations_6d[:, :40])
    assert (before.rotations_6d[:, 40:] - after.rotations_6d[:, 40:]).abs().max() > 1e-3


@torch.inference_mode()
def test_the_past_matters(tiny):
    features = torch.randn(1, 60, NUM_FEATURES)
    whole, _ = tiny(features)
    alone, _ = tiny(features[:, 40:])
    assert (whole.rotations_6d[:, 40:] - alone.rotations_6d).abs().max() > 1e-3


@torch.inference_mode()
def test_state_does_not_grow_and_is_fp32(tiny):
    _, short = tiny(torch.randn(1, 3, NUM_FEATURES))
    _, long = tiny(torch.randn(1, 500, NUM_FEATURES))
    for a, b in zip(short, long, strict=True):
        for x, y in zip((*a.scan, a.local, *a.mixer), (*b.scan, b.local, *b.mixer), strict=True):
            assert x.shape == y.shape
            assert x.dtype == torch.float32
    again, state = tiny.bfloat16()(torch.randn(1, 3, NUM_FEATURES).bfloat16())
    tiny.float()
    assert again.rotations_6d.dtype == torch.bfloat16
    assert {t.dtype for block in state for t in (*block.scan, block.local)} == {torch.float32}


def _trackers(frames, seed=0):
    generator = torch.Generator().manual_seed(seed)
    steps = torch.randn(1, frames, 6, 3, generator=generator) * 0.01
    positions = steps.cumsum(1) + torch.randn(1, 1, 6, 3, generator=generator)
    drift = (torch.randn(1, frames, 6, 6, generator=generator) * 0.02).cumsum(1)
    start = torch.tensor([1.0, 0, 0, 0, 1, 0]) + 0.3 * torch.randn(1, 1, 6, 6, generator=generator)
    valid = torch.rand(1, frames, 6, generator=generator) > 0.3
    valid[:, :, 0] = True
    return positions, matrix_from_sixd(start + drift), valid


@settings(max_examples=examples(15))
@given(st.floats(-3.1, 3.1), st.floats(-500, 500), st.floats(-500, 500), st.integers(0, 50))
def test_where_you_stand_does_not_matter(tiny, yaw, x, y, seed):
    positions, rotations, valid = _trackers(50, seed)
    offsets = torch.tensor(Skeleton.from_stature(1.8).rest_offsets[None], dtype=torch.float32)
    angle = torch.tensor(yaw)
    turn = torch.eye(3)
    turn[0, 0] = turn[1, 1] = angle.cos()
    turn[1, 0], turn[0, 1] = angle.sin(), -angle.sin()
    positions = positions.double()
    moved = positions @ turn.T.double() + torch.tensor([x, y, 0.0], dtype=torch.float64)

    def body(at, turned):
        features, heading, _ = extract_features(at, turned, valid, describe_body(offsets))
        output, _ = tiny(features)
        local = matrix_from_sixd(output.rotations_6d)
        return local[:, :, 1:], root_from_canonical(local[:, :, 0], heading)

    with torch.inference_mode():
        local, root = body(positions, rotations)
        local_moved, root_moved = body(moved, turn @ rotations)
    assert (local - local_moved).abs().max() < 1e-4
    assert (turn @ root - root_moved).abs().max() < 1e-4


def test_root_there_and_back():
    _, rotations, _ = _trackers(10)
    heading = rotations[:, :, 1]
    root = rotations[:, :, 2]
    back = root_from_canonical(canonical_from_root(root, heading), heading)
    torch.testing.assert_close(back, root, atol=1e-5, rtol=1e-5)
