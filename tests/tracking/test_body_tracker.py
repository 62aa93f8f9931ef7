# SPDX-License-Identifier: Apache-2.0
"""From tracker frames to bodies: where the body is placed, and what its parts say."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import SLOTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.tracking.devices.basis import basis_matrices
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.frame import TrackerPose
from tests.tracking.fakes import (
    FakePredictor,
    frames,
    pose_at,
    push_all,
    random_pose,
    stamp,
)
from tests.tracking.walkers import (
    HANDS,
    HEAD,
    LEFT,
    RIGHT,
    body_tracker,
    link_of,
    upper_body,
    walking,
    with_wrong_arms,
)


def test_head_and_wrists_come_back_where_the_trackers_are():
    """The network is wrong about the arms, the trackers are ideal."""
    tracker = body_tracker()
    bodies = push_all(tracker, frames(range(60, 120), walking))
    assert [body.stamp_ns for body in bodies] == [stamp(i) for i in range(60, 120)]
    for index, body in zip(range(60, 120), bodies, strict=True):
        wanted = walking(index)
        for slot, joint in zip(HANDS, (HEAD, LEFT, RIGHT), strict=True):
            np.testing.assert_allclose(body.positions[joint], wanted[slot].position, atol=1e-3)
            expected = Rotation.from_quat(wanted[slot].quaternion).as_matrix()
            np.testing.assert_allclose(link_of(body, joint), expected, atol=1e-6)


def test_the_head_is_met_exactly_and_so_are_wrists_in_reach():
    tracker = body_tracker()
    poses = {
        "head": pose_at(1.0, 2.0, 1.6),
        "left_hand": pose_at(1.3, 2.2, 1.3),
        "right_hand": pose_at(1.2, 1.7, 1.5),
    }
    body = push_all(tracker, frames(range(60, 64), lambda _: poses))[-1]
    for slot, joint in zip(HANDS, (HEAD, LEFT, RIGHT), strict=True):
        np.testing.assert_allclose(body.positions[joint], poses[slot].position, atol=1e-6)
        np.testing.assert_allclose(link_of(body, joint), np.eye(3), atol=1e-6)


def test_the_parts_of_a_body_agree():
    tracker = body_tracker(FakePredictor(lambda step: random_pose(step, 0.3)))
    for body in push_all(tracker, frames(range(60, 90), walking)):
        local = Rotation.from_quat(body.local_rotations).as_matrix()
        positions, world = forward_kinematics_np(local, body.rest_offsets, body.positions[0])
        np.testing.assert_allclose(positions, body.positions, atol=1e-9)
        np.testing.assert_allclose(
            world, Rotation.from_quat(body.world_rotations).as_matrix(), atol=1e-9
        )
        assert body.frame_id == "world"
        assert body.confidence.shape == (22,)
        np.testing.assert_array_equal(body.contacts, [0.2, 0.1])


def test_the_network_is_given_link_poses():
    predictor = FakePredictor()
    tracker = body_tracker(predictor)
    push_all(tracker, frames(range(60, 70), walking))
    positions, rotations, valid = predictor.steps[4]
    wanted = walking(64)
    assert valid.all()
    for index, slot in enumerate(SLOTS):
        np.testing.assert_allclose(positions[index], wanted[slot].position, atol=1e-9)
        expected = Rotation.from_quat(wanted[slot].quaternion).as_matrix()
        np.testing.assert_allclose(rotations[index], expected, atol=1e-9)


@pytest.mark.parametrize("basis", ["openxr", "unity"])
def test_other_bases_give_the_same_bodies(basis):
    matrix, _ = basis_matrices(basis)

    def turned(index):
        return {
            slot: TrackerPose(
                matrix.T @ pose.position,
                Rotation.from_matrix(
                    matrix.T @ Rotation.from_quat(pose.quaternion).as_matrix() @ matrix
                ).as_quat(),
            )
            for slot, pose in walking(index).items()
        }

    plain = push_all(body_tracker(), frames(range(60, 70), walking))
    other = push_all(body_tracker(input_basis=basis), frames(range(60, 70), turned))
    for one, two in zip(plain, other, strict=True):
        np.testing.assert_allclose(one.positions, two.positions, atol=1e-9)


def test_mounts_are_taken_off():
    """A headset worn 8 cm ahead of the head joint and tilted, as its mount says."""
    mount = Mount(xyz=(-0.08, 0.01, -0.05), rpy=(0.1, 0.3, -0.2))
    link_from_tracker = mount.rotation.T

    def worn(index):
        poses = walking(index)
        link = Rotation.from_quat(poses["head"].quaternion).as_matrix()
        tracker_rotation = link @ link_from_tracker
        poses["head"] = TrackerPose(
            poses["head"].position - tracker_rotation @ np.array(mount.xyz),
            Rotation.from_matrix(tracker_rotation).as_quat(),
        )
        return poses

    plain = push_all(body_tracker(), frames(range(60, 70), walking))
    other = push_all(body_tracker(mounts={"head": mount}), frames(range(60, 70), worn))
    for one, two in zip(plain, other, strict=True):
        np.testing.assert_allclose(one.positions, two.positions, atol=1e-9)
        np.testing.assert_allclose(one.tracker_positions, two.tracker_positions, atol=1e-9)
        off = Rotation.from_quat(one.tracker_rotations[:3]).inv() * Rotation.from_quat(
            two.tracker_rotations[:3]
        )
        assert off.magnitude().max() < 1e-6


def test_snapping_can_be_switched_off():
    bodies = push_all(
        body_tracker(snap_wrists=False, snap_rotations=False, snap_body=False),
        frames(range(60, 64), walking),
    )
    local = Rotation.from_quat(bodies[-1].local_rotations).as_matrix()
    np.testing.assert_allclose(local, with_wrong_arms(3), atol=1e-9)
    np.testing.assert_allclose(bodies[-1].positions[HEAD], walking(63)["head"].position)


def test_validity_and_tracker_positions():
    bodies = push_all(body_tracker(), frames(range(60, 64), upper_body))
    np.testing.assert_array_equal(bodies[-1].tracker_valid, [True, True, True, False, False, False])
    assert np.isnan(bodies[-1].tracker_positions[3:]).all()
    np.testing.assert_allclose(
        bodies[-1].tracker_positions[1], walking(63)["left_hand"].position, atol=1e-9
    )
    measured = Rotation.from_quat(bodies[-1].tracker_rotations[1])
    off = measured.inv() * Rotation.from_quat(walking(63)["left_hand"].quaternion)
    assert off.magnitude() < 1e-6
    assert np.isnan(bodies[-1].tracker_rotations[3:]).all()


@pytest.mark.parametrize("lookahead", [1, 5])
def test_with_lookahead_bodies_belong_to_the_trackers_of_earlier_ticks(lookahead):
    tracker = body_tracker(FakePredictor(with_wrong_arms, lookahead=lookahead))
    bodies = push_all(tracker, frames(range(60, 120), walking))
    assert [body.stamp_ns for body in bodies] == [stamp(i) for i in range(60, 120 - lookahead)]
    for index, body in zip(range(60, 120), bodies, strict=False):
        wanted = walking(index)
        np.testing.assert_allclose(body.positions[HEAD], wanted["head"].position, atol=1e-9)
        np.testing.assert_allclose(body.positions[LEFT], wanted["left_hand"].position, atol=1e-3)
