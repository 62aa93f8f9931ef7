# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import SLOT_JOINTS, SLOTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import START_NS, tracker_frames, true_bodies

SKELETON = Skeleton.from_stature(1.7)
MOTION = generate("everything", SKELETON, 1, 5.0)
POSITIONS, WORLD = forward_kinematics_np(
    MOTION.local_rotations, SKELETON.rest_offsets, MOTION.root_position
)


def test_at_the_motions_rate_trackers_report_the_links():
    frames = tracker_frames(MOTION, SKELETON, 60.0, SLOTS)
    assert len(frames) == len(MOTION)
    for index in (0, 100, 299):
        for slot, joint in zip(SLOTS, SLOT_JOINTS, strict=True):
            pose = frames[index].poses[slot]
            np.testing.assert_allclose(pose.position, POSITIONS[index, joint], atol=1e-9)
            link = Rotation.from_quat(pose.quaternion).as_matrix()
            np.testing.assert_allclose(link, WORLD[index, joint] @ JOINT_FROM_LINK, atol=1e-9)


@pytest.mark.parametrize("rate", [72.0, 90.0, 30.0])
def test_other_rates_pass_through_the_same_path(rate):
    frames = tracker_frames(MOTION, SKELETON, rate)
    assert len(frames) == int(4.98333334 * rate) + 1
    stamps = np.array([frame.stamp_ns for frame in frames])
    np.testing.assert_allclose(np.diff(stamps), 1e9 / rate, atol=1.0)
    times = (stamps - START_NS) * 1e-9
    heads = np.array([frame.poses["head"].position for frame in frames])
    expected = np.column_stack(
        [np.interp(times, np.arange(300) / 60.0, POSITIONS[:, 15, k]) for k in range(3)]
    )
    assert np.abs(heads - expected).max() < 2e-3


def test_noise_has_its_size_and_its_seed():
    clean = tracker_frames(MOTION, SKELETON, 72.0)
    noisy, again, other = (
        tracker_frames(MOTION, SKELETON, 72.0, noise=2.0, seed=seed) for seed in (4, 4, 5)
    )

    def heads(frames):
        return np.array([frame.poses["head"].position for frame in frames])

    assert (heads(noisy) - heads(clean)).std() == pytest.approx(2e-3, rel=0.15)
    np.testing.assert_array_equal(heads(noisy), heads(again))
    assert np.abs(heads(noisy) - heads(other)).max() > 1e-4
    stamps = np.array([frame.stamp_ns for frame in noisy])
    assert (np.diff(stamps) > 0).all()
    assert stamps[0] >= START_NS


def test_true_bodies_lie_on_ticks_and_know_contacts():
    bodies = list(true_bodies(MOTION, SKELETON))
    assert len(bodies) == len(MOTION)
    for index in (0, 7, 123):
        assert bodies[index].stamp_ns == START_NS + round(index * 1e9 / 60.0)
        np.testing.assert_allclose(bodies[index].positions, POSITIONS[index], atol=1e-9)
        local = Rotation.from_quat(bodies[index].local_rotations).as_matrix()
        np.testing.assert_allclose(local, MOTION.local_rotations[index], atol=1e-9)
    quaternions = np.array([body.local_rotations for body in bodies])
    assert np.sum(quaternions[1:] * quaternions[:-1], -1).min() > 0.0, "a quaternion flips"
    contacts = np.array([body.contacts for body in bodies])
    assert set(np.unique(contacts)) <= {0.0, 1.0}
    assert contacts.mean() > 0.5
    np.testing.assert_array_equal(bodies[0].tracker_valid, [True] * 3 + [False] * 3)


def test_errors():
    with pytest.raises(KinestError, match="elbow"):
        tracker_frames(MOTION, SKELETON, slots=("head", "elbow"))
    with pytest.raises(KinestError, match="rate"):
        tracker_frames(MOTION, SKELETON, 0.0)
