# SPDX-License-Identifier: Apache-2.0
"""A long stream's last minute, here of 12 s, against a fresh start."""

import pytest
import torch

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.evaluation import long_stream as streams
from kinest_ros.evaluation.long_stream import long_stream
from kinest_ros.evaluation.tracking import EvaluationSettings
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.motion.clips.corpus import build_corpus
from kinest_ros.motion.procedural.performance import generate


@pytest.fixture(scope="module")
def corpus():
    body = Skeleton.from_stature(1.7)
    return build_corpus((generate("standing", body, s, 3.0), body, f"s{s}") for s in range(2))


@pytest.fixture(autouse=True)
def _a_short_minute(monkeypatch):
    assert streams.LAST == 60.0
    monkeypatch.setattr(streams, "LAST", 12.0)


def _model():
    torch.manual_seed(0)
    model = StreamingKineST(StreamingConfig.tiny()).eval()
    # The output of an untrained network is all but constant.
    torch.nn.init.normal_(model.output_fc.weight, std=0.3)
    return model


def test_the_state_of_the_stream_is_carried_into_the_last_minute(corpus):
    found = long_stream(_model(), corpus, 0.006, EvaluationSettings())
    assert found.hours == pytest.approx(0.006, abs=0.001)
    assert found.clips == 4  # of 3 s each: the fewest that make the time
    assert found.carried != pytest.approx(found.fresh, rel=1e-6)
    assert found.growth == pytest.approx(found.carried / found.fresh - 1.0)


def test_a_network_that_forgets_is_as_good_as_fresh(corpus):
    class Forgetful(StreamingKineST):
        def forward(self, features, state=None):
            return super().forward(features, None)

    model = Forgetful(StreamingConfig.tiny()).eval()
    model.load_state_dict(_model().state_dict())
    found = long_stream(model, corpus, 0.006, EvaluationSettings())
    assert found.carried == pytest.approx(found.fresh, rel=1e-5)
