# SPDX-License-Identifier: Apache-2.0
"""Shoulders give way, no further than they can, to hands that arms do not reach."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.fitting.posing import positions_from_head, world_rotations
from kinest_ros.tracking.fitting.shoulder_reach import MOST_TURN
from kinest_ros.tracking.fitting.wrist_snap import snap_wrists
from tests.tracking.fakes import SKELETON, FakePredictor, frames, link_poses, push_all, random_pose

COLLARS, SHOULDERS, WRISTS = np.array([13, 14]), np.array([16, 17]), np.array([20, 21])
OFFSETS = SKELETON.rest_offsets
BOTH = np.array([True, True])


def forward_reaching(seed, share):
    """A body with straight arms forward, and targets so many arms away from its shoulders."""
    local = random_pose(seed, 0.1)
    local[16:20] = np.eye(3)
    local[16] = Rotation.from_rotvec([0.0, -1.4, 0.0]).as_matrix()
    local[17] = Rotation.from_rotvec([0.0, 1.4, 0.0]).as_matrix()
    world = world_rotations(local)
    positions = positions_from_head(world, OFFSETS, np.array([0.0, 0.0, 1.6]))
    arms = positions[WRISTS] - positions[SHOULDERS]
    return world, positions, positions[SHOULDERS] + share * arms


@given(st.integers(0, 2**31), st.floats(1.0, 1.06))
def test_a_hand_a_little_too_far_forward_is_met(seed, share):
    world, positions, targets = forward_reaching(seed, share)
    bent, reached = snap_wrists(world, positions, OFFSETS, targets, BOTH)
    np.testing.assert_allclose(reached[WRISTS], targets, atol=1e-6)
    hung = positions_from_head(bent, OFFSETS, reached[15])
    np.testing.assert_allclose(hung, reached, atol=1e-9)


@given(st.integers(0, 2**31), st.floats(0.0, 30.0))
def test_no_further_than_shoulders_give_way(seed, share):
    world, positions, targets = forward_reaching(seed, share)
    bent, _ = snap_wrists(world, positions, OFFSETS, targets, BOTH)
    turned = Rotation.from_matrix(bent[COLLARS] @ np.swapaxes(world[COLLARS], -1, -2)).magnitude()
    assert (turned <= MOST_TURN + 1e-9).all()
    if share < 1.0:
        np.testing.assert_array_equal(bent[COLLARS], world[COLLARS])


@given(st.integers(0, 2**31))
def test_what_gives_way_does_so_without_a_leap(seed):
    world, positions, _ = forward_reaching(seed, 1.0)
    arms = positions[WRISTS] - positions[SHOULDERS]
    found = []
    for share in np.arange(0.97, 1.2, 0.001):
        targets = positions[SHOULDERS] + share * arms
        found.append(snap_wrists(world, positions, OFFSETS, targets, BOTH)[1][SHOULDERS])
    # The hands move by half a millimetre from one to the next.
    assert np.linalg.norm(np.diff(found, axis=0), axis=-1).max() < 0.003


def test_hands_are_met_by_a_body_of_which_only_the_stature_is_known():
    """The wearer's arms are 4 % longer than the default skeleton has them."""
    longer = OFFSETS.copy()
    longer[[18, 19, 20, 21]] *= 1.04
    local = random_pose(3, 0.05)
    local[16] = Rotation.from_rotvec([0.0, -1.4, 0.0]).as_matrix()
    local[17] = Rotation.from_rotvec([0.0, 1.4, 0.0]).as_matrix()
    found = link_poses(local, np.array([0.0, 0.0, 0.95]), longer)
    poses = {slot: found[slot] for slot in ("head", "left_hand", "right_hand")}
    tracker = BodyTracker(FakePredictor(lambda _: local), Skeleton(OFFSETS))
    bodies = push_all(tracker, frames(range(60, 120), lambda _: poses))
    hands = [poses["left_hand"].position, poses["right_hand"].position]
    np.testing.assert_allclose(bodies[-1].positions[WRISTS], hands, atol=0.003)
