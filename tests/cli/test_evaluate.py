# SPDX-License-Identifier: Apache-2.0
"""kinest evaluate on clips: candidates, tables, JSON and what is refused."""

import json

import numpy as np
import pytest
import torch

from kinest_ros.cli import evaluate_robustness
from kinest_ros.cli.evaluate_robustness import print_robustness
from kinest_ros.evaluation import long_stream
from kinest_ros.model.published.baseline import PublishedConfig, PublishedKineST, save_published
from tests.motion.clip_files import write_clips

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("motion")
    write_clips(folder / "bandai", 2, 0.9, "dataset-2_walk_normal_00{}.npz")
    write_clips(folder / "cmuasf", 1, 0.9, "135_0{}.npz")
    write_clips(folder / "more", 1, 0.6, "dataset-2_walk_active_00{}.npz")
    return folder


@pytest.fixture(scope="module")
def published_weights(tmp_path_factory):
    torch.manual_seed(1)
    model = PublishedKineST(PublishedConfig(width=32, window=16))
    return save_published(model, tmp_path_factory.mktemp("published") / "base.safetensors", {})


def test_candidates_side_by_side_as_json(kinest, data, tiny_weights, published_weights):
    status, out, err = kinest(
        "evaluate", "--data", data, "--split", "rule", "--compare", "--json",
        "--weights", tiny_weights, published_weights, "--device", "cpu",
    )  # fmt: skip
    assert status == 0, err
    found = json.loads(out)
    assert set(found["candidates"]) == {
        "tiny", "base, offline", "base, online", "tiny, state reset every frame",
        "mean pose, wrist IK", "the true motion",
    }  # fmt: skip
    assert found["weights"]["base"]["hash"]
    tiny = found["candidates"]["tiny"]
    assert [clip["clip"] for clip in tiny["clips"]] == [
        "bandai/dataset-2_walk_normal_000.npz", "bandai/dataset-2_walk_normal_001.npz",
        "cmuasf/135_00.npz",
    ]  # fmt: skip
    assert set(tiny["summary"]) == {"bandai", "cmu", "mean", "all clips"}
    assert set(tiny["actions"]) == {"bandai/walk", "cmu/subject 135"}
    assert tiny["calibration"]["expected_calibration_error_cm"] > 0
    assert found["candidates"]["base, online"]["calibration"] is None
    difference = found["differences"]["base, online minus tiny"]["mean"]["mpjpe"]["mean"]
    means = [found["candidates"][name]["summary"]["mean"]["mpjpe"]["mean"]
             for name in ("base, online", "tiny")]  # fmt: skip
    assert difference == pytest.approx(means[0] - means[1])


def test_tables(kinest, data, tiny_weights):
    status, out, _ = kinest(
        "evaluate", "--data", data, "--split", "rule", "--weights", tiny_weights,
        "--per-action", "--by", "person", "--by", "kind", "--per-clip", "--no-snap",
    )  # fmt: skip
    assert status == 0
    for text in ("accuracy", "bandai/walk", "135_00.npz", "calibration error", "mpjve",
                 "by person", "cmu/CMU135", "by kind", "stepping", "worst clip"):  # fmt: skip
        assert text in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--slots", "head", "left_wing"), "left_wing"),
        (("--slots", "left_hand"), "with head"),
        (("--every", "0"), "--every is 0"),
        (("--amass-protocol",), "--body-model"),
        (("--stature", "1.8"), "are for bags"),
        (("--weights", "a", "b"), "not found"),
        (("--split", "rule", "--part", "validation"), "no clips for 'validation'"),
    ],
)
def test_what_is_wrong_is_said(kinest, data, arguments, said):
    status, _, err = kinest("evaluate", "--data", data, *arguments)
    assert status == 2
    assert said in err


def test_in_a_log_an_error_stands_alone(kinest, data, tmp_path, tiny_weights):
    """No progress in front of it, where nobody watches."""
    (tmp_path / "clips").mkdir()
    np.savez(tmp_path / "clips" / "a.npz", poses=np.zeros((9, 66)))
    for folder in (tmp_path / "clips", data):
        status, _, err = kinest("evaluate", "--data", folder, "--weights", tiny_weights)
        assert (status, err[:6]) in ((2, "error:"), (0, "")) and "%|" not in err


def test_raw_published_weights_want_head_and_hands(kinest, data, published_weights):
    status, _, err = kinest(
        "evaluate", "--data", data, "--weights", published_weights, "--slots", "head"
    )
    assert status == 2
    assert "head and both hands" in err


def test_same_weights_twice_are_refused(kinest, data, tiny_weights):
    status, _, err = kinest("evaluate", "--data", data, "--weights", tiny_weights, tiny_weights)
    assert status == 2
    assert "same file twice" in err


def test_nothing_to_evaluate_is_said(kinest):
    status, _, err = kinest("evaluate")
    assert status == 2
    assert "--data" in err


def test_each_step_after_the_network_can_be_left_out(kinest, data, tiny_weights):
    status, out, err = kinest(
        "evaluate", "--data", data, "--weights", tiny_weights, "--ablate", "--json"
    )
    assert status == 0, err
    found = json.loads(out)["candidates"]
    assert list(found) == [
        "tiny", "without smoothing", "without foot lock", "without wrist snap",
        "without body snap", "without tracked rotations", "the network alone",
        "all steps, true contacts",
    ]  # fmt: skip

    def mean(name, metric):
        return found[name]["summary"]["mean"][metric]["mean"]

    assert mean("tiny", "hand") < mean("without wrist snap", "hand")
    assert mean("tiny", "lower") != mean("without foot lock", "lower")
    assert mean("tiny", "jitter") != mean("without smoothing", "jitter")
    assert mean("all steps, true contacts", "slide") < 0.95 * mean("tiny", "slide")


def test_true_rotations_show_what_the_skeleton_costs(kinest, data, tiny_weights):
    def errors(*options):
        status, out, err = kinest(
            "evaluate", "--data", data, "--weights", tiny_weights, "--true-rotations", "--json",
            "--no-foot-lock", "--no-smoothing", *options,
        )  # fmt: skip
        assert status == 0, err
        found = json.loads(out)["candidates"]
        assert list(found) == ["tiny", "true rotations"]
        return [found[name]["summary"]["mean"]["mpjpe"]["mean"] for name in found]

    guessed, told = errors()
    assert told < 0.1 < guessed
    guessed, told = errors("--stature-only")
    assert told < guessed


def test_figures_of_clips(kinest, data, tiny_weights, tmp_path):
    status, out, err = kinest(
        "evaluate", "--data", data, "--weights", tiny_weights, "--figures", tmp_path / "new"
    )
    assert status == 0, err
    assert "wrote" in out
    written = {path.name for path in (tmp_path / "new").iterdir()}
    assert written == {"error_over_time.png", "error_per_joint.png", "reliability.png"}


def test_robustness_suite(kinest, tmp_path, tiny_weights, capsys, monkeypatch):
    monkeypatch.setattr(long_stream, "LAST", 4.0)
    monkeypatch.setattr(evaluate_robustness, "SHORTER", (0.1,))
    monkeypatch.setattr(evaluate_robustness, "LOSS", 0.5)
    write_clips(tmp_path / "data" / "some", 1, 2.4)
    arguments = ("evaluate", "--data", tmp_path / "data", "--suite", "robustness",
                 "--weights", tiny_weights, "--device", "cpu", "--hours", 0.0015)  # fmt: skip
    status, out, err = kinest(*arguments, "--json", "--figures", tmp_path / "figures")
    assert status == 0, err
    found = json.loads(out)["tiny"]
    assert list(found["lost_hand"]) == ["0.1", "0.5"]
    assert found["lost_hand"]["0.5"]["clips"] == 1
    assert found["long_stream"]["clips"] == 2
    assert found["trackers"]["ratio"] > 0
    assert (tmp_path / "figures" / "error_by_drop_out.png").is_file()
    print_robustness({"tiny": found})
    assert "hand lost for 0.5 s: clips" in capsys.readouterr().out
    status, _, err = kinest(*arguments, "--slots", "head")
    assert status == 2
    assert "must have both" in err
