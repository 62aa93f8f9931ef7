# SPDX-License-Identifier: Apache-2.0
import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import TOE_JOINT_HEIGHT, Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.motion.procedural.performance import PERFORMANCES, generate
from tests.search import examples

TOES = [JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]]
WRISTS = [JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]]
HEAD = JOINT_INDEX["head"]


def posed(name, seed, duration=30.0, stature=1.7):
    skeleton = Skeleton.from_stature(stature)
    motion = generate(name, skeleton, seed, duration)
    positions, world = forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )
    return motion, positions, world, skeleton


def knee_flexion(motion):
    """Signed turn of the knees about SMPL X (left), positive when the heel comes to the seat."""
    knees = motion.local_rotations[:, [4, 5]]
    return np.arctan2(knees[..., 2, 1] - knees[..., 1, 2], knees[..., 1, 1] + knees[..., 2, 2])


@pytest.mark.slow
@pytest.mark.parametrize("name", PERFORMANCES)
@settings(max_examples=examples(5))
@given(seed=st.integers(0, 2**31), stature=st.floats(1.3, 2.1))
@example(seed=2100508, stature=2.0)  # reaching: where the elbow points crossed the arm's line
def test_motion_is_human(name, seed, stature):
    motion, positions, _, skeleton = posed(name, seed, 15.0, stature)
    size = stature / 1.7
    assert len(motion) == 900
    rotations = motion.local_rotations
    identity = rotations @ np.swapaxes(rotations, -1, -2)
    np.testing.assert_allclose(identity, np.broadcast_to(np.eye(3), identity.shape), atol=1e-9)
    assert np.linalg.det(rotations).min() > 0.99
    assert positions[..., 2].min() > 0.015, "something is below the floor"
    toes = positions[:, TOES, 2]
    assert np.percentile(toes, 50) == pytest.approx(TOE_JOINT_HEIGHT, abs=2e-3)
    assert 0.3 * size < positions[:, 0, 2].min() < positions[:, 0, 2].max() < 1.15 * size
    speed = np.linalg.norm(np.diff(positions, axis=0), axis=-1) * motion.fps
    assert speed.max() < 10.0 * size, "a joint jumps"
    assert knee_flexion(motion).min() > -0.05, "a knee bends backwards"
    assert knee_flexion(motion).max() < np.radians(165.0)
    assert np.isclose(skeleton.stature, stature, rtol=0.05)


@pytest.mark.parametrize("name", ["walking", "squatting", "everything"])
def test_planted_feet_do_not_slide(name):
    motion, positions, _, _ = posed(name, 5)
    speed = np.linalg.norm(np.diff(positions[:, TOES, :2], axis=0), axis=-1) * motion.fps
    flat = positions[1:, TOES, 2] < TOE_JOINT_HEIGHT + 1e-3
    assert flat.mean() > 0.4
    assert np.percentile(speed[flat], 75) < 0.01


def test_same_seed_same_motion_other_seed_another():
    skeleton = Skeleton.from_stature(1.8)
    first, again, other = (generate("everything", skeleton, seed, 10.0) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.local_rotations, again.local_rotations)
    np.testing.assert_array_equal(first.root_position, again.root_position)
    assert np.abs(first.root_position - other.root_position).max() > 0.01


def test_starts_at_the_origin_facing_x():
    motion, positions, world, _ = posed("standing", 0, 5.0)
    forward = world[:, 0, :, 2]  # SMPL +Z of the pelvis
    assert forward[0, 0] > 0.95
    assert np.linalg.norm(motion.root_position[0, :2]) < 0.2
    left = positions[:, 1] - positions[:, 2]
    assert left[0, 1] > 0.1


@pytest.mark.slow
def test_every_region_is_visited():
    """Floor, overhead, far to the side; deep crouches and held seats; all over many seeds."""
    deepest, lowest_hand, highest_hand, turned, walked = 9.0, 9.0, 0.0, 0.0, 0.0
    for seed in range(14):
        motion, positions, world, _ = posed("everything", seed, 60.0)
        deepest = min(deepest, positions[:, 0, 2].min())
        lowest_hand = min(lowest_hand, positions[:, WRISTS, 2].min())
        highest_hand = max(highest_hand, positions[:, WRISTS, 2].max())
        heading = np.unwrap(np.arctan2(world[:, 0, 1, 2], world[:, 0, 0, 2]))
        turned = max(turned, np.ptp(heading))
        walked = max(walked, np.ptp(motion.root_position[:, :2], axis=0).max())
    assert deepest < 0.42
    assert lowest_hand < 0.2
    assert highest_hand > 1.8
    assert turned > np.pi
    assert walked > 2.0


@pytest.mark.slow
def test_the_head_looks_straight_down_now_and_then():
    down = 0.0
    for seed in range(4):
        _, _, world, _ = posed("standing", seed, 60.0)
        down = min(down, world[:, HEAD, 2, 2].min())  # height of the gaze's direction
    assert down < -0.8


def test_sitting_has_level_thighs_and_kneeling_a_knee_on_the_floor():
    _, sitting, _, _ = posed("sitting", 2, 60.0)
    thigh = sitting[:, 4] - sitting[:, 1]
    low = sitting[:, 0, 2] < 0.6
    assert low.mean() > 0.3
    assert np.abs(thigh[low, 2]).mean() < 0.2
    _, kneeling, _, _ = posed("kneeling", 2, 60.0)
    assert (kneeling[:, [4, 5], 2].min(-1) < 0.12).mean() > 0.3


def test_sample_shows_what_it_promises():
    skeleton = Skeleton.from_stature(1.7)
    motion = generate("sample", skeleton, 0)
    positions, world = forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )
    assert 35.0 < motion.duration < 50.0
    span = np.linalg.norm(positions[:, 20] - positions[:, 21], axis=-1)
    level = np.abs(positions[:, 20, 2] - positions[:, 16, 2])
    assert ((span > 1.25) & (level < 0.1)).mean() > 0.03, "no T-pose"
    assert positions[:, WRISTS, 2].max() > 1.85
    assert positions[:, WRISTS, 2].min() < 0.4
    assert positions[:, 0, 2].min() < 0.5
    assert np.ptp(motion.root_position[:, 0]) > 1.8
    heading = np.unwrap(np.arctan2(world[:, 0, 1, 2], world[:, 0, 0, 2]))
    assert np.ptp(heading) > 6.0


def test_is_fast():
    skeleton = Skeleton.from_stature(1.7)
    generate("everything", skeleton, 0, 5.0)
    start = time.process_time()
    generate("everything", skeleton, 1, 60.0)
    assert time.process_time() - start < 60.0 / 20.0


def test_errors_name_the_fix():
    skeleton = Skeleton.from_stature(1.7)
    with pytest.raises(KinestError, match=r"'dancing'.*sample"):
        generate("dancing", skeleton, 0)
    with pytest.raises(KinestError, match="duration"):
        generate("sample", skeleton, 0, 0.0)
    with pytest.raises(KinestError, match="rate"):
        generate("sample", skeleton, 0, 5.0, fps=float("nan"))
