# SPDX-License-Identifier: Apache-2.0
"""What the network remembers from one training window to the next: its stream, no other."""

import itertools

import pytest
import torch

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.motion.clips.corpus import Corpus, build_corpus
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.training import tasks
from kinest_ros.training.augment_config import AugmentConfig
from kinest_ros.training.config import TrainConfig
from kinest_ros.training.streams import StreamBatch
from kinest_ros.training.tasks import StreamingTask

CONFIG = TrainConfig(
    batch=3, length=30, model=StreamingConfig.tiny(dropout=0.0), augment=AugmentConfig()
)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    body = Skeleton.from_stature(1.7)
    return build_corpus((generate("walking", body, s, 1.2), body, "procedural") for s in range(3))


def tensors(state) -> list[torch.Tensor]:
    return [t for block in state for t in (*block.scan, block.local, *block.mixer)]


class Recorder(StreamingKineST):
    """Keeps the states that it is given and that it returns."""

    def __init__(self) -> None:
        super().__init__(CONFIG.model)
        self.given, self.left = [], []

    def forward(self, features, state):
        self.given.append(tensors(state))
        output, state = super().forward(features, state)
        self.left.append(tensors(state))
        return output, state


def test_a_stream_goes_on_with_its_state_and_a_new_one_with_none(corpus, monkeypatch) -> None:
    fresh = []

    class Streams(StreamBatch):
        def next(self):
            window = super().next()
            fresh.append(window.fresh)
            return window

    monkeypatch.setattr(tasks, "StreamBatch", Streams)
    model = Recorder()
    losses = StreamingTask(CONFIG, CONFIG.model).steps(model, corpus, 0, "cpu")
    for loss, _ in itertools.islice(losses, 24):
        loss.backward()  # fails where gradients reach back beyond the window
    went_on = began = 0
    for new, given, left in zip(fresh[1:], model.given[1:], model.left, strict=False):
        for before, after in zip(left, given, strict=True):
            assert not after.requires_grad
            assert torch.equal(after[~new], before[~new])
            assert not after[new].any()
        went_on += int((~new).sum() if any(t[~new].any() for t in left) else 0)
        began += int(new.sum() if any(t[new].any() for t in left) else 0)
    assert went_on >= 3 and began >= 3  # with something to carry, and something to forget
