# SPDX-License-Identifier: Apache-2.0
"""kinest train --model published and --ablate, and their weights in kinest evaluate."""

import json

import pytest

from tests.motion.clip_files import write_clips

pytestmark = pytest.mark.slow


def test_command_trains_what_evaluate_reads(kinest, tmp_path):
    write_clips(tmp_path / "data")
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"train": ["clip0.npz"], "validation": ["clip1.npz"]}))
    arguments = ("train", "--data", tmp_path / "data", "--split", split, "--out", tmp_path / "run",
                 "--model", "published", "--length", 16, "--width", 32, "--batch", 2,
                 "--device", "cpu", "--json")  # fmt: skip
    status, out, err = kinest(*arguments, "--steps", 2)
    assert status == 0, err
    weights = json.loads(out)["weights"]
    described = json.loads((tmp_path / "run" / "weights.json").read_text())
    assert described["model"]["features"] == "raw"
    assert described["training"]["config"]["weight_decay"] == 1e-5
    assert described["training"]["config"]["learning_rate"] == 3e-4
    status, out, err = kinest(*arguments, "--steps", 3, "--resume")
    assert status == 0, err
    status, out, err = kinest(
        "evaluate", "--data", tmp_path / "data", "--weights", weights, "--json",
        "--published-mode", "offline",
    )  # fmt: skip
    assert status == 0, err
    assert list(json.loads(out)["candidates"]) == ["weights, offline"]


def test_options_of_the_other_network_are_refused(kinest, tmp_path):
    write_clips(tmp_path / "data", 1)
    arguments = ("train", "--data", tmp_path / "data", "--out", tmp_path / "run")
    for options, said in (
        (("--features", "raw"), "--features is for --model published"),
        (("--model", "published", "--lookahead", 2), "--lookahead is for --model streaming"),
        (("--model", "published", "--ablate", "no-mirror"), "--ablate is for --model streaming"),
        (("--ablate", "width-96", "--width", 96), "--ablate width-96 sets --width"),
        (("--ablate", "rotation-loss", "--loss", "rotation=2"), "sets --loss rotation"),
        (("--model", "published", "--loss", "rotation=2"), "--loss is for --model streaming"),
        (("--model", "published", "--dropout", 0.2), "--dropout is for --model streaming"),
        (("--dropout", 1.0), "--dropout is 1; give at least 0 and less than 1"),
        (("--weight-decay", -0.1), "--weight-decay is -0.1; give 0 or more"),
        (("--ablate", "no-mirror", "--augment", "mirror=1"), "sets --augment mirror"),
        (("--augment", "posture=1.5"), "--augment posture=1.5: give NAME=PROBABILITY"),
        (("--draw", "sometimes=2"), "--draw sometimes=2: give SOURCE=FACTOR"),
        (("--kind-power", 1.5), "--kind-power is 1.5; give a number from 0 to 1"),
        (("--augment", "stature=1"), "--augment stature=1: give NAME=PROBABILITY"),
        (("--loss", "turns=2"), "--loss turns=2: give TERM=WEIGHT"),
    ):
        status, _, err = kinest(*arguments, *options)
        assert status == 2
        assert said in err


def test_one_change_is_made_and_evaluated(kinest, tmp_path):
    write_clips(tmp_path / "data", 1, 1.0)
    arguments = ("train", "--data", tmp_path / "data", "--out", tmp_path / "run", "--steps", 1,
                 "--batch", 1, "--length", 8, "--width", 32, "--joint-width", 8, "--json",
                 "--device", "cpu", "--procedural", "0.01", "--dropout", 0.25,
                 "--weight-decay", 0.05, "--augment", "posture=0.5")  # fmt: skip
    for name in ("no-procedural", "world-features"):
        status, out, err = kinest(*arguments, "--ablate", name)
        assert status == 0, err
        described = json.loads((tmp_path / "run" / "weights.json").read_text())
        assert described["training"]["config"]["ablation"] == name
        assert described["training"]["config"]["weight_decay"] == 0.05
        assert described["training"]["config"]["augment"]["posture"] == 0.5
        assert described["model"]["dropout"] == 0.25
        procedural = described["training"]["sources"].get("procedural", 0.0)
        assert (procedural == 0.0) == (name == "no-procedural")
        assert (described["model"]["features"] == "world") == (name == "world-features")
    status, out, err = kinest(
        "evaluate", "--data", tmp_path / "data", "--weights", json.loads(out)["weights"], "--json"
    )
    assert status == 0, err


def test_the_confidence_is_calibrated_on_the_validation_part(kinest, tmp_path):
    write_clips(tmp_path / "data", 2, 1.0)
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"train": ["clip0.npz"], "validation": ["clip1.npz"]}))
    status, out, err = kinest(
        "train", "--data", tmp_path / "data", "--split", split, "--out", tmp_path / "run",
        "--steps", 1, "--batch", 1, "--length", 8, "--width", 32, "--joint-width", 8,
        "--device", "cpu", "--json",
    )  # fmt: skip
    assert status == 0, err
    found = json.loads(out)
    assert found["confidence"]["clips"] == {"data": 1}
    described = json.loads((tmp_path / "run" / "weights.json").read_text())
    assert described["confidence"]["alone"] == found["confidence"]["error_model"]["alone"]
    assert described["training"]["steps"] == 1


def test_terms_choose_the_clips_and_the_weights_to_start_from(kinest, tmp_path):
    data = tmp_path / "data"
    write_clips(data / "bandai", 1, 1.0, "dataset-2_walk_active_00{}.npz")
    write_clips(data / "cmuasf", 1, 1.0, "14_0{}.npz")
    arguments = ("train", "--data", data, "--batch", 1, "--length", 8, "--width", 32, "--steps", 1,
                 "--joint-width", 8, "--device", "cpu", "--terms")  # fmt: skip
    status, out, err = kinest(*arguments, "any", "--out", tmp_path / "any", "--json")
    assert status == 0, err
    status, out, err = kinest(*arguments, "commercial", "--out", tmp_path / "open")
    assert status == 0, err
    assert "left out bandai for its terms: CC BY-NC 4.0" in out
    trained = json.loads((tmp_path / "open" / "weights.json").read_text())["training"]
    assert set(trained["sources"]) == {"cmuasf"}
    assert trained["terms"] == "commercial"
    # What learnt from other clips before does not lose their terms by going on.
    for start, ends in (("any", 2), ("open", 0)):
        status, _, err = kinest(
            *arguments, "commercial", "--out", tmp_path / "more", "--json",
            "--init", tmp_path / start / "weights.safetensors",
        )  # fmt: skip
        assert status == ends, err
        assert ("was not trained with --terms commercial" in err) == (ends == 2)
    status, _, err = kinest(*arguments, "any", "--out", tmp_path / "open", "--resume")
    assert status == 2
    assert "and --terms commercial: go on with the same" in err
