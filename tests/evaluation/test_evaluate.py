# SPDX-License-Identifier: Apache-2.0
"""Evaluation through the body tracker, and what the bundled weights must reach on real motion."""

import numpy as np
import pytest

from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import matrices_from_quaternions
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.evaluation.candidates import Candidate, mean_pose, streaming
from kinest_ros.evaluation.evaluate import evaluate
from kinest_ros.evaluation.floor import TOES
from kinest_ros.evaluation.results import summarise
from kinest_ros.evaluation.tracking import EvaluationSettings, Truth
from kinest_ros.model.error_model import UNCORRECTED, ErrorModel
from kinest_ros.model.weights import load_model
from kinest_ros.motion.clips.clip_lists import split_clips
from kinest_ros.motion.clips.corpus import Corpus, build_corpus, corpus_from_files
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.runtime.predictor import Prediction
from kinest_ros.tracking.settings import TrackerSettings


@pytest.fixture(scope="module")
def corpus():
    body = Skeleton.from_stature(1.7)
    return build_corpus((generate("standing", body, s, 2.0), body, f"s{s}") for s in range(2))


def _true_predictions(corpus, sigma=0.0):
    def predict(clips):
        assert len(clips) == len(corpus)
        # Clips come by length; these are equally long, so in their own order.
        return [
            [
                Prediction(frame, np.zeros(2), np.ones(22), np.full(22, sigma))
                for frame in matrices_from_quaternions(corpus.clip(index)[0])
            ]
            for index in range(len(corpus))
        ]

    return predict


def test_the_confidence_is_corrected_as_the_candidate_says(corpus):
    """Of joints without a tracker; twice the error where the error model says so."""
    predict, twice = _true_predictions(corpus, 0.1), ErrorModel(alone=np.full(22, 2.0))
    plain, corrected = (
        evaluate(corpus, Candidate(predict, model))[0].sigma for model in (UNCORRECTED, twice)
    )
    np.testing.assert_allclose(corrected[:, 4] / plain[:, 4], 2.0, rtol=1e-4)


def test_the_truth_scores_zero(corpus):
    truth = Candidate(_true_predictions(corpus))
    # The steps after the network would change even the truth.
    as_it_is = TrackerSettings(smooth_posture=False, foot_lock=False)
    table = summarise(evaluate(corpus, truth, EvaluationSettings(tracker=as_it_is)))
    # Quaternions are kept in 16 bits, so not quite zero.
    assert table["mean"]["mpjpe"].mean < 0.05
    assert table["mean"]["mpjre"].mean < 0.05


def test_predictions_are_given_the_true_contacts(corpus):
    truth = Truth.of(corpus, 0)
    # The left toe is lifted in frames 20 to 39, the right one slides at 1 m/s from frame 60 on.
    truth.positions[:, TOES, :2] = truth.positions[:1, TOES, :2]
    truth.positions[:, TOES, 2] = 0.02
    truth.positions[20:40, TOES[0], 2] = 0.3
    truth.positions[60:, TOES[1], 0] += np.arange(len(truth) - 60) / 60.0
    guess = Prediction(np.zeros((22, 3, 3)), np.full(2, 0.4), np.ones(22), np.zeros(22))
    found = np.array([p.contacts for p in truth.with_contacts([guess] * len(truth))])
    assert set(np.unique(found)) == {0.0, 1.0}
    assert (found[21:41, 0] == 0.0).all()
    assert (found[:, 0] == 0.0).sum() == 20
    assert (found[62:, 1] == 0.0).all()
    assert (found[:60, 1] == 1.0).all()


def test_true_rotations_leave_the_error_of_the_skeleton(corpus):
    candidate = mean_pose(corpus, frames=500)
    tracker = TrackerSettings(
        snap_wrists=False, snap_rotations=False, smooth_posture=False, foot_lock=False
    )
    told = EvaluationSettings(tracker=tracker, true_rotations=True)
    assert summarise(evaluate(corpus, candidate, told))["mean"]["mpjpe"].mean < 0.05
    # Legs longer by a tenth, and a tracker that is told no more than the stature.
    longer = Corpus(**{**vars(corpus), "rest_offsets": corpus.rest_offsets.copy()})
    longer.rest_offsets[:, [4, 5, 7, 8]] *= 1.1
    truth = Truth.of(longer, 0)
    told = EvaluationSettings(tracker=tracker, true_rotations=True, stature_only=True)
    posed, _ = forward_kinematics_np(
        truth.local_rotations, truth.tracked(told).rest_offsets, np.zeros((len(truth), 3))
    )
    # The head is where its tracker is, the rest hangs below it.
    posed += (truth.positions[:, 15] - posed[:, 15])[:, None]
    expected = np.linalg.norm(posed - truth.positions, axis=-1).mean(axis=0) * 100.0
    assert expected.max() > 1.0
    found = evaluate(longer, candidate, told)[0].joint_errors
    np.testing.assert_allclose(found, expected, atol=0.1)


def test_the_true_motion_is_a_candidate(corpus):
    table = summarise(evaluate(corpus, None))
    assert table["mean"]["mpjpe"].mean == 0.0
    assert table["mean"]["jitter"].mean > 0.0


@pytest.mark.slow
def test_mean_pose_meets_the_trackers_and_no_more(corpus):
    settings = EvaluationSettings()
    table = summarise(evaluate(corpus, mean_pose(corpus, frames=500), settings))
    assert table["mean"]["hand"].mean < 2.0
    assert table["mean"]["mpjpe"].mean > 1.0
    with_own = table["mean"]["mpjpe"].mean
    other = EvaluationSettings(stature_only=True)
    assert summarise(evaluate(corpus, mean_pose(corpus, 500), other))["mean"]["mpjpe"].mean == (
        pytest.approx(with_own, abs=0.3)
    )


@pytest.mark.slow
def test_the_legs_are_learned_and_the_state_matters(shared_data):
    """On every 48th clip of the test split, all clips alike, with each clip's own skeleton."""
    split = shared_data / "splits.json"
    files = split_clips(shared_data / "motion", split, "test")[::48]
    train = split_clips(shared_data / "motion", split, "train")[::120]
    corpus = corpus_from_files(files, progress=False)
    model = load_model("default")

    def means(candidate):
        rows = evaluate(corpus, candidate)
        return {name: np.mean([row.figures[name] for row in rows]) for name in ("mpjpe", "lower")}

    learned = means(streaming(model))
    stateless = means(streaming(model, keep_state=False))
    posed = means(mean_pose(corpus_from_files(train, progress=False), frames=2500))
    assert learned["mpjpe"] <= 6.0
    assert learned["lower"] <= 0.7 * posed["lower"]
    assert stateless["mpjpe"] >= 1.15 * learned["mpjpe"]
