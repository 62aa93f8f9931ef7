# SPDX-License-Identifier: Apache-2.0
"""Evaluation through the body tracker, and what the bundled weights must reach on real motion."""

import argparse
import json

import numpy as np
import pytest

from kinest_ros.body.rotations import matrix_from_quaternion
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.cli import evaluate as command
from kinest_ros.cli.clip_lists import split_clips
from kinest_ros.errors import KinestError
from kinest_ros.evaluation.candidates import mean_pose, streaming
from kinest_ros.evaluation.evaluate import EvaluationSettings, evaluate, summarise
from kinest_ros.model.predictor import Prediction
from kinest_ros.model.weights import load_model
from kinest_ros.motion.procedural import generate
from kinest_ros.training.corpus import build_corpus, corpus_from_files


@pytest.fixture(scope="module")
def corpus():
    body = Skeleton.from_stature(1.7)
    return build_corpus((generate("standing", body, s, 2.0), body, f"s{s}") for s in range(2))


def test_the_truth_scores_zero(corpus):
    def truth(clips):
        assert len(clips) == len(corpus)
        # Clips come by length; these are equally long, so in their own order.
        return [
            [
                Prediction(frame, np.zeros(2), np.ones(22), np.zeros(22))
                for frame in matrix_from_quaternion(corpus.clip(index)[0])
            ]
            for index in range(len(corpus))
        ]

    table = summarise(evaluate(corpus, truth))
    # Quaternions are kept in 16 bits, so not quite zero.
    assert table["mean"]["mpjpe"] < 0.05
    assert table["mean"]["mpjre"] < 0.05


def test_sources_count_alike(corpus):
    rows = [{**dict.fromkeys(["mpjre"], 1.0), "source": "a"}] * 3
    rows += [{"mpjre": 5.0, "source": "b"}]
    from kinest_ros.evaluation.metrics import METRICS

    full = [{**dict.fromkeys(METRICS, 0.0), **row} for row in rows]
    table = summarise(full)
    assert table["a"]["mpjre"] == 1.0
    assert table["mean"]["mpjre"] == 3.0
    assert table["all clips"]["mpjre"] == 2.0


def test_mean_pose_meets_the_trackers_and_no_more(corpus):
    settings = EvaluationSettings()
    table = summarise(evaluate(corpus, mean_pose(corpus, frames=500), settings))
    assert table["mean"]["hand"] < 2.0
    assert table["mean"]["mpjpe"] > 1.0
    with_own = table["mean"]["mpjpe"]
    other = EvaluationSettings(stature_only=True)
    assert summarise(evaluate(corpus, mean_pose(corpus, 500), other))["mean"]["mpjpe"] == (
        pytest.approx(with_own, abs=0.3)
    )


def test_split_lists(tmp_path):
    (tmp_path / "a.npz").touch()
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"rule": "text", "test": ["a.npz"]}))
    assert split_clips(tmp_path, split, "test") == [tmp_path / "a.npz"]
    assert split_clips(tmp_path, None, "test") == [tmp_path / "a.npz"]
    with pytest.raises(KinestError, match="no list 'train'; it has test"):
        split_clips(tmp_path, split, "train")
    split.write_text("not json")
    with pytest.raises(KinestError, match="not JSON"):
        split_clips(tmp_path, split, "test")


def test_the_legs_are_learned_and_the_state_matters(shared_data):
    """On every 24th clip of the test split, all clips alike, with each clip's own skeleton."""
    split = shared_data / "splits.json"
    files = split_clips(shared_data / "motion", split, "test")[::24]
    train = split_clips(shared_data / "motion", split, "train")[::60]
    corpus = corpus_from_files(files, progress=False)
    model = load_model("default")

    def means(candidate):
        rows = evaluate(corpus, candidate)
        return {name: np.mean([row[name] for row in rows]) for name in ("mpjpe", "lower")}

    learned = means(streaming(model))
    stateless = means(streaming(model, keep_state=False))
    posed = means(mean_pose(corpus_from_files(train, progress=False), frames=5000))
    assert learned["mpjpe"] <= 6.0
    assert learned["lower"] <= 0.7 * posed["lower"]
    assert stateless["mpjpe"] >= 1.15 * learned["mpjpe"]


def test_command_prints_json(shared_data, capsys):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    folder = str(shared_data / "motion")
    split = str(shared_data / "splits.json")
    args = ["--data", folder, "--split", split, "--every", "200", "--json"]
    assert command.run(parser.parse_args(args)) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["weights"] == "default"
    assert printed["streaming"]["mean"]["mpjpe"] > 0
    with pytest.raises(KinestError, match="left_wing"):
        command.run(parser.parse_args([*args, "--slots", "head", "left_wing"]))
