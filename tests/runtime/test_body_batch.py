# SPDX-License-Identifier: Apache-2.0
"""A body in a batch is tracked as if it were alone, whoever comes and goes beside it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.model.config import StreamingConfig
from kinest_ros.runtime.body_batch import BodyBatch, BodyFrame
from kinest_ros.runtime.choose import available
from kinest_ros.runtime.predictor import StreamingPredictor
from tests.runtime.networks import random_network
from tests.search import examples

SKELETONS = {
    name: Skeleton.from_stature(size) for name, size in zip("abc", (1.5, 1.7, 1.9), strict=True)
}


@pytest.fixture(scope="module")
def model():
    return random_network(StreamingConfig.tiny(lookahead=2))


def random_frame(rng):
    rotations = Rotation.from_rotvec(rng.normal(0, 0.3, (6, 3))).as_matrix()
    valid = np.array([True, *(rng.random(5) > 0.3)])
    return BodyFrame(rng.normal(0, 0.3, (6, 3)) + (0, 0, 1), rotations, valid)


@pytest.mark.slow
@settings(max_examples=examples(8))
@given(st.integers(0, 1000), st.sampled_from(["torch", *available("cpu")[1:]]))
def test_each_body_as_if_alone(model, seed, runtime):
    rng = np.random.default_rng(seed)
    batch = BodyBatch(model, 3, runtime=runtime)
    alone = {}
    for _ in range(30):
        name = str(rng.choice(list("abc")))
        if name not in batch.bodies:
            batch.add(name, SKELETONS[name])
            alone[name] = StreamingPredictor(model, SKELETONS[name])
        elif rng.random() < 0.1:
            batch.remove(name)
        elif rng.random() < 0.1:
            batch.reset(name)
            alone[name].reset()
        frames = {name: random_frame(rng) for name in batch.bodies if rng.random() < 0.8}
        predictions = batch.step(frames)
        assert predictions.keys() == frames.keys()
        for name, frame in frames.items():
            expected = alone[name].step(*frame)
            got = predictions[name]
            np.testing.assert_allclose(got.local_rotations, expected.local_rotations, atol=1e-4)
            np.testing.assert_allclose(got.confidence, expected.confidence, atol=1e-4)
            np.testing.assert_allclose(got.contacts, expected.contacts, atol=1e-4)


def test_errors_name_the_body_and_the_fix(model):
    batch = BodyBatch(model, 1, runtime="torch")
    batch.add("alice", SKELETONS["a"])
    with pytest.raises(KinestError, match="'alice' is here already"):
        batch.add("alice", SKELETONS["a"])
    with pytest.raises(KinestError, match=r"no place for body 'bob'.*larger capacity"):
        batch.add("bob", SKELETONS["b"])
    with pytest.raises(KinestError, match=r"no body 'bob' in the batch \(there is: alice\)"):
        batch.step({"bob": random_frame(np.random.default_rng(0))})
    with pytest.raises(KinestError, match="capacity is 0"):
        BodyBatch(model, 0)
