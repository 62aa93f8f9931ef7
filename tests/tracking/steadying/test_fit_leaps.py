# SPDX-License-Identifier: Apache-2.0
"""A pelvis tracker that contradicts the head never throws the body to the other side at once."""

import itertools

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import NUM_SLOTS
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerPose
from kinest_ros.tracking.steadying.fit_leaps import LEAP_SPEED, FitWatch
from kinest_ros.tracking.steadying.jumps import Jump
from tests.tracking.fakes import SKELETON, FakePredictor, frames, link_poses, push_all, rest_pose

ROOT = np.array((0.0, 0.0, 0.95))


@pytest.mark.parametrize("axis", ["x", "y"])
def test_a_pelvis_that_turns_past_half_a_turn(axis):
    """The spine goes over to the other side at the speed of a recovery."""

    def poses(index):
        found = link_poses(rest_pose(), ROOT)
        turn = Rotation.from_euler(axis, 178.0 + 0.1 * (index - 60.0), degrees=True)
        pelvis = found["pelvis"]
        turned = (turn * Rotation.from_quat(pelvis.quaternion)).as_quat()
        found["pelvis"] = TrackerPose(pelvis.position, turned)
        return {slot: found[slot] for slot in ("head", "pelvis")}

    tracker = BodyTracker(FakePredictor(), SKELETON)
    bodies = push_all(tracker, frames(range(60, 115), poses))
    assert len(bodies) > 50
    fastest = max(
        float(np.linalg.norm(two.positions - one.positions, axis=-1).max()) * 60.0
        for one, two in itertools.pairwise(bodies)
    )
    assert fastest < 5.0


class TestFitWatch:
    @staticmethod
    def watch_at(off: float) -> FitWatch:
        watch = FitWatch(60.0)
        assert watch.look(0, np.array((off, 0.0, 0.0)), np.zeros(3), None) is None
        return watch

    def test_a_pelvis_that_stays_as_far_from_its_tracker_does_not_leap(self):
        watch = self.watch_at(0.3)
        assert watch.look(1, np.array((9.3, 0.0, 0.0)), np.array((9.0, 0.0, 0.0)), None) is None

    def test_a_leap_sets_pelvis_and_feet_free(self):
        step = LEAP_SPEED / 60.0
        assert self.watch_at(0.0).look(1, np.array((0.99 * step, 0, 0)), np.zeros(3), None) is None
        jump = self.watch_at(0.0).look(1, np.array((1.01 * step, 0, 0)), np.zeros(3), None)
        assert jump is not None
        assert jump.slots.tolist() == [False, False, False, True, True, True]

    def test_what_is_known_to_jump_stays_so(self):
        known = Jump(np.zeros(NUM_SLOTS, dtype=bool))
        assert self.watch_at(0.0).look(1, np.zeros(3), np.zeros(3), known) is known
        left_hand = Jump(np.array([False, True, False, False, False, False]))
        for jump, slots in ((known, [0, 0, 0, 1, 1, 1]), (left_hand, [0, 1, 0, 1, 1, 1])):
            found = self.watch_at(0.0).look(1, np.ones(3), np.zeros(3), jump)
            assert found is not None and found.slots.tolist() == slots

    def test_after_a_gap_and_a_reset_nothing_can_have_leapt(self):
        assert self.watch_at(0.0).look(2, np.ones(3), np.zeros(3), None) is None
        watch = self.watch_at(0.0)
        watch.reset()
        assert watch.look(1, np.ones(3), np.zeros(3), None) is None
