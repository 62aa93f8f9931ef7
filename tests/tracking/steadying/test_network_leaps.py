# SPDX-License-Identifier: Apache-2.0
"""A network that changes its mind never throws a limb that nobody tracks to the other side."""

import itertools

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.steadying.network_leaps import LEAP_SPEED, NetworkLeaps
from tests.tracking.fakes import SKELETON, FakePredictor, frames, link_poses, push_all, rest_pose

SHOULDERS = [JOINT_INDEX["left_shoulder"], JOINT_INDEX["right_shoulder"]]


def test_arms_that_leap_from_one_tick_to_the_next():
    """And back: at the speed of a recovery, and they get there."""

    def pose(step):
        local = rest_pose()
        if 20 <= step < 22 or step >= 60:
            local[SHOULDERS] = Rotation.from_euler("y", 100.0, degrees=True).as_matrix()
        return local

    root = np.array((0.0, 0.0, 0.95))

    def poses(index):
        return {"head": link_poses(rest_pose(), root + (0.001 * index, 0, 0))["head"]}

    tracker = BodyTracker(FakePredictor(pose), SKELETON)
    bodies = push_all(tracker, frames(range(60, 220), poses))
    fastest = max(
        float(np.linalg.norm(two.positions - one.positions, axis=-1).max()) * 60.0
        for one, two in itertools.pairwise(bodies)
    )
    assert fastest < 5.0
    reached = Rotation.from_quat(bodies[-1].local_rotations[SHOULDERS]).as_matrix()
    np.testing.assert_allclose(reached, pose(60)[SHOULDERS], atol=1e-3)


class TestNetworkLeaps:
    OWN, TRACKERS = np.zeros((22, 3)), np.zeros((6, 3))
    VALID = np.array([True, True, False, False, False, False])

    def leaps(self, by, hand=0.0, head=0.0, index=1, valid=VALID):
        """Whether a wrist leaps that goes as far, and a hand, and the whole body; m."""
        watch = NetworkLeaps(60.0)
        assert not watch.look(0, self.OWN, self.TRACKERS, self.VALID)
        own, trackers = self.OWN + (0, head, 0), self.TRACKERS.copy()
        own[20] += (by, 0, 0)
        trackers[0] += (0, head, 0)
        trackers[1] += (0, 0, hand)
        return watch.look(index, own, trackers, valid)

    @pytest.mark.parametrize("share", [0.99, 1.01])
    def test_faster_than_the_limit(self, share):
        step = share * LEAP_SPEED / 60.0
        assert self.leaps(step) == (share > 1.0)

    def test_on_top_of_the_fastest_tracker(self):
        assert not self.leaps(1.5 * LEAP_SPEED / 60.0, hand=0.6 * LEAP_SPEED / 60.0)
        lost = np.array([True, *5 * [False]])
        assert self.leaps(1.5 * LEAP_SPEED / 60.0, hand=0.6 * LEAP_SPEED / 60.0, valid=lost)

    def test_a_body_that_moves_as_a_whole_does_not_leap(self):
        assert not self.leaps(0.0, head=5.0)

    def test_nothing_follows_from_a_tick_long_before(self):
        assert not self.leaps(1.0, index=2)
