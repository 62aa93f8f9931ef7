# SPDX-License-Identifier: Apache-2.0
"""Jumps of the target are faded out, no faster than allowed and no longer than needed."""

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.tracking.fitting.body_fit import Anchors, WorldPose, fit
from kinest_ros.tracking.fitting.posing import HEAD, world_rotations
from kinest_ros.tracking.steadying.fade_shape import RAMP, remaining
from kinest_ros.tracking.steadying.jumps import Jump
from kinest_ros.tracking.steadying.transition import Transition
from tests.search import examples
from tests.tracking.fakes import SKELETON, random_pose

SHOULDERS, ELBOWS, WRISTS = np.array([16, 17]), np.array([18, 19]), np.array([20, 21])
OFFSETS = SKELETON.rest_offsets
RATE, SPEED = 60.0, 3.0
HEAD_AT = np.array([0.2, 0.1, 1.6])
NO_HANDS = np.zeros(2, dtype=bool)
LEFT_HAND = np.array([True, False])
NETWORK, LEFT, ALL = (Jump(np.array(slots, bool)) for slots in ([0] * 6, [0, 1] + [0] * 4, [1] * 6))


def target(local, head=HEAD_AT, wrists=None, sides=NO_HANDS):
    positions = np.zeros((6, 3))
    positions[0], positions[1:3] = head, np.zeros((2, 3)) if wrists is None else wrists
    anchors = Anchors(positions, np.array([True, *sides, False, False, False]))
    return fit(world_rotations(local), OFFSETS, anchors), anchors


def follow(transition, targets, jumps, start=0):
    """Positions (n, 22, 3) published and targeted."""
    out = []
    for index, (pose, anchors) in enumerate(targets):
        out.append(transition.follow(start + index, pose, anchors, jumps.get(index)).positions)
    return np.array(out), np.array([pose.positions for pose, _ in targets])


def added_speed(published, targeted):
    """Largest change of the difference to the target per tick, m/s, by tick."""
    return np.linalg.norm(np.diff(published - targeted, axis=0), axis=-1).max(axis=-1) * RATE


def test_remaining_runs_smoothly_from_one_to_zero():
    progress = np.linspace(-0.2, 1.2, 2001)
    left = np.array([remaining(p) for p in progress])
    slope = -np.diff(left) / np.diff(progress)
    assert left[0] == 1.0
    assert left[-1] == 0.0
    assert (slope >= -1e-12).all()
    assert slope.max() == pytest.approx(1 / (1 - RAMP), rel=1e-6)
    # Continuously differentiable: the slope changes a little at a time.
    assert np.abs(np.diff(slope)).max() < 0.01


def test_without_a_jump_the_target_is_published():
    transition = Transition(OFFSETS, SPEED, RATE)
    targets = [target(random_pose(seed)) for seed in range(5)]
    published, targeted = follow(transition, targets, {})
    np.testing.assert_array_equal(published, targeted)


def test_the_first_pose_is_published_whatever_jumped():
    transition = Transition(OFFSETS, SPEED, RATE)
    pose, anchors = target(random_pose(1))
    assert transition.follow(0, pose, anchors, ALL) is pose


@settings(max_examples=examples(40))
@given(st.integers(0, 2**31), st.floats(0.1, 0.8))
def test_bounded_speed_and_arrival(seed, spread):
    """Whatever the two poses: start where it was, end on the target, never too fast."""
    transition = Transition(OFFSETS, SPEED, RATE)
    before, after = target(random_pose(seed, spread)), target(random_pose(seed + 1, spread))
    targets = [before] * 3 + [after] * 120
    published, targeted = follow(transition, targets, {3: LEFT})
    np.testing.assert_allclose(published[3], published[2], atol=1e-9)
    assert added_speed(published[3:], targeted[3:]).max() <= SPEED * 1.001
    np.testing.assert_array_equal(published[-1], targeted[-1])
    assert not transition.active
    # The head is met all the time.
    np.testing.assert_allclose(published[:, HEAD], np.tile(HEAD_AT, (len(published), 1)), atol=1e-9)


@settings(max_examples=examples(60))
@given(st.integers(0, 2**31), st.floats(0.05, 0.55))
def test_an_arm_recovers_within_300_ms(seed, error):
    random = np.random.default_rng(seed)
    pose = random_pose(seed, 0.25)
    start, _ = target(pose)
    shoulder = start.positions[SHOULDERS[0]]
    arm = np.linalg.norm(start.positions[WRISTS[0]] - shoulder)
    direction = random.normal(size=3)
    goal = start.positions[WRISTS[0]] + error * direction / np.linalg.norm(direction)
    # Within reach and not at the shoulder.
    reach = goal - shoulder
    distance = np.linalg.norm(reach)
    goal = shoulder + reach * (np.clip(distance, 0.41 * arm, 0.97 * arm) / distance)
    assume(np.linalg.norm(goal - start.positions[WRISTS[0]]) < 0.55)
    wrists = np.array([goal, [0, 0, 0]])
    targets = [target(pose)] * 3 + [target(pose, wrists=wrists, sides=LEFT_HAND)] * 60
    transition = Transition(OFFSETS, SPEED, RATE)
    published, targeted = follow(transition, targets, {3: LEFT})
    left = np.linalg.norm(published - targeted, axis=-1).max(axis=-1)
    assert added_speed(published[3:], targeted[3:]).max() <= SPEED * 1.001
    assert left[3 + 18] < 1e-9


@settings(max_examples=examples(30))
@given(st.integers(0, 2**31), st.floats(0.2, 2.0))
@example(23, 1.0)
@example(47, 1.0)
@example(41308, 1.5)
@example(288, 2.0)
def test_bounded_while_the_target_moves(seed, hand_speed):
    """The hand comes back moving; what the fade adds to its speed stays bounded."""
    random = np.random.default_rng(seed)
    pose = random_pose(seed, 0.25)
    start, _ = target(pose)
    shoulder = start.positions[SHOULDERS[0]]
    axis = random.normal(size=3)
    axis /= np.linalg.norm(axis)
    arm = Rotation.from_rotvec(random.normal(size=3)).apply(
        0.8 * (start.positions[WRISTS[0]] - shoulder)
    )
    turn = hand_speed / np.linalg.norm(arm) / RATE
    targets = [target(pose)] * 3
    for tick in range(90):
        goal = shoulder + Rotation.from_rotvec(tick * turn * axis).apply(arm)
        targets.append(target(pose, wrists=np.array([goal, [0, 0, 0]]), sides=LEFT_HAND))
    transition = Transition(OFFSETS, SPEED, RATE)
    published, targeted = follow(transition, targets, {3: LEFT})
    speed, target_speed = (
        np.linalg.norm(np.diff(positions[3:], axis=0), axis=-1) * RATE
        for positions in (published, targeted)
    )
    # The target's elbow may flip where the hand passes behind it, in one tick; that is not copied.
    assert (speed - target_speed).max() <= SPEED * 1.01


def swivelled(pose, angle):
    """The left elbow turned about the line from shoulder to wrist."""
    shoulder, elbow, wrist = (pose.positions[pair[0]] for pair in (SHOULDERS, ELBOWS, WRISTS))
    axis = (wrist - shoulder) / np.linalg.norm(wrist - shoulder)
    turn = Rotation.from_rotvec(angle * axis).as_matrix()
    world, positions = pose.world.copy(), pose.positions.copy()
    for joint in (SHOULDERS[0], ELBOWS[0]):
        world[joint] = turn @ world[joint]
    positions[ELBOWS[0]] = shoulder + turn @ (elbow - shoulder)
    return WorldPose(world, positions)


@settings(max_examples=examples(30))
@given(st.integers(0, 2**31), st.sampled_from([-0.2, -0.1, 0.1, 0.2]))
def test_an_elbow_of_which_the_network_thinks_anew_is_no_faster(seed, turn):
    """Hand and shoulder rest where they are to be, so all that the elbow does is catching up."""
    random = np.random.default_rng(seed)
    pose = random_pose(seed, 0.25)
    start, _ = target(pose)
    shoulder = start.positions[SHOULDERS[0]]
    arm = Rotation.from_rotvec(random.normal(size=3)).apply(
        0.8 * (start.positions[WRISTS[0]] - shoulder)
    )
    wrists = np.array([shoulder + arm, [0, 0, 0]])
    back, anchors = target(pose, wrists=wrists, sides=LEFT_HAND)
    targets = [target(pose)] * 3
    targets += [(swivelled(back, turn * min(tick, 6)), anchors) for tick in range(90)]
    published, targeted = follow(Transition(OFFSETS, SPEED, RATE), targets, {3: LEFT})
    speed = np.linalg.norm(np.diff(published[2:, ELBOWS[0]], axis=0), axis=-1) * RATE
    assert speed[:6].max() <= SPEED * 1.01
    np.testing.assert_array_equal(published[-1], targeted[-1])


@settings(max_examples=examples(12))
@given(st.integers(0, 2**31), st.sets(st.sampled_from([3, 4, 5]), min_size=1))
def test_bounded_while_a_tracked_body_moves(seed, slots):
    """Pelvis and feet on trackers that go on moving while some of them come back."""
    local = random_pose(seed, 0.12)
    for joints, angle in (((1, 2), -0.7), ((4, 5), 1.4)):
        turn = Rotation.from_rotvec([angle, 0.0, 0.0]).as_matrix()
        local[list(joints)] = turn @ local[list(joints)]
    random = np.random.default_rng(seed)
    seen = local @ Rotation.from_rotvec(random.normal(scale=0.05, size=(22, 3))).as_matrix()
    world = world_rotations(seen)
    found, lost = np.ones(6, bool), np.ones(6, bool)
    found[1:3] = lost[1:3] = False
    lost[list(slots)] = False
    direction = random.normal(size=(6, 3)) * [[0], [0], [0], [0.1], [0.3], [0.3]]
    true = target(local)[0].positions[[15, 20, 21, 0, 7, 8]]
    targets = []
    for tick in range(70):
        positions = true + 0.1 * np.sin(0.05 * tick) * direction
        anchors = Anchors(positions, lost if tick < 5 else found)
        pose = fit(world, OFFSETS, anchors)
        targets.append((pose, anchors.with_pelvis_of(pose)))
    jump = Jump(np.isin(np.arange(6), list(slots)))
    transition = Transition(OFFSETS, SPEED, RATE)
    published, targeted = follow(transition, targets, {5: jump})
    speed, target_speed = (
        np.linalg.norm(np.diff(positions[5:], axis=0), axis=-1) * RATE
        for positions in (published, targeted)
    )
    assert (speed - target_speed).max() <= SPEED * 1.01
    np.testing.assert_array_equal(published[-1], targeted[-1])
    # Those that were there all along stay met, as well as they can be.
    kept = [slot for slot in (3, 4, 5) if slot not in slots]
    joints = np.array([15, 20, 21, 0, 7, 8])[kept]
    np.testing.assert_allclose(published[:, joints], targeted[:, joints], atol=5e-3)


def test_the_other_hand_stays_on_its_tracker():
    poses = [target(random_pose(seed, 0.2))[0].positions for seed in (5, 6)]
    middle = 0.5 * (poses[0] + poses[1])
    wrists = middle[WRISTS] + 0.3 * (middle[SHOULDERS] - middle[WRISTS])
    both = np.array([True, True])
    targets = [target(random_pose(5, 0.2), wrists=wrists, sides=both)] * 3
    right = np.array([False, True])
    targets += [target(random_pose(6, 0.2), wrists=wrists, sides=right)] * 40
    transition = Transition(OFFSETS, SPEED, RATE)
    published, _ = follow(transition, targets, {3: LEFT})
    np.testing.assert_allclose(
        published[:, WRISTS[1]], np.tile(wrists[1], (len(published), 1)), atol=1e-6
    )


def test_the_head_comes_back_at_bounded_speed():
    transition = Transition(OFFSETS, SPEED, RATE)
    here, anchors = target(random_pose(7))
    transition.follow(0, here, anchors, None)
    away = [target(random_pose(8), head=HEAD_AT + np.array([2.0, 0.0, 0.0]))] * 120
    published, targeted = follow(transition, away, {0: ALL}, start=300)
    np.testing.assert_allclose(published[0], here.positions, atol=1e-9)
    assert added_speed(published, targeted).max() <= SPEED * 1.001
    assert np.linalg.norm(published[40] - targeted[40], axis=-1).max() > 0.1
    np.testing.assert_array_equal(published[-1], targeted[-1])


def test_a_second_jump_during_the_first_goes_on_from_what_was_published():
    poses = [target(random_pose(seed)) for seed in (1, 2, 3)]
    targets = [poses[0]] * 3 + [poses[1]] * 6 + [poses[2]] * 120
    jumps = {3: LEFT, 9: NETWORK}
    published, targeted = follow(Transition(OFFSETS, SPEED, RATE), targets, jumps)
    step = np.linalg.norm(np.diff(published, axis=0), axis=-1).max(axis=-1) * RATE
    assert step.max() <= SPEED * 1.05
    np.testing.assert_array_equal(published[-1], targeted[-1])


def test_velocity_is_carried_over_a_jump():
    """The published pose goes on at the speed it had, so a jump adds no jerk of its own."""
    transition = Transition(OFFSETS, SPEED, RATE)
    turn = Rotation.from_rotvec([0.0, 0.02, 0.03]).as_matrix()
    local, targets = random_pose(1), []
    for tick in range(60):
        targets.append(target(local, head=HEAD_AT + np.array([tick / RATE, 0.0, 0.0])))
        local = local.copy()
        local[0] = turn @ local[0]
    published, targeted = follow(transition, targets, {30: NETWORK})
    np.testing.assert_allclose(published, targeted, atol=1e-6)


def test_velocity_of_the_head_is_carried_over_its_own_jump():
    heads = HEAD_AT + np.arange(60)[:, None] / RATE * [1.0, 0.0, 0.0]
    targets = [target(random_pose(1), head=head) for head in heads]
    jumps = {30: ALL}
    published, targeted = follow(Transition(OFFSETS, SPEED, RATE), targets, jumps)
    np.testing.assert_allclose(published, targeted, atol=1e-6)


def test_reset_forgets_what_was_published():
    transition = Transition(OFFSETS, SPEED, RATE)
    transition.follow(0, *target(random_pose(1)), None)
    transition.reset()
    pose, anchors = target(random_pose(2))
    assert transition.follow(1, pose, anchors, ALL) is pose
