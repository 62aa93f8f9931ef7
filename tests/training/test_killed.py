# SPDX-License-Identifier: Apache-2.0
"""A training that is killed again and again ends with the weights of one that was let be."""

from __future__ import annotations

import copy
import signal
import time
from pathlib import Path

import pytest
import torch

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.published.baseline import PublishedConfig
from kinest_ros.motion.clips.corpus import Corpus, build_corpus
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.training.config import TrainConfig
from kinest_ros.training.tasks import task_of
from tests.commands import Command
from tests.motion.clip_files import write_clips
from tests.warm import preload

pytestmark = pytest.mark.slow

SMALL = ("--steps", "9", "--batch", "2", "--length", "16", "--width", "32", "--joint-width", "8",
         "--device", "cpu", "--threads", "1", "--checkpoint-minutes", "0", "--json")  # fmt: skip


def _train(data: Path, out: Path, *more: str) -> Command:
    return Command("train", "--data", data, "--out", out, *SMALL, *more)


def _kill_after(process: Command, checkpoint: Path, writes: int) -> None:
    """Kill -9 while it works on the step behind so many checkpoints."""
    seen: int | None = checkpoint.stat().st_mtime_ns if checkpoint.exists() else None
    while writes and process.poll() is None:
        now = checkpoint.stat().st_mtime_ns if checkpoint.exists() else None
        writes -= now != seen
        seen = now
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it ended before it was killed"


def _result(out: Path) -> dict[str, object]:
    return torch.load(out / "checkpoint.pt", weights_only=True)


def test_killed_and_resumed_it_learns_the_same(tmp_path: Path) -> None:
    preload("torch._dynamo")  # with any optimizer, for longer than these few steps take
    data = tmp_path / "data"
    write_clips(data)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert _train(data, whole).wait() == 0
    _kill_after(_train(data, killed), killed / "checkpoint.pt", 2)
    _kill_after(_train(data, killed, "--resume"), killed / "checkpoint.pt", 3)
    assert 2 <= _result(killed)["step"] < 9
    assert _train(data, killed, "--resume").wait() == 0
    one, other = _result(whole), _result(killed)
    assert one["step"] == other["step"] == 9
    assert one["smooth"] == other["smooth"]  # the losses, averaged over the steps
    for name, value in one["average"].items():
        assert torch.equal(value, other["average"][name]), name


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    body = Skeleton.from_stature(1.7)
    return build_corpus((generate("standing", body, s, 2.0), body, "procedural") for s in range(3))


@pytest.mark.parametrize(
    "config",
    [
        TrainConfig(batch=3, length=24, model=StreamingConfig.tiny(dropout=0.2)),
        TrainConfig(batch=3, length=24, model=PublishedConfig(width=32, window=24)),
    ],
    ids=["streaming", "published"],
)
def test_steps_go_on_with_the_losses_they_would_have_had(
    corpus: Corpus, config: TrainConfig
) -> None:
    """Long enough that streams end and others begin, before and after."""
    task = task_of(config)
    torch.manual_seed(0)
    model = task.build().train()
    steps = task.steps(model, corpus, 7, "cpu")
    for _ in range(6):
        next(steps)
    place, random = copy.deepcopy(steps.state()), torch.get_rng_state()
    expected = [next(steps)[0].item() for _ in range(6)]
    again = task.steps(model, corpus, 7, "cpu")
    again.restore(place)
    torch.set_rng_state(random)
    assert [next(again)[0].item() for _ in range(6)] == expected
    assert len(set(expected)) == 6
