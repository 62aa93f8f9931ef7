# SPDX-License-Identifier: Apache-2.0
"""Streams: windows follow each other, cuts and resets are marked, contacts are contacts."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import matrices_from_quaternions
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.clips.corpus import (
    Corpus,
    build_corpus,
    corpus_from_files,
    procedural_corpus,
)
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.training.augment_config import AugmentConfig
from kinest_ros.training.streams import StreamBatch
from tests.motion.clip_files import write_clips

PLAIN = AugmentConfig(
    mirror=0, speed=0, crouch=0, replant=0, blend_arms=0, posture=0, other_body=0, mount=0, noise=0,
    hand_loss=0, hand_absent=0, extra_trackers=0,
)  # fmt: skip


@pytest.fixture(scope="module")
def corpus():
    body = Skeleton.from_stature(1.7)
    return build_corpus(
        (generate("walking", body, seed, 3.0), body, f"source{seed % 2}") for seed in range(4)
    )


def test_corpus_keeps_clips_apart_and_survives_the_disk(corpus, tmp_path):
    assert len(corpus) == 4
    assert corpus.source_names == ("source0", "source1")
    corpus.save(tmp_path / "corpus.npz")
    again = Corpus.load(tmp_path / "corpus.npz")
    for index in range(4):
        for a, b in zip(corpus.clip(index), again.clip(index), strict=True):
            np.testing.assert_array_equal(a, b)
    both = corpus.joined(procedural_corpus(20.0 / 3600, seed=1))
    assert len(both) == 5
    assert both.source_names[-1] == "procedural"
    np.testing.assert_array_equal(both.clip(3)[1], corpus.clip(3)[1])


def test_clips_with_a_head_on_backwards_are_left_out(corpus):
    turned = corpus.quaternions.copy()
    turned[corpus.starts[2] : corpus.starts[3], 15] = (0, 32767, 0, 0)
    broken = Corpus(**{**vars(corpus), "quaternions": turned})
    kept = broken.without_twisted_heads()
    assert len(kept) == 3
    np.testing.assert_array_equal(kept.clip(2)[1], corpus.clip(3)[1])


def test_windows_of_a_stream_follow_each_other(corpus):
    streams = StreamBatch(corpus, 3, 20, PLAIN, seed=1)
    before = streams.next()
    assert before.fresh.all()
    continued = 0
    for _ in range(30):
        window = streams.next()
        for row in range(3):
            if window.fresh[row] or window.cuts[row, 0]:
                continue
            step = (window.positions[row, 0] - before.positions[row, -1]).norm(dim=-1)
            assert step.max() < 0.12
            continued += 1
        inner = (window.positions.diff(dim=1).norm(dim=-1).amax(-1) < 0.12) | window.cuts[:, 1:]
        assert inner.all()
        before = window
    assert continued > 30


def test_another_carriage_turns_the_trunk_and_leaves_the_ankles(corpus):
    plain, other = (
        StreamBatch(corpus, 1, 100, replace(PLAIN, posture=chance), 5, clips_per_stream=1)
        for chance in (0.0, 1.0)
    )
    streams = [batch.new_stream() for batch in (plain, other)]
    # The same clip turned by another yaw: the random numbers went another way after it.
    first, second = (stream["positions"] - stream["positions"][:, :1] for stream in streams)
    assert first.shape == second.shape
    apart = [np.linalg.norm(x[:, 7] - x[:, 8], axis=-1) for x in (first, second)]
    np.testing.assert_allclose(*apart, atol=1e-4)
    trunk = [stream["local_rotations"][:, 3] for stream in streams]
    assert np.abs(trunk[0] - trunk[1]).max() > 0.01


def test_arms_of_another_clip_leave_the_rest_alone(corpus):
    plain, mixed = (
        StreamBatch(corpus, 1, 100, replace(PLAIN, blend_arms=chance), 5, clips_per_stream=1)
        for chance in (0.0, 1.0)
    )
    quaternions, roots, _ = corpus.clip(2)
    rotations = matrices_from_quaternions(quaternions)
    same = plain._clip(2, corpus.rest_offsets[2])
    other = mixed._clip(2, corpus.rest_offsets[2])
    arms = [13, 14, 16, 17, 18, 19, 20, 21]
    rest = [joint for joint in range(1, 22) if joint not in arms]
    np.testing.assert_allclose(same.local_rotations[:, 1:], rotations[:, 1:])
    np.testing.assert_allclose(other.local_rotations[:, rest], rotations[:, rest])
    assert np.abs(other.local_rotations[:, arms] - rotations[:, arms]).max() > 0.1
    # No jump where the other clip is played backwards.
    steps = np.abs(np.diff(other.local_rotations[:, arms], axis=0)).max()
    assert steps < 2.0 * max(
        np.abs(np.diff(matrices_from_quaternions(corpus.clip(i)[0]), axis=0)).max()
        for i in range(4)
    )
    assert len(other) == len(roots)


def test_a_stream_that_ends_is_fresh(corpus):
    streams = StreamBatch(corpus, 2, 60, PLAIN, seed=2, clips_per_stream=1)
    fresh = torch.stack([streams.next().fresh for _ in range(12)])
    assert fresh[1:].any()
    assert not fresh[1:].all()


def test_the_same_seed_gives_the_same_windows(corpus):
    a, b, c = (StreamBatch(corpus, 2, 30, seed=seed) for seed in (7, 7, 8))
    first, second, third = a.next(), b.next(), c.next()
    assert torch.equal(first.tracker_positions, second.tracker_positions)
    assert not torch.equal(first.tracker_positions, third.tracker_positions)


def test_contacts_are_low_and_slow(corpus):
    window = StreamBatch(corpus, 4, 120, PLAIN, seed=3).next()
    toes = window.positions[:, :, [10, 11]]
    resting = window.contacts[:, :-1].bool() & ~window.cuts[:, 1:, None]
    speed = (toes.diff(dim=1) * 60.0)[..., :2].norm(dim=-1)
    assert resting.float().mean() > 0.3
    assert speed[resting].max() < 0.16
    assert toes[:, :-1, :, 2][resting].max() < 0.05


def test_rare_sources_are_drawn_more_often_than_their_length():
    body = Skeleton.from_stature(1.7)
    clips = [(generate("standing", body, seed, 4.0), body, "common") for seed in range(9)]
    clips.append((generate("standing", body, 9, 4.0), body, "rare"))
    corpus = build_corpus(clips)
    share = {}
    for power in (0.0, 1.0):
        streams = StreamBatch(corpus, 1, 30, PLAIN, seed=0, source_power=power)
        share[power] = np.mean([streams._draw() == 9 for _ in range(400)])
    assert 0.4 < share[0.0] < 0.6
    assert 0.04 < share[1.0] < 0.18


def test_a_source_is_drawn_as_often_as_asked():
    body = Skeleton.from_stature(1.7)
    motion = generate("standing", body, 0, 4.0)
    corpus = build_corpus((motion, body, name) for name in ("one", "two", "three"))
    drawn = {"one": 3.0, "three": 0.0}
    streams = StreamBatch(corpus, 1, 30, PLAIN, seed=0, draw=drawn)
    counts = np.bincount([streams._draw() for _ in range(800)], minlength=3)
    assert counts[2] == 0
    assert 2.2 < counts[0] / counts[1] < 4.2


def test_rare_kinds_of_action_are_drawn_more_often_within_their_source():
    body = Skeleton.from_stature(1.7)
    # Long enough that all but the first steps are steps.
    clips = [(generate("walking", body, seed, 8.0), body, "one") for seed in (0, 2, 7)]
    clips.append((generate("sitting", body, 6, 8.0), body, "one"))
    clips.append((generate("walking", body, 0, 8.0), body, "two"))
    corpus = build_corpus(clips)
    share = {}
    for power in (0.0, 1.0):
        streams = StreamBatch(
            corpus, 1, 30, PLAIN, seed=0, source_power=1.0, kind_power=power
        )  # fmt: skip
        drawn = np.array([streams._draw() for _ in range(600)])
        share[power] = (np.mean(drawn == 3), np.mean(drawn == 4))
    assert share[1.0][0] == pytest.approx(8 / 40, abs=0.05)
    assert share[0.0][0] == pytest.approx(16 / 40, abs=0.06)
    assert share[0.0][1] == pytest.approx(share[1.0][1], abs=0.05)


def test_characters_move_on_human_bones_with_their_feet_where_they_were(tmp_path):
    name = "{}__motions__ChrGarza_IdleStand01.npz"
    write_clips(tmp_path / "smartbody", count=1, names=name)
    write_clips(tmp_path / "somebody", count=1)
    for folder, of_human in (("smartbody", True), ("somebody", False)):
        (path,) = (tmp_path / folder).glob("*.npz")
        with np.load(path) as archive:
            fields = dict(archive)
        fields["rest_offsets"][[16, 17]] *= 2.5
        fields["trans"][:, 2] += 0.03
        np.savez(path, **fields)
        corpus = corpus_from_files([path], progress=False)
        human = Skeleton.from_stature(Skeleton(fields["rest_offsets"]).stature)
        bones = human.rest_offsets if of_human else fields["rest_offsets"]
        np.testing.assert_allclose(corpus.rest_offsets[0], bones, atol=1e-6)
        quaternions, roots, _ = corpus.clip(0)
        feet, _ = forward_kinematics_np(matrices_from_quaternions(quaternions), bones, roots)
        assert np.percentile(feet[:, [10, 11], 2].min(1), 5) == pytest.approx(0.05, abs=0.01)


def test_files_are_read_once_and_then_from_the_cache(tmp_path):
    write_clips(tmp_path / "clips")
    files, cache = sorted((tmp_path / "clips").iterdir()), tmp_path / "cache"
    corpus = corpus_from_files(files, cache, progress=False)
    assert len(list(cache.iterdir())) == 1
    again = corpus_from_files(files, cache, progress=False)
    assert len(list(cache.iterdir())) == 1
    np.testing.assert_array_equal(corpus.quaternions, again.quaternions)
    assert corpus.source_names == ("clips",)
