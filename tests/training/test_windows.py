# SPDX-License-Identifier: Apache-2.0
"""Windows of the published network lie in one clip each, and say what they were made of."""

import pytest
import torch

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.motion.clips.corpus import build_corpus
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.training.augment_config import AugmentConfig
from kinest_ros.training.tasks import always_tracked
from kinest_ros.training.windows import WindowBatch

PLAIN = AugmentConfig(
    mirror=0, speed=0, crouch=0, replant=0, blend_arms=0, posture=0, other_body=0, mount=0, noise=0
)


@pytest.fixture(scope="module")
def corpus():
    """Clips of 30 and 120 frames: the first are too short for a window of 40."""
    body = Skeleton.from_stature(1.7)
    return build_corpus(
        (generate("standing", body, seed, seconds), body, "procedural")
        for seed, seconds in enumerate((0.5, 2.0, 0.5, 2.0))
    )


def test_windows_never_reach_across_clips(corpus):
    batch = WindowBatch(corpus, 4, 40, PLAIN, seed=1)
    starts = set()
    for _ in range(12):
        window = batch.next()
        assert window.positions.shape == (4, 40, 22, 3)
        assert window.fresh.all()
        assert not window.cuts[:, 1:].any()
        # A step from one clip to another is many centimetres.
        steps = window.positions.diff(dim=1).norm(dim=-1).amax(dim=(1, 2))
        assert steps.max() < 0.06
        starts.update(window.positions[:, 0, 0, 0].tolist())
    assert len(starts) > 30


def test_clips_that_are_too_short_are_an_error(corpus):
    with pytest.raises(KinestError, match="200 frames"):
        WindowBatch(corpus, 1, 200, PLAIN)


def test_always_tracked(corpus):
    config = always_tracked(AugmentConfig(hand_loss=1.0, hand_absent=1.0, extra_trackers=1.0))
    window = WindowBatch(corpus, 3, 40, config, seed=0).next()
    assert window.valid[..., :3].all()
    assert not window.valid[..., 3:].any()
    lost = AugmentConfig(hand_absent=1.0)
    assert not WindowBatch(corpus, 3, 40, lost, seed=0).next().valid[..., 1:3].any()


def test_same_seed_same_windows(corpus):
    first, second = (WindowBatch(corpus, 2, 40, seed=5).next() for _ in range(2))
    assert torch.equal(first.tracker_positions, second.tracker_positions)
    assert torch.isfinite(first.tracker_positions).all()
