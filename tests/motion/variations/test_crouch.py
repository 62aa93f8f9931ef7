# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.clips.amass import load_amass
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.variations.crouch import crouch

FEET = [7, 8, 10, 11]


def posed(motion, skeleton):
    return forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )


def check(motion, skeleton, seed):
    lowered = crouch(motion, skeleton, seed)
    before, turned_before = posed(motion, skeleton)
    after, turned_after = posed(lowered, skeleton)
    assert np.isfinite(after).all()
    # Fast or stretched legs are given 1 cm: the pelvis' lean moves the hips.
    assert np.percentile(np.abs(before[:, FEET] - after[:, FEET]), 99) < 0.01
    np.testing.assert_allclose(turned_before[:, FEET], turned_after[:, FEET], atol=1e-6)
    drop = before[:, 0, 2] - after[:, 0, 2]
    assert drop.min() > -1e-9
    assert after[:, 0, 2].min() >= min(0.37 * skeleton.pelvis_height, before[:, 0, 2].min() - 1e-9)
    knees = lowered.local_rotations[:, [4, 5]]
    flexion = np.arctan2(knees[..., 2, 1] - knees[..., 1, 2], knees[..., 1, 1] + knees[..., 2, 2])
    assert flexion.min() > -0.3, "a knee bends backwards"
    return drop


def test_lowers_the_pelvis_over_the_same_footsteps():
    skeleton = Skeleton.from_stature(1.75)
    motion = generate("walking", skeleton, 3, 30.0)
    drops = [check(motion, skeleton, seed).max() for seed in range(5)]
    assert max(drops) > 0.2


def test_same_seed_same_result():
    skeleton = Skeleton.from_stature(1.75)
    motion = generate("standing", skeleton, 3, 5.0)
    first, again = crouch(motion, skeleton, 9), crouch(motion, skeleton, 9)
    np.testing.assert_array_equal(first.local_rotations, again.local_rotations)


@pytest.mark.parametrize("pattern", ["bandai/*walk*.npz", "papagina/*.npz", "convseq/*.npz"])
def test_recorded_motion(shared_data, pattern):
    clips = sorted((shared_data / "motion").glob(pattern))
    if not clips:
        pytest.skip(f"no {pattern} in the shared data")
    for index in (0, len(clips) // 2):
        motion, skeleton = load_amass(clips[index])
        check(motion, skeleton, index)
