# SPDX-License-Identifier: Apache-2.0
"""The training loop learns, resumes where it stopped and writes weights that load."""

import argparse
import json
from dataclasses import replace

import pytest
import torch

from kinest_ros.body.rotations_torch import sixd_from_matrix
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.cli import train as command
from kinest_ros.errors import KinestError
from kinest_ros.evaluation.validate import validate
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.features import canonical_from_root, describe_body, extract_features
from kinest_ros.model.streaming import NetworkOutput
from kinest_ros.model.weights import load_model
from kinest_ros.motion.clips.corpus import build_corpus
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.training.ablations import ablated
from kinest_ros.training.augment_config import AugmentConfig
from kinest_ros.training.config import TrainConfig
from kinest_ros.training.losses import LossWeights, streaming_loss
from kinest_ros.training.streams import StreamBatch
from kinest_ros.training.trainer import Trainer
from tests.motion.clip_files import write_clips

pytestmark = pytest.mark.slow

TINY = TrainConfig(
    steps=40, batch=4, length=24, warmup=5, learning_rate=3e-3, ema=0.9,
    model=StreamingConfig.tiny(dropout=0.0),
)  # fmt: skip


@pytest.fixture(scope="module")
def corpus():
    body = Skeleton.from_stature(1.7)
    return build_corpus((generate("standing", body, s, 4.0), body, "procedural") for s in range(3))


def _perfect(window, heading):
    target = window.local_rotations.clone()
    target[:, :, 0] = canonical_from_root(target[:, :, 0], heading)
    shape = target.shape[:2]
    return NetworkOutput(
        sixd_from_matrix(target), 20.0 * (2 * window.contacts - 1), torch.full((*shape, 22), -14.0)
    )


def test_the_truth_has_no_loss_and_everything_else_has(corpus):
    plain = AugmentConfig(noise=0, mount=0)
    window = StreamBatch(corpus, 2, 30, plain, seed=0).next()
    _, heading, _ = extract_features(
        window.tracker_positions,
        window.tracker_rotations,
        window.valid,
        describe_body(window.rest_offsets),
    )
    output = _perfect(window, heading)
    _, terms = streaming_loss(output, window, heading, LossWeights())
    assert terms.pop("confidence") < -13
    assert all(value < 1e-3 for value in terms.values()), terms
    bent = output.rotations_6d.clone()
    bent[:, :, 4] += 0.2
    wrong = output._replace(rotations_6d=bent, contact_logits=-output.contact_logits)
    _, terms = streaming_loss(wrong, window, heading, LossWeights())
    assert terms["rotation"] > 0.01
    assert terms["mpjpe_cm"] > 0.2
    assert terms["contact"] > 1


def test_lookahead_compares_with_the_frame_before(corpus):
    window = StreamBatch(corpus, 2, 30, AugmentConfig(noise=0, mount=0), seed=0).next()
    _, heading, _ = extract_features(
        window.tracker_positions,
        window.tracker_rotations,
        window.valid,
        describe_body(window.rest_offsets),
    )
    output = _perfect(window, heading)
    delayed = NetworkOutput(*(value.roll(3, dims=1) for value in output))
    _, terms = streaming_loss(delayed, window, heading, LossWeights(), lookahead=3)
    assert terms["mpjpe_cm"] < 1e-3


def test_it_learns(corpus, tmp_path):
    trainer = Trainer(TINY, corpus, tmp_path, validate=lambda model: validate(model, corpus))
    before = validate(trainer.average, corpus)
    after = trainer.run(progress=False)
    assert after["mpjpe_cm"] < 0.75 * before["mpjpe_cm"]
    assert trainer.step == 40
    assert trainer.summary()["frames_seen"] == 40 * 4 * 24


def test_resume_goes_on_where_it_stopped(corpus, tmp_path):
    trainer = Trainer(TINY, corpus, tmp_path)
    trainer.run(progress=False)
    again = Trainer(TINY, corpus, tmp_path)
    again.resume()
    assert again.step == trainer.step
    for a, b in zip(trainer.average.parameters(), again.average.parameters(), strict=True):
        assert torch.equal(a, b)
    assert len(again.optimizer.state) == len(trainer.optimizer.state)
    # As an earlier version wrote it, before the network had this setting.
    path = tmp_path / "checkpoint.pt"
    saved = torch.load(path, weights_only=True)
    del saved["config"]["model"]["global_memory"], saved["config"]["ablation"], saved["left_out"]
    torch.save(saved, path)
    Trainer(TINY, corpus, tmp_path).resume()
    other = Trainer(TrainConfig(model=StreamingConfig.tiny(width=48)), corpus, tmp_path)
    with pytest.raises(KinestError, match="another network"):
        other.resume()
    for less in (
        Trainer(ablated(TINY, "no-mirror"), corpus, tmp_path),
        Trainer(TINY, corpus, tmp_path),
    ):
        less.left_out = ("cmu",) if not less.config.ablation else ()
        with pytest.raises(KinestError, match=r"begun with --leave-out \(nothing\), --ablate"):
            less.resume()
    with pytest.raises(KinestError, match="nothing to resume"):
        Trainer(TINY, corpus, tmp_path / "none").resume()


def test_a_run_starts_from_other_weights(corpus, tmp_path):
    first = Trainer(TINY, corpus, tmp_path)
    first.step, first.init = 7, {"steps": 10}
    weights = first.save_weights(tmp_path / "first.safetensors")
    other_seed = replace(TINY, seed=5, steps=1, model=StreamingConfig.tiny(lookahead=2))
    trainer = Trainer(other_seed, corpus, tmp_path)
    start = first.average.input_fc.weight
    assert not torch.equal(trainer.model.input_fc.weight, start)
    trainer.start_from(weights)
    assert torch.equal(trainer.model.input_fc.weight, start)
    assert torch.equal(trainer.average.input_fc.weight, start)
    trainer.run(progress=False)
    resumed = Trainer(other_seed, corpus, tmp_path)
    resumed.resume()
    digest = load_model(weights).weights_hash
    assert resumed.summary()["init"] == {
        "weights": "first", "hash": digest, "minutes": 0.0,
        "steps": 17, "frames_seen": 7 * TINY.batch * TINY.length,
    }  # fmt: skip
    wider = Trainer(TrainConfig(model=StreamingConfig.tiny(width=48)), corpus, tmp_path)
    with pytest.raises(KinestError, match="width 32 instead of 48"):
        wider.start_from(weights)


def test_schedule_rises_and_falls(corpus, tmp_path):
    trainer = Trainer(TINY, corpus, tmp_path)
    rates = []
    for step in range(41):
        trainer.step = step
        rates.append(trainer.learning_rate())
    assert rates[0] < rates[4] == max(rates) <= TINY.learning_rate
    assert rates[40] == pytest.approx(0.01 * TINY.learning_rate)
    assert rates[4:] == sorted(rates[4:], reverse=True)


def _run(*arguments):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args([str(argument) for argument in arguments]))


def test_command_trains_and_its_weights_load(tmp_path, capsys):
    write_clips(tmp_path / "data")
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"train": ["clip0.npz"], "validation": ["clip1.npz"]}))
    arguments = ("--data", tmp_path / "data", "--split", split, "--out", tmp_path / "run",
                 "--batch", 2, "--length", 16, "--width", 32, "--joint-width", 8,
                 "--device", "cpu", "--json")  # fmt: skip
    assert _run(*arguments, "--steps", 2) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["mpjpe_cm"] > 0
    model = load_model(printed["weights"])
    assert model.config.width == 32
    assert _run(*arguments, "--steps", 3, "--resume") == 0
    described = json.loads((tmp_path / "run" / "weights.json").read_text())
    assert described["training"]["steps"] == 3
    with pytest.raises(KinestError, match="give only one"):
        _run(*arguments, "--resume", "--init", printed["weights"])


def test_command_says_what_is_missing(tmp_path):
    with pytest.raises(KinestError, match="is not a folder"):
        _run("--data", tmp_path / "none", "--out", tmp_path)
    write_clips(tmp_path / "data", 1)
    (tmp_path / "split.json").write_text('{"train": ["gone.npz"]}')
    with pytest.raises(KinestError, match=r"gone\.npz"):
        _run("--data", tmp_path / "data", "--split", tmp_path / "split.json", "--out", tmp_path)
    (tmp_path / "split.json").write_text('{"test": []}')
    with pytest.raises(KinestError, match="no list 'train'"):
        _run("--data", tmp_path / "data", "--split", tmp_path / "split.json", "--out", tmp_path)
