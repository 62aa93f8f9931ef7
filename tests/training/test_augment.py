# SPDX-License-Identifier: Apache-2.0
"""Augmentations keep a body a body."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import MIRROR, SLOT_JOINTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.clips.move_to_skeleton import move_to_skeleton
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.training.augment import (
    Mounts,
    change_speed,
    different_bodies,
    mirror,
    random_skeleton,
    track,
    validity,
)
from kinest_ros.training.augment_config import AugmentConfig
from tests.search import examples

BODY = Skeleton.from_stature(1.75)


@pytest.fixture(scope="module")
def motion():
    return generate("walking", BODY, 5, 6.0)


def test_mirror_reflects_every_joint_and_undoes_itself(motion):
    rotations, roots = mirror(motion.local_rotations, motion.root_position)
    at, _ = forward_kinematics_np(motion.local_rotations, BODY.rest_offsets, motion.root_position)
    mirrored, _ = forward_kinematics_np(rotations, BODY.rest_offsets, roots)
    np.testing.assert_allclose(mirrored, at[:, list(MIRROR)] * [1, -1, 1], atol=1e-9)
    assert np.linalg.det(rotations).min() > 0.999
    again, back = mirror(rotations, roots)
    np.testing.assert_allclose(again, motion.local_rotations, atol=1e-12)
    np.testing.assert_allclose(back, motion.root_position, atol=1e-12)


@settings(max_examples=examples(25))
@given(st.integers(0, 10_000))
def test_random_skeletons_are_symmetric_and_of_a_human_size(seed):
    config = AugmentConfig(other_body=1.0)
    rng = np.random.default_rng(seed)
    offsets = random_skeleton(BODY.rest_offsets, BODY.rest_offsets[None], config, rng)
    stature = Skeleton(offsets).stature
    assert config.stature[0] - 1e-9 <= stature <= config.stature[1] + 1e-9
    np.testing.assert_allclose(offsets[list(MIRROR)] * [-1, 1, 1], offsets, atol=1e-9)


def test_a_body_counts_once_however_many_clips_it_has():
    short = Skeleton.from_stature(1.5).rest_offsets
    long_arms = BODY.rest_offsets.copy()
    long_arms[[18, 19]] *= 1.1
    of_clips = np.stack([BODY.rest_offsets, short, long_arms, BODY.rest_offsets, short])
    # The short one has the same proportions: other_body chooses the stature anyway.
    np.testing.assert_array_equal(different_bodies(of_clips), of_clips[[0, 2]])


@pytest.mark.parametrize("stature", [1.5, 2.0])
def test_feet_stay_as_low_on_another_skeleton(motion, stature):
    other = Skeleton.from_stature(stature).rest_offsets
    roots = move_to_skeleton(motion.local_rotations, motion.root_position, BODY.rest_offsets, other)
    before, _ = forward_kinematics_np(
        motion.local_rotations, BODY.rest_offsets, motion.root_position
    )
    after, _ = forward_kinematics_np(motion.local_rotations, other, roots)
    low_before = np.percentile(before[:, [10, 11], 2].min(1), 5)
    low_after = np.percentile(after[:, [10, 11], 2].min(1), 5)
    assert low_after == pytest.approx(low_before, abs=1e-6)
    assert np.ptp(roots[:, 0]) == pytest.approx(
        np.ptp(motion.root_position[:, 0]) * stature / 1.75, rel=0.02
    )


def test_ideal_trackers_report_the_links(motion):
    at, world = forward_kinematics_np(
        motion.local_rotations, BODY.rest_offsets, motion.root_position
    )
    seen, links = track(at, world, Mounts.none(), 0.0, np.random.default_rng(0))
    joints = list(SLOT_JOINTS)
    np.testing.assert_allclose(seen, at[:, joints])
    np.testing.assert_allclose(links, world[:, joints] @ JOINT_FROM_LINK)


def test_mounts_are_constant_in_the_link_and_noise_is_not(motion):
    at, world = forward_kinematics_np(
        motion.local_rotations, BODY.rest_offsets, motion.root_position
    )
    rng = np.random.default_rng(1)
    mounts = Mounts.random(rng)
    seen, links = track(at, world, mounts, 0.0, rng)
    ideal = world[:, list(SLOT_JOINTS)] @ JOINT_FROM_LINK
    relative = np.swapaxes(ideal, -1, -2) @ links
    np.testing.assert_allclose(relative, np.broadcast_to(relative[:1], relative.shape), atol=1e-9)
    shift = seen - at[:, list(SLOT_JOINTS)] - [0, 0, mounts.floor]
    in_link = (np.swapaxes(ideal, -1, -2) @ shift[..., None])[..., 0]
    np.testing.assert_allclose(in_link, np.broadcast_to(mounts.offsets, in_link.shape), atol=1e-9)
    noisy, _ = track(at, world, mounts, 1.0, rng)
    assert 5e-4 < (noisy - seen).std() < 2e-3


def test_validity_keeps_the_head_and_loses_hands_for_a_while():
    config = AugmentConfig(hand_loss=1.0, extra_trackers=1.0, hand_absent=0.0)
    rng = np.random.default_rng(0)
    samples = [validity(600, config, rng) for _ in range(40)]
    valid = np.stack(samples)
    assert valid[:, :, 0].all()
    assert 0.5 < valid[:, :, 1:3].mean() < 0.95
    assert valid[:, :, 3].any()
    assert (valid[:, 0, 4] == valid[:, 0, 5]).all()


def test_speed_changes_length(motion):
    fast = change_speed(motion, 1.25)
    assert len(fast) == pytest.approx(len(motion) / 1.25, abs=2)
    np.testing.assert_allclose(fast.root_position[0], motion.root_position[0])
