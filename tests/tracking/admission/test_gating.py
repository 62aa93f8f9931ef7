# SPDX-License-Identifier: Apache-2.0
"""Trackers that no body can hold steer none, and those that are held are never left out."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_INDEX, SLOT_JOINTS, SLOTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.tracking.admission.gating import DRAWN_AWAY, RETURN_TIME, STILL, Reach, ReachGate
from kinest_ros.tracking.body_pose import TrackerState
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from kinest_ros.tracking.settings import TrackerSettings
from tests.tracking.fakes import FakePredictor, frames, link_poses, push_all, rest_pose

RATE = 60
MIDDLE = Skeleton.from_stature(1.70)
ALL = np.ones(6, dtype=bool)
LEFT = SLOTS.index("left_hand")
#: Where an uncalibrated device may sit on its link, m, in the link's axes: 12 cm from it, head and
#: limb away from each other.
WORN = {
    "head": (0.10, 0.0, 0.06),
    "left_hand": (0.0, 0.12, 0.0),
    "right_hand": (0.0, -0.12, 0.0),
    "pelvis": (-0.12, 0.0, 0.0),
    "left_foot": (0.12, 0.0, 0.0),
    "right_foot": (0.12, 0.0, 0.0),
}


def gate(skeleton=MIDDLE, estimated=False, mounts=None):
    watch = ReachGate(RATE)
    watch.set_reach(Reach.of(skeleton, estimated, mounts or {}))
    return watch


def standing():
    """(6, 3) m: a person of 1.70 m with hanging arms."""
    return np.array(
        [
            (0, 0, 1.5),
            (0, 0.25, 0.85),
            (0, -0.25, 0.85),
            (0, 0, 0.95),
            (0, 0.1, 0.1),
            (0, -0.1, 0.1),
        ]
    )


def devices(local, roots, rest_offsets):
    """(N, 6, 3) m: where the devices are that somebody wears 12 cm off the joints."""
    at, world = forward_kinematics_np(local, rest_offsets, roots)
    joints = list(SLOT_JOINTS)
    offsets = np.array([WORN[slot] for slot in SLOTS])[:, :, None]
    return at[:, joints] + (world[:, joints] @ JOINT_FROM_LINK @ offsets)[..., 0]


class Predictor(FakePredictor):
    def set_skeleton(self, skeleton):
        pass


def hanging_arms():
    local = rest_pose()
    for joint, angle in ((16, -1.3), (17, 1.3)):
        local[joint] = Rotation.from_rotvec([0.0, 0.0, angle]).as_matrix()
    return local


@pytest.mark.parametrize("slot", SLOTS[1:])
def test_a_tracker_beyond_its_limb_is_rejected_at_once_and_alone(slot):
    watch, positions = gate(), standing()
    assert not watch.look(positions, ALL).any()
    positions[SLOTS.index(slot)] += (2.4, 0.0, 0.0)
    np.testing.assert_array_equal(watch.look(positions, ALL), np.array(SLOTS) == slot)
    (rejection,) = watch.rejections
    assert rejection.slot == slot and 0.5 < rejection.excess < 2.4
    assert str(rejection).startswith(f"{slot} is {rejection.excess:.1f} m from where this ")


def test_what_is_laid_down_stays_out_until_it_is_picked_up():
    watch, positions = gate(), standing()
    table, seen = np.array((0.35, 0.25, 0.75)), []
    positions[LEFT] = table
    # Four metres away and back at 1 m/s, and two seconds beside the table.
    away = np.concatenate((np.linspace(0, 4, 240), np.linspace(4, 0, 240), np.zeros(120)))
    for x in away:
        positions[0, 0] = -x
        seen.append(watch.look(positions, ALL)[LEFT])
    first = int(np.argmax(seen))
    assert away[first] < 1.2, "it is known before the arm is drawn out straight"
    assert all(seen[first:])
    taken = 0
    while watch.look(positions, ALL)[LEFT]:
        positions[LEFT] = table + (0.0, 0.0, 0.3 * taken / RATE)
        taken += 1
        assert taken < 0.5 * RATE
    assert taken > RETURN_TIME * RATE


def test_at_the_limit_it_does_not_flicker():
    watch, positions, seen = gate(), standing(), []
    hard = Reach.of(MIDDLE, False, {}).hard[LEFT]
    for tick in range(600):
        positions[LEFT] = (hard + 0.02 * np.sin(tick), 0.0, 1.5)
        seen.append(watch.look(positions, ALL)[LEFT])
    assert np.count_nonzero(np.diff(seen)) <= 1 and seen[-1]


def test_a_foot_that_stands_in_reach_again_need_not_move():
    watch, positions = gate(), standing()
    foot = SLOTS.index("left_foot")
    positions[0, 0] = 2.0
    assert watch.look(positions, ALL)[foot]
    positions[0, 0] = 0.0
    seen = [watch.look(positions, ALL)[foot] for _ in range(30)]
    assert seen[0] and not seen[-1]


def test_hands_that_tremble_at_full_stretch_are_held():
    """Only what is perfectly still while the head draws away is not."""
    watch, positions = gate(), standing()
    for tick in range(120):
        positions[LEFT] = standing()[LEFT] + (0.003 * tick * STILL, 0.0, 0.0)
        positions[LEFT, 2] += STILL * (tick // 10 % 2)
        positions[0, 2] = 1.5 + 0.3 * tick / 120
        assert not watch.look(positions, ALL)[LEFT]
    assert np.linalg.norm(positions[LEFT] - positions[0]) > Reach.of(MIDDLE, False, {}).soft[LEFT]
    still = gate()
    positions = standing()
    for tick in range(120):
        positions[0, 2] = 1.5 + 0.3 * tick / 120
        rejected = still.look(positions, ALL)[LEFT]
    assert rejected and DRAWN_AWAY < 0.3


def test_lost_trackers_are_judged_anew():
    watch, positions = gate(), standing()
    positions[LEFT] += 3.0
    assert watch.look(positions, ALL)[LEFT]
    gone = ALL.copy()
    gone[LEFT] = False
    assert not watch.look(positions, gone)[LEFT]
    assert not watch.look(standing(), ALL).any()
    watch.look(positions, ALL)
    watch.reset()
    assert not watch.look(standing(), ALL).any()


@pytest.mark.parametrize("stature", [1.2, 1.4, 1.7, 2.0, 2.3])
@pytest.mark.parametrize("action", ["everything", "reaching", "walking"])
def test_nobody_is_left_out_before_anything_is_known_of_them(stature, action):
    """Statures that are only estimated, from 1.70 m on, and devices 12 cm off, uncalibrated."""
    person = Skeleton.from_stature(stature)
    motion = generate(action, person, seed=3, duration=60.0, fps=30.0)
    watch = gate(MIDDLE, estimated=True)
    worn = devices(motion.local_rotations, motion.root_position, person.rest_offsets)
    assert not any(watch.look(positions, ALL).any() for positions in worn)


@pytest.mark.parametrize("stature", [1.2, 2.3])
def test_nobody_loses_a_tracker_by_their_size(stature):
    person = Skeleton.from_stature(stature)
    motion = generate("reaching", person, seed=4, duration=15.0, fps=10.0)
    tracker = BodyTracker(Predictor(), MIDDLE, estimate_stature=True)
    for index, local in enumerate(motion.local_rotations):
        poses = link_poses(local, motion.root_position[index], person.rest_offsets)
        for body in tracker.push(TrackerFrame(round((index + 60) * 1e9 / 60), poses)):
            assert body.tracker_valid.all()


def test_mounts_that_are_known_leave_less_room():
    known = Reach.of(MIDDLE, False, {slot: Mount((0.02, 0.0, 0.0)) for slot in SLOTS})
    half = Reach.of(MIDDLE, False, {"left_hand": Mount((0.02, 0.0, 0.0)), "pelvis": Mount()})
    unknown, anybody = Reach.of(MIDDLE, False, {}), Reach.of(MIDDLE, True, {})
    assert (known.hard[1:] < unknown.hard[1:] - 0.1).all()
    assert known.hard[LEFT] < half.hard[LEFT] < unknown.hard[LEFT]
    assert half.hard[3] == unknown.hard[3]
    assert (anybody.hard[1:] > unknown.hard[1:] + 0.2).all()
    for reach in (known, half, unknown, anybody):
        assert (reach.soft <= reach.hard).all() and (reach.soft[1:] > reach.nominal[1:]).all()


def walking_off(seconds=8.0, back=True):
    """Somebody whose left controller lies on a table from 1 s to the end, and is picked up then."""
    poses = link_poses(hanging_arms(), np.array([0.0, 0.0, 0.95]), MIDDLE.rest_offsets)
    start = poses["left_hand"]
    for index in range(round(seconds * RATE)):
        time = index / RATE
        x = float(np.interp(time, (1.0, 4.0, 7.0), (0.0, 3.0, 0.0)))
        moved = {
            slot: TrackerPose(pose.position - [x, 0.0, 0.0], pose.quaternion)
            for slot, pose in poses.items()
            if not slot.endswith(("pelvis", "foot"))
        }
        lifted = max(time - 7.2, 0.0) * 0.2
        moved["left_hand"] = TrackerPose(start.position + [0.0, 0.0, lifted], start.quaternion)
        yield TrackerFrame(round((index + 60) * 1e9 / 60), moved)


@pytest.mark.slow
def test_a_body_whose_controller_was_put_down_goes_on_without_it():
    predictor = Predictor(lambda _: hanging_arms())
    # What lies there repeats to the last bit, which alone would tell.
    tracker = BodyTracker(predictor, MIDDLE, TrackerSettings(frozen_timeout=0.0))
    bodies = [body for frame in walking_off() for body in tracker.push(frame)]
    state = np.array([body.tracker_state[LEFT] for body in bodies])
    valid = np.array([body.tracker_valid[LEFT] for body in bodies])
    rejected = state == TrackerState.REJECTED
    np.testing.assert_array_equal(valid, ~rejected)
    assert np.count_nonzero(np.diff(rejected)) == 2, "out once, back once"
    out, back = np.flatnonzero(np.diff(rejected)) / RATE
    assert 1.4 < out < 2.3 and 7.2 < back < 7.7
    at = bodies[4 * RATE]
    assert np.isnan(at.tracker_positions[LEFT]).all()
    assert (at.tracker_state[[0, 2]] == TrackerState.MEASURED).all()
    usual = bodies[RATE // 2]
    shoulder, wrist = JOINT_INDEX["left_shoulder"], JOINT_INDEX["left_wrist"]
    arm = at.positions[wrist] - at.positions[shoulder]
    np.testing.assert_allclose(arm, usual.positions[wrist] - usual.positions[shoulder], atol=0.01)
    # To the network as well, it is as if it were lost.
    assert not predictor.steps[4 * RATE][2][LEFT] and predictor.steps[4 * RATE][2][2]
    positions = np.array([body.positions for body in bodies])
    speed = np.linalg.norm(np.diff(positions, axis=0), axis=-1) * RATE
    assert speed.max() < 1.0 + TrackerSettings().max_recovery_speed + 0.2


@pytest.mark.slow
def test_who_is_rejected_does_not_depend_on_how_frames_come():
    whole = BodyTracker(Predictor(lambda _: hanging_arms()), MIDDLE)
    apart = BodyTracker(Predictor(lambda _: hanging_arms()), MIDDLE)
    stream = list(walking_off())
    single = [
        TrackerFrame(frame.stamp_ns, {slot: pose})
        for frame in stream
        for slot, pose in reversed(frame.poses.items())
    ]
    for one, other in zip(push_all(whole, stream), push_all(apart, single), strict=False):
        np.testing.assert_array_equal(one.tracker_state, other.tracker_state)
        np.testing.assert_allclose(one.positions, other.positions, atol=1e-12)


def test_a_wearer_who_becomes_known_is_measured_by_their_own_arms():
    """Far for a child, near for a tall person."""
    poses = link_poses(rest_pose(), np.array([0.0, 0.0, 0.95]), MIDDLE.rest_offsets)
    far = TrackerPose(poses["head"].position + [0.0, 1.2, 0.0], poses["left_hand"].quaternion)
    seen = {"head": poses["head"], "left_hand": far}
    tracker = BodyTracker(Predictor(), Skeleton.from_stature(1.3))
    body = push_all(tracker, frames(range(60, 70), lambda _: seen))[-1]
    assert body.tracker_state[LEFT] == TrackerState.REJECTED
    assert [rejection.slot for rejection in tracker.rejections] == ["left_hand"]
    tracker.wear(Skeleton.from_stature(2.1), TrackerSettings())
    stirred = TrackerPose(far.position + [0.05, 0.0, 0.0], far.quaternion)
    body = push_all(
        tracker, frames(range(70, 100), lambda _: {"head": poses["head"], "left_hand": stirred})
    )[-1]
    assert body.tracker_state[LEFT] == TrackerState.MEASURED and not tracker.rejections


def test_real_motion_is_never_left_out(shared_data):
    """A sample of the motion sets, seen by devices 12 cm off, with the stature alone known."""
    paths = sorted((shared_data / "motion").glob("cmuasf/**/*.npz"))[::6]
    assert paths
    for path in paths:
        clip = np.load(path)
        every = max(1, round(float(clip["mocap_framerate"]) / 60))
        turns = clip["poses"][::every].reshape(-1, 3)
        local = Rotation.from_rotvec(turns).as_matrix().reshape(-1, 22, 3, 3)
        seen = devices(local, clip["trans"][::every], clip["rest_offsets"])
        stature = Skeleton(clip["rest_offsets"]).stature
        watch = gate(Skeleton.from_stature(stature))
        assert not any(watch.look(positions, ALL).any() for positions in seen), path
