# SPDX-License-Identifier: Apache-2.0
"""Trackers that are lost and come back, heads that go and loops that start anew."""

import math

import numpy as np
import pytest

from kinest_ros.body.joints import SLOTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame
from kinest_ros.tracking.settings import TrackerSettings
from tests.tracking.fakes import (
    FakePredictor,
    frames,
    pose_at,
    push_all,
    random_pose,
    stamp,
)
from tests.tracking.walkers import HANDS, HEAD, LEFT, LEGS, RIGHT, body_tracker, upper_body, walking
from tools.proportions import anthropometry


def lost_hand(lost, back):
    def poses(index):
        return {
            slot: pose
            for slot, pose in upper_body(index).items()
            if slot != "left_hand" or not lost <= index < back
        }

    return poses


def test_a_lost_hand_degrades_its_own_arm_only():
    tracker = body_tracker()
    bodies = push_all(tracker, frames(range(60, 200), lost_hand(80, 150)))
    assert [body.stamp_ns for body in bodies] == [stamp(i) for i in range(60, 200)]
    for index, body in zip(range(60, 200), bodies, strict=True):
        wanted = walking(index)
        # 250 ms are 15 ticks.
        assert body.tracker_valid[1] == (index < 95 or index > 150)
        assert np.isnan(body.tracker_positions[1]).any() == (not body.tracker_valid[1])
        np.testing.assert_allclose(body.positions[HEAD], wanted["head"].position, atol=1e-9)
        np.testing.assert_allclose(body.positions[RIGHT], wanted["right_hand"].position, atol=1e-3)
    np.testing.assert_allclose(
        bodies[-1].positions[LEFT], walking(199)["left_hand"].position, atol=1e-3
    )


@pytest.mark.parametrize("away", [12, 40, 70])
def test_hands_are_lost_and_recovered_at_bounded_speed(away):
    """Also when the tracker comes back before it counts as lost, but elsewhere."""
    predictor = FakePredictor(lambda step: random_pose(4, 0.3))
    settings = TrackerSettings(frozen_timeout=0.0)
    tracker = BodyTracker(predictor, Skeleton(1.72 * anthropometry()), settings)

    def poses(index):
        hand = pose_at(0.2, 0.35, 1.2) if index < 100 else pose_at(0.35, 0.1, 1.7)
        found = {"head": pose_at(0.0, 0.0, 1.6), "right_hand": pose_at(0.2, -0.3, 1.2)}
        return found if 100 - away <= index < 100 else found | {"left_hand": hand}

    bodies = push_all(tracker, frames(range(10, 160), poses))
    positions = np.array([body.positions for body in bodies])
    speed = np.linalg.norm(np.diff(positions, axis=0), axis=-1) * 60
    assert speed.max() <= 3.0 * 1.001
    assert speed[80:, LEFT].max() > 1.0
    np.testing.assert_allclose(positions[-1, LEFT], [0.35, 0.1, 1.7], atol=1e-6)
    # 0.6 m take 0.3 s at the most.
    at = {round(body.stamp_ns * 60 / 1e9): body.positions[LEFT] for body in bodies}
    error = np.linalg.norm(at[99] - [0.35, 0.1, 1.7])
    ticks = math.ceil(max(error / 0.6, 1.0) * 18)
    np.testing.assert_allclose(at[101 + ticks], [0.35, 0.1, 1.7], atol=1e-6)


def lost_head(lost, back):
    return lambda index: {
        slot: pose
        for slot, pose in upper_body(index).items()
        if slot != "head" or not lost <= index < back
    }


def test_a_lost_head_means_silence_until_it_is_back():
    tracker = body_tracker()
    bodies = push_all(tracker, frames(range(60, 200), lost_head(100, 140)))
    indices = [round(body.stamp_ns * 60 / 1e9) for body in bodies]
    assert indices == [*range(60, 100), *range(141, 200)]
    assert tracker.stats.head_lost == 41
    assert tracker.stats.ticks == len(bodies)
    assert tracker.predictor.resets == 1
    positions = np.array([body.positions for body in bodies])
    # The network was not fed without a head.
    assert len(tracker.predictor.steps) == len(bodies)
    # It resumes where it stopped, at bounded speed beyond that of the head (0.6 m/s and turning).
    resume = indices.index(141)
    step = np.linalg.norm(positions[resume] - positions[resume - 1], axis=-1)
    assert step.max() < 0.05
    speed = np.linalg.norm(np.diff(positions[resume:], axis=0), axis=-1) * 60
    assert speed.max() < 3.0 + 1.5
    np.testing.assert_allclose(positions[-1, HEAD], walking(199)["head"].position, atol=1e-9)


@pytest.mark.parametrize("timeout", [0.03, 0.1, 0.5])
def test_a_head_that_comes_back_elsewhere_is_followed_at_bounded_speed(timeout):
    def poses(index):
        there = pose_at(0.0, 0.0, 1.6) if index < 100 else pose_at(0.9, 0.0, 1.6)
        return {} if 80 <= index < 100 else {"head": there}

    tracker = body_tracker(FakePredictor(), tracker_timeout=timeout)
    bodies = push_all(tracker, frames(range(60, 160), poses))
    positions = np.array([body.positions for body in bodies])
    steps = np.linalg.norm(np.diff(positions, axis=0), axis=-1)
    if timeout > 20 / 60:
        # Bridged: the body glides over, and its feet, which stood, have to catch up with it.
        assert np.delete(steps, LEGS, axis=1).max() * 60 <= 0.9 / 20 * 61
        assert steps.max() * 60 <= 0.9 / 20 * 60 * 1.08
    else:
        assert steps.max() * 60 <= tracker.settings.max_recovery_speed * 1.001
    np.testing.assert_allclose(positions[-1, HEAD], [0.9, 0.0, 1.6])


def test_a_hand_that_leaps_is_followed_at_bounded_speed():
    """As when a headset takes one hand for the other."""

    def poses(index):
        hand = pose_at(0.2, 0.3, 1.2) if index < 100 else pose_at(0.35, -0.05, 1.6)
        return {"head": pose_at(0.0, 0.0, 1.6), "left_hand": hand}

    bodies = push_all(body_tracker(FakePredictor()), frames(range(60, 160), poses))
    positions = np.array([body.positions for body in bodies])
    assert np.linalg.norm(np.diff(positions, axis=0), axis=-1).max() * 60 <= 3.0 * 1.001
    np.testing.assert_allclose(positions[39, LEFT], [0.2, 0.3, 1.2], atol=1e-6)
    np.testing.assert_allclose(positions[-1, LEFT], [0.35, -0.05, 1.6], atol=1e-6)


def test_silence_is_silence_while_the_head_stays_away():
    tracker = body_tracker()
    push_all(tracker, frames(range(60, 100), upper_body))
    hands = lost_head(100, 10**6)
    assert push_all(tracker, frames(range(100, 400), hands)) == []


def test_the_network_starts_anew_after_a_second_without_head():
    tracker = body_tracker()
    push_all(tracker, frames(range(60, 300), lost_head(100, 180)))
    assert tracker.predictor.resets == 2
    assert tracker.stats.network_resets == 1
    assert tracker.stats.resets == 0


def test_a_bag_loop_starts_anew():
    tracker = body_tracker()
    loop = frames(range(60, 160), upper_body)
    first, second = push_all(tracker, loop), push_all(tracker, loop)
    assert tracker.stats.resets == 1
    assert [body.stamp_ns for body in first] == [body.stamp_ns for body in second]
    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.positions, two.positions)


def test_reset_is_a_fresh_start():
    tracker = body_tracker()
    stream = frames(range(60, 100), upper_body)
    first = push_all(tracker, stream)
    tracker.reset()
    again = push_all(tracker, stream)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.positions, two.positions)
    assert tracker.stats.resets == 1


def test_counters():
    tracker = body_tracker()
    for index in range(60, 70):
        frame = TrackerFrame(stamp(index), upper_body(index))
        tracker.push(frame)
        tracker.push(frame)
        late = {"left_hand": walking(index)["left_hand"]}
        tracker.push(TrackerFrame(stamp(index - 1.5), late))
    stats = tracker.stats
    assert stats.received["head"] == 20
    assert stats.received["left_hand"] == 30
    assert stats.dropped_duplicate == dict.fromkeys(SLOTS, 0) | dict.fromkeys(HANDS, 10)
    assert stats.dropped_late == dict.fromkeys(SLOTS, 0) | {"left_hand": 10}
    assert stats.ticks == 10
