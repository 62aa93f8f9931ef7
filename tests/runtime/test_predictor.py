# SPDX-License-Identifier: Apache-2.0
"""The predictor gives, frame by frame, what the network gives over the whole sequence."""

import numpy as np
import pytest
import torch

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.evaluation.candidates import TrackedClip, streaming
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.features import root_from_canonical
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.runtime import cold_start
from kinest_ros.runtime.body_batch import BodyBatch, BodyFrame
from kinest_ros.runtime.predictor import StreamingPredictor
from kinest_ros.training.augment import Mounts, track

BODY = Skeleton.from_stature(1.8)


@pytest.fixture(scope="module")
def clip():
    from kinest_ros.body.kinematics import forward_kinematics_np

    motion = generate("walking", BODY, 1, 2.0)
    at, world = forward_kinematics_np(
        motion.local_rotations, BODY.rest_offsets, motion.root_position
    )
    seen, links = track(at, world, Mounts.none(), 0.0, np.random.default_rng(0))
    valid = np.ones((len(seen), 6), dtype=bool)
    valid[30:60, 1] = False
    seen[30:60, 1] = np.nan
    return TrackedClip(seen, links, valid, BODY.rest_offsets)


def _model(**changes):
    torch.manual_seed(0)
    model = StreamingKineST(StreamingConfig.tiny(**changes)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model


def _run(predictor, clip):
    return [
        predictor.step(*frame)
        for frame in zip(clip.positions, clip.rotations, clip.valid, strict=True)
    ]


def test_step_by_step_is_the_whole_clip(clip):
    model = _model()
    expected = streaming(model)([clip])[0]
    for a, b in zip(_run(StreamingPredictor(model, BODY), clip), expected, strict=True):
        np.testing.assert_allclose(a.local_rotations, b.local_rotations, atol=1e-4)
        np.testing.assert_allclose(a.contacts, b.contacts, atol=1e-4)
        np.testing.assert_allclose(a.confidence, b.confidence, atol=1e-4)
        assert np.isfinite(a.local_rotations).all()


@pytest.mark.parametrize("most_speed", [0.0, np.inf])
def test_outputs_that_contradict_each_other_begin_as_if_standing_still(
    clip, monkeypatch, most_speed
):
    """Those that agree from an empty state, by the step, in a batch, and in evaluation alike."""
    monkeypatch.setattr(cold_start, "MOST_SPEED", most_speed)
    model = _model()
    still = (clip.positions[0], clip.rotations[0], clip.valid[0])
    monkeypatch.setattr(StreamingConfig, "warm_up", 0)
    plain = StreamingPredictor(model, BODY)
    steps = [plain.step(*still).local_rotations for _ in range(9)]
    assert np.abs(steps[0] - steps[8]).max() > 1e-4
    monkeypatch.undo()
    monkeypatch.setattr(cold_start, "MOST_SPEED", most_speed)
    expected = steps[0] if most_speed else steps[8]
    predictor, batch = StreamingPredictor(model, BODY), BodyBatch(model, 2, runtime="torch")
    batch.add("late", BODY)
    for _ in range(2):
        np.testing.assert_array_equal(predictor.step(*still).local_rotations, expected)
        batched = batch.step({"late": BodyFrame(*still)})["late"].local_rotations
        np.testing.assert_allclose(batched, expected, atol=1e-5)
        predictor.reset()
        batch.reset("late")
    evaluated = streaming(model)([clip])[0][0].local_rotations
    np.testing.assert_allclose(evaluated, expected, atol=1e-4)


def test_reset_starts_anew_and_the_state_matters(clip):
    predictor = StreamingPredictor(_model(), BODY)
    first = _run(predictor, clip)
    carried = _run(predictor, clip)
    predictor.reset()
    again = _run(predictor, clip)
    np.testing.assert_array_equal(first[5].local_rotations, again[5].local_rotations)
    assert np.abs(first[5].local_rotations - carried[5].local_rotations).max() > 1e-5


def test_lookahead_turns_with_the_head_of_then(clip):
    model = _model(lookahead=4)
    predictor = StreamingPredictor(model, BODY)
    last = _run(predictor, clip)[-1]
    heading = predictor._headings[0]
    assert len(predictor._headings) == 5
    from kinest_ros.model.features import heading_matrix

    then = heading_matrix(torch.as_tensor(clip.rotations[-5, 0]))
    np.testing.assert_allclose(heading, then.numpy(), atol=1e-12)
    relative = heading.T @ last.local_rotations[0]
    back = root_from_canonical(torch.as_tensor(relative), torch.eye(3, dtype=torch.float64))
    assert back.shape == (3, 3)


def test_confidence_falls_with_the_expected_error(clip):
    prediction = _run(StreamingPredictor(_model(), BODY), clip)[-1]
    order = np.argsort(prediction.position_sigma)
    assert (np.diff(prediction.confidence[order]) <= 0).all()
    assert (prediction.confidence > 0).all()
    assert (prediction.confidence <= 1).all()
