# SPDX-License-Identifier: Apache-2.0
"""The published network trains, resumes and is saved by the same trainer; its losses."""

import math

import numpy as np
import pytest
import torch

from kinest_ros.body.rotations_numpy import matrices_from_vectors
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.evaluation.validate import validate
from kinest_ros.model.published.baseline import PublishedConfig, PublishedKineST, load_published
from kinest_ros.motion.clips.corpus import build_corpus
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.training.augment_config import AugmentConfig
from kinest_ros.training.config import TrainConfig
from kinest_ros.training.published_loss import published_loss
from kinest_ros.training.trainer import Trainer
from kinest_ros.training.windows import WindowBatch

TINY = TrainConfig(
    steps=35, batch=4, warmup=5, learning_rate=2e-3, ema=0.8,
    model=PublishedConfig(width=32, window=16, dropout=0.0, features="canonical"),
)  # fmt: skip


@pytest.fixture(scope="module")
def corpus():
    body = Skeleton.from_stature(1.7)
    return build_corpus((generate("standing", body, s, 3.0), body, "procedural") for s in range(3))


@pytest.mark.parametrize("kind", ["raw", "canonical"])
def test_losses_of_one_turned_joint(corpus, kind):
    """A perfect output costs nothing; one elbow at 0.2 rad for good costs no angular velocity."""
    model = PublishedKineST(PublishedConfig(width=32, window=16, features=kind))
    window = WindowBatch(corpus, 2, 16, AugmentConfig(mount=0, noise=0), seed=0).next()
    _, heading = model.features(
        window.tracker_positions, window.tracker_rotations, window.valid, window.rest_offsets
    )
    right = model.target(window.local_rotations, heading)
    loss, terms = published_loss(model, right, heading, window)
    assert loss < 1e-3
    assert terms["mpjpe_cm"] < 1e-3
    # Turned about its own axes: with R = R_true Q, columns change by R_true (Q - 1).
    turn = matrices_from_vectors(np.array([0.0, 0.0, 0.2]))
    local = window.local_rotations.clone()
    local[:, :, 18] = local[:, :, 18] @ torch.tensor(turn, dtype=torch.float32)
    wrong = model.target(local, heading)
    _, terms = published_loss(model, wrong, heading, window)
    # Norms along 16 frames, averaged over 21 joints of 6 components; only one joint is off.
    expected = (wrong - right).norm(dim=1)[:, 18].mean() / 21
    assert terms["rotation"] == pytest.approx(float(expected), rel=1e-3)
    assert float((wrong - right).square().sum(dim=-1)[0, 0, 18]) == pytest.approx(
        2 * ((1 - math.cos(0.2)) ** 2 + math.sin(0.2) ** 2), rel=1e-3
    )
    assert terms["root"] == pytest.approx(0.0, abs=1e-5)
    assert terms["mpjpe_cm"] > 0.1


def test_angular_velocity_of_a_spin(corpus):
    """A joint that spins by 0.1 rad a frame about one axis: 0.1 in one of 22 x 3 components."""
    model = PublishedKineST(PublishedConfig(width=32, window=16))
    window = WindowBatch(corpus, 1, 16, AugmentConfig(mount=0, noise=0), seed=0).next()
    still = window.local_rotations[:, :1].expand_as(window.local_rotations)
    window = type(window)(**{**vars(window), "local_rotations": still})
    angles = np.zeros((16, 3))
    angles[:, 2] = 0.1 * np.arange(16)
    spun = still.clone()
    spin = torch.tensor(matrices_from_vectors(angles), dtype=torch.float32)
    spun[0, :, 20] = spun[0, :, 20] @ spin
    heading = torch.eye(3).expand(1, 16, 3, 3)
    _, terms = published_loss(model, model.target(spun, heading), heading, window)
    assert terms["angular_velocity"] == pytest.approx(0.1 / 66, rel=1e-3)


@pytest.mark.slow
def test_it_learns_and_resumes(corpus, tmp_path):
    trainer = Trainer(TINY, corpus, tmp_path, validate=lambda model: validate(model, corpus))
    before = validate(trainer.average, corpus)
    after = trainer.run(progress=False)
    assert after["mpjpe_cm"] < 0.7 * before["mpjpe_cm"]
    assert trainer.summary()["frames_seen"] == 35 * 4 * 16
    again = Trainer(TINY, corpus, tmp_path)
    again.resume()
    assert again.step == 35
    path = again.save_weights(tmp_path / "weights.safetensors")
    loaded = load_published(path)
    for a, b in zip(trainer.average.parameters(), loaded.parameters(), strict=True):
        assert torch.equal(a, b)
    with pytest.raises(KinestError, match="another network"):
        Trainer(TrainConfig(), corpus, tmp_path).resume()
