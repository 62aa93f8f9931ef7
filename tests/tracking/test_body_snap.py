# SPDX-License-Identifier: Apache-2.0
"""Trackers on pelvis and feet: met, lost and found again, at bounded speed."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import PARENTS, SLOT_JOINTS, SLOTS
from kinest_ros.model.confidence import sigma_from_confidence
from kinest_ros.model.error_model import TRACKER_ERROR
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.tracking.body_pose import TrackerState
from kinest_ros.tracking.body_tracker import BodyTracker, TrackerSettings
from kinest_ros.tracking.frame import TrackerPose
from tests.search import examples
from tests.tracking.fakes import (
    SKELETON,
    FakePredictor,
    frames,
    link_poses,
    push_all,
    random_pose,
)

JOINTS = dict(zip(SLOTS, SLOT_JOINTS, strict=True))
BODY_SLOTS = SLOTS[3:]
RATE, SPEED = 60.0, 3.0


def tracker_for(predicted, **changed):
    predictor = predicted if isinstance(predicted, FakePredictor) else FakePredictor(predicted)
    settings = TrackerSettings(frozen_timeout=0.0, **changed)  # of people who are perfectly still
    return BodyTracker(predictor, SKELETON, settings)


def bent_pose(seed, spread=0.1):
    """Local rotations around somebody with bent knees and elbows, which have room to give."""
    local = random_pose(seed, spread)
    for joints, angle in (((1, 2), -0.5), ((4, 5), 1.0), ((7, 8), -0.5)):
        turn = Rotation.from_rotvec([angle, 0.0, 0.0]).as_matrix()
        local[list(joints)] = turn @ local[list(joints)]
    bend = Rotation.from_rotvec([0.0, -1.3, 0.0]).as_matrix()
    local[18], local[19] = bend, bend.T
    return local


def nearly(local, seed, spread):
    """A body with all its joints turned a little, as a network might see it."""
    turns = np.random.default_rng(seed).normal(scale=spread, size=(22, 3))
    return local @ Rotation.from_rotvec(turns).as_matrix()


@pytest.fixture(scope="module")
def performance():
    motion = generate("everything", SKELETON, seed=5, duration=40.0, fps=10.0)
    return motion.local_rotations, motion.root_position


def is_straight(body, end):
    middle = PARENTS[end]
    limb = np.linalg.norm(body.positions[end] - body.positions[PARENTS[middle]])
    return limb > np.linalg.norm(SKELETON.rest_offsets[[middle, end]], axis=1).sum() - 0.008


@settings(max_examples=examples(40))
@given(st.integers(0, 399), st.integers(0, 2**31))
@example(95, 15368275)  # a spine that has to be straight to a few millimetres
def test_ideal_trackers_are_met(performance, frame, seed):
    """Of any pose that people take: standing, sitting, kneeling, reaching."""
    rotations, roots = performance
    local = rotations[frame]
    wanted = link_poses(local, roots[frame])
    tracker = tracker_for(lambda _: nearly(local, seed, 0.05))
    body = push_all(tracker, frames(range(60, 64), lambda _: wanted))[-1]
    for slot, joint in JOINTS.items():
        left = np.linalg.norm(body.positions[joint] - wanted[slot].position)
        # Where a shoulder is a little off, a straight arm may not reach its hand; a straight leg
        # gives way softly.
        straight = slot.endswith(("hand", "foot")) and is_straight(body, joint)
        assert left < (1e-3 if not straight else 2.1e-3 if slot.endswith("foot") else np.inf)
        link = Rotation.from_quat(body.world_rotations[joint]).as_matrix() @ JOINT_FROM_LINK
        expected = Rotation.from_quat(wanted[slot].quaternion).as_matrix()
        np.testing.assert_allclose(link, expected, atol=1e-6)
    errors = sigma_from_confidence(body.confidence)[[15, 0, 7, 8]]
    np.testing.assert_allclose(errors, TRACKER_ERROR, atol=5e-4)


@settings(max_examples=examples(20))
@given(st.integers(0, 2**31), st.lists(st.floats(-2.0, 2.0), min_size=9, max_size=9))
def test_out_of_reach_the_head_is_met_and_the_rest_said(seed, away):
    """Trackers anywhere: the body is finite, hangs from the head, and admits what is left.

    What no body reaches at all is as if it were lost.
    """
    local = random_pose(seed, 0.2)
    wanted = link_poses(local, np.array([0.0, 0.0, 1.2]))
    for slot, offset in zip(BODY_SLOTS, np.reshape(away, (3, 3)), strict=True):
        pose = wanted[slot]
        wanted[slot] = TrackerPose(pose.position + offset, pose.quaternion)
    body = push_all(tracker_for(lambda _: local), frames(range(60, 64), lambda _: wanted))[-1]
    assert np.isfinite(body.positions).all()
    np.testing.assert_allclose(body.positions[JOINTS["head"]], wanted["head"].position, atol=1e-9)
    expected = sigma_from_confidence(body.confidence)
    for slot in BODY_SLOTS:
        if body.tracker_state[SLOTS.index(slot)] == TrackerState.REJECTED:
            assert np.linalg.norm(wanted[slot].position - wanted["head"].position) > 0.7
            continue
        left = np.linalg.norm(body.positions[JOINTS[slot]] - wanted[slot].position)
        assert expected[JOINTS[slot]] == pytest.approx(np.hypot(left, TRACKER_ERROR))


@settings(max_examples=examples(10))
@given(
    st.integers(0, 2**31),
    st.sets(st.sampled_from(BODY_SLOTS), min_size=1),
    st.integers(1, 25),
    st.integers(3, 60),
)
def test_lost_and_recovered_at_bounded_speed(seed, slots, start, away):
    """Whichever of them go together, for however long: others stay met, these come back."""
    local = bent_pose(seed)
    wanted = link_poses(local, np.array([0.0, 0.0, 1.2]))
    seen = nearly(local, seed + 1, 0.06)
    lost, back = 60 + start, 60 + start + away

    def poses(index):
        gone = slots if lost <= index < back else ()
        return {slot: pose for slot, pose in wanted.items() if slot not in gone}

    bodies = push_all(tracker_for(lambda _: seen), frames(range(60, back + 60), poses))
    positions = np.array([body.positions for body in bodies])
    speed = np.linalg.norm(np.diff(positions, axis=0), axis=-1) * RATE
    assert speed.max() <= SPEED * 1.001
    head = wanted["head"].position
    np.testing.assert_allclose(positions[:, JOINTS["head"]], np.tile(head, (len(bodies), 1)))
    # In the end it is as if nothing had happened.
    np.testing.assert_allclose(positions[-1], positions[0], atol=1e-6)
    if away > 20:
        assert not bodies[start + 20].tracker_valid.all()
        errors = np.linalg.norm(positions[start + away - 1] - positions[0], axis=-1)
        ticks = math.ceil(max(errors.max() / 0.6, 1.0) * 18) + 2
        np.testing.assert_allclose(positions[start + away + ticks], positions[0], atol=1e-3)


@pytest.mark.parametrize("slot", BODY_SLOTS)
def test_a_lost_tracker_leaves_the_others_met(slot):
    local = bent_pose(2)
    wanted = link_poses(local, np.array([0.0, 0.0, 1.2]))
    seen = nearly(local, 3, 0.06)

    def poses(index):
        return {name: p for name, p in wanted.items() if index < 80 or name != slot}

    bodies = push_all(tracker_for(lambda _: seen), frames(range(60, 180), poses))
    positions = np.array([body.positions for body in bodies])
    assert np.linalg.norm(positions[-1, JOINTS[slot]] - wanted[slot].position) > 0.005
    for name in set(SLOTS) - {slot}:
        at = np.tile(wanted[name].position, (len(bodies), 1))
        assert np.linalg.norm(positions[:, JOINTS[name]] - at, axis=1).max() < 1e-3


@pytest.mark.parametrize("slot", BODY_SLOTS)
def test_a_tracker_that_leaps_is_followed_at_bounded_speed(slot):
    local = bent_pose(6)
    before = link_poses(local, np.array([0.0, 0.0, 1.2]))
    after = dict(before)
    after[slot] = TrackerPose(before[slot].position + [0.25, 0.1, 0.25], before[slot].quaternion)
    stream = frames(range(60, 140), lambda i: before if i < 90 else after)
    bodies = push_all(tracker_for(lambda _: local), stream)
    positions = np.array([body.positions for body in bodies])
    speed = np.linalg.norm(np.diff(positions, axis=0), axis=-1) * RATE
    assert 0.5 < speed.max() <= SPEED * 1.001
    np.testing.assert_allclose(positions[29], positions[0], atol=1e-6)


def test_a_tracked_foot_below_the_floor_is_let_go_softly():
    """It stays where it was measured; once it is not measured any more, the floor lifts it."""
    local = bent_pose(7)
    wanted = link_poses(local, np.array([0.0, 0.0, 0.7]))

    def poses(index):
        return {name: p for name, p in wanted.items() if index < 90 or name != "left_foot"}

    bodies = push_all(tracker_for(lambda _: local), frames(range(60, 200), poses))
    positions = np.array([body.positions for body in bodies])
    assert positions[0, 10, 2] < -0.03
    left = JOINTS["left_foot"]
    np.testing.assert_allclose(positions[29, left], wanted["left_foot"].position, atol=1e-3)
    assert positions[-1, 10, 2] > 0.0
    speed = np.linalg.norm(np.diff(positions, axis=0), axis=-1) * RATE
    assert speed.max() < 1.0


@settings(max_examples=examples(4))
@given(st.integers(0, 2**31))
def test_without_such_trackers_nothing_changes(seed):
    def poses(index):
        wanted = link_poses(random_pose(seed, 0.2), np.array([0.01 * index, 0.0, 0.95]))
        gone = "left_hand" if 70 <= index < 95 else ""
        return {slot: wanted[slot] for slot in SLOTS[:3] if slot != gone}

    on, off = (
        push_all(
            tracker_for(lambda step: random_pose(seed + step % 3, 0.1), snap_body=snap),
            frames(range(60, 110), poses),
        )
        for snap in (True, False)
    )
    for one, other in zip(on, off, strict=True):
        np.testing.assert_array_equal(one.positions, other.positions)
        np.testing.assert_array_equal(one.local_rotations, other.local_rotations)
        np.testing.assert_array_equal(one.confidence, other.confidence)


def test_it_can_be_switched_off():
    local = random_pose(1, 0.1)
    wanted = link_poses(local, np.array([0.0, 0.0, 1.2]))
    seen = nearly(local, 2, 0.2)
    plain = {slot: wanted[slot] for slot in SLOTS[:3]}
    off = push_all(
        tracker_for(lambda _: seen, snap_body=False), frames(range(60, 64), lambda _: wanted)
    )[-1]
    without = push_all(tracker_for(lambda _: seen), frames(range(60, 64), lambda _: plain))[-1]
    # Not to the last bit: the foot lock leaves tracked feet alone.
    np.testing.assert_allclose(off.positions, without.positions, atol=1e-9)
    assert np.linalg.norm(off.positions[0] - wanted["pelvis"].position) > 0.02


def test_with_lookahead_bodies_meet_the_trackers_of_earlier_ticks():
    local = bent_pose(1)

    def poses(index):
        return link_poses(local, np.array([0.01 * index, 0.0, 1.2]))

    tracker = tracker_for(FakePredictor(lambda _: nearly(local, 2, 0.05), lookahead=4))
    bodies = push_all(tracker, frames(range(60, 90), poses))
    assert len(bodies) == 26
    for index, body in enumerate(bodies, start=60):
        for slot in BODY_SLOTS:
            np.testing.assert_allclose(
                body.positions[JOINTS[slot]], poses(index)[slot].position, atol=1e-3
            )
