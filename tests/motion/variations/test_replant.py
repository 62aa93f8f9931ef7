# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.variations.replant import set_apart
from tests.search import examples

BODY = Skeleton.from_stature(1.75)
ANKLES, TOES = [7, 8], [10, 11]


@pytest.fixture(scope="module")
def motions():
    return {name: generate(name, BODY, 3, 12.0) for name in ("standing", "walking", "stances")}


def posed(motion):
    return forward_kinematics_np(motion.local_rotations, BODY.rest_offsets, motion.root_position)


def spread(positions):
    return np.linalg.norm(positions[:, 7, :2] - positions[:, 8, :2], axis=-1)


@settings(max_examples=examples(25))
@given(seed=st.integers(0, 10_000), name=st.sampled_from(["standing", "walking", "stances"]))
def test_feet_stay_planted_level_and_in_reach(motions, seed, name):
    motion = motions[name]
    before, turned_before = posed(motion)
    moved = set_apart(motion, BODY, seed)
    after, turned_after = posed(moved)
    # Heights of the feet are kept; where a leg is at its limit, nearly.
    rise = after[:, ANKLES, 2] - before[:, ANKLES, 2]
    assert np.percentile(np.abs(rise), 99) < 0.015
    speed = np.linalg.norm(np.diff(before[:, ANKLES, :2], axis=0), axis=-1) * 60.0
    still = (speed < 0.01) & (before[1:, TOES, 2] < 0.022)
    moving = np.linalg.norm(np.diff(after[:, ANKLES, :2], axis=0), axis=-1) * 60.0
    assert np.percentile(moving[still], 95) < 0.03, "a planted foot slides"
    assert (after[:, 0, 2] <= before[:, 0, 2] + 1e-9).all(), "the pelvis went up"
    knees = moved.local_rotations[:, [4, 5]]
    flexion = np.arctan2(knees[..., 2, 1] - knees[..., 1, 2], knees[..., 1, 1] + knees[..., 2, 2])
    assert flexion.min() > -0.3, "a knee bends backwards"
    # What is above the pelvis is the same, and so is what the feet are turned like, but for yaw.
    np.testing.assert_array_equal(moved.local_rotations[:, 9:], motion.local_rotations[:, 9:])
    np.testing.assert_allclose(turned_after[:, ANKLES, 2], turned_before[:, ANKLES, 2], atol=1e-6)


def test_stances_get_wider(motions):
    before = np.median(spread(posed(motions["standing"])[0]))
    after = [
        np.median(spread(posed(set_apart(motions["standing"], BODY, seed))[0]))
        for seed in range(30)
    ]
    assert max(after) > before + 0.35
    assert max(after) < 1.1


def test_strides_get_longer_and_the_way_longer_or_shorter(motions):
    def stride(motion):
        return np.percentile(spread(posed(motion)[0]), 95)

    def way(motion):
        return np.linalg.norm(np.diff(motion.root_position[:, :2], axis=0), axis=1).sum()

    walk = motions["walking"]
    after = [set_apart(walk, BODY, seed) for seed in range(30)]
    assert max(map(stride, after)) > 1.3 * stride(walk)
    ways = [way(motion) / way(walk) for motion in after]
    assert min(ways) < 0.8
    assert max(ways) > 1.3


def test_same_seed_same_result(motions):
    first, again, other = (set_apart(motions["walking"], BODY, seed) for seed in (9, 9, 10))
    np.testing.assert_array_equal(first.local_rotations, again.local_rotations)
    assert np.abs(first.root_position - other.root_position).max() > 0.01
