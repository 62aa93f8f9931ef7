# SPDX-License-Identifier: Apache-2.0
"""Feet that stand do not slide, feet that lift move freely, and none jumps or sinks."""

import numpy as np
import pytest

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.rotations_numpy import matrices_from_vectors
from kinest_ros.tracking.fitting.body_fit import WorldPose
from kinest_ros.tracking.fitting.leg_snap import ANKLES, HIPS, KNEES, TOES
from kinest_ros.tracking.fitting.posing import positions_from_head, world_rotations
from kinest_ros.tracking.steadying.foot_lock import MOST, SOFTNESS, FootLock
from tests.tracking.fakes import SKELETON, rest_pose

RATE = 60.0
NONE = np.zeros(2, dtype=bool)
LEG = np.linalg.norm(SKELETON.rest_offsets[[KNEES.start, ANKLES.start]], axis=-1).sum()
STANDING, LIFTED = np.array([1.0, 1.0]), np.array([0.0, 0.0])


def _pose(place, bend=0.3):
    """Somebody with bent knees, the toes' mean x and height at a place (x, z)."""
    local = rest_pose()
    for side in ("left", "right"):
        for joint, angle in (("hip", -bend), ("knee", 2 * bend), ("ankle", -bend)):
            turn = matrices_from_vectors(np.array([angle, 0.0, 0.0]))
            local[JOINT_INDEX[f"{side}_{joint}"]] = turn
    world = world_rotations(local)
    positions = positions_from_head(world, SKELETON.rest_offsets, np.zeros(3))
    toes = positions[TOES].mean(axis=0)
    return WorldPose(world, positions + [place[0] - toes[0], 0.0, place[1] - toes[2]])


def _run(places, contacts, tracked=NONE, **options):
    """Return toe positions (N, 2, 3) given and made."""
    lock = FootLock(SKELETON.rest_offsets, RATE)
    poses = [_pose(place) for place in places]
    made = [
        lock.hold(pose, contact, tracked, **options)
        for pose, contact in zip(poses, contacts, strict=True)
    ]
    return tuple(np.stack([pose.positions[TOES] for pose in group]) for group in (poses, made))


def _drift(count=60, speed=0.06):
    return [(speed * t / RATE, 0.02) for t in range(count)]


def test_a_standing_foot_slides_much_less():
    """The network lets the body drift at 4 cm/s while the feet stand."""
    given, made = _run(_drift(speed=0.04), [STANDING] * 60)
    slid = np.linalg.norm(np.diff(made[20:, :, :2], axis=0), axis=-1).mean() * RATE
    assert np.linalg.norm(np.diff(given[20:, :, :2], axis=0), axis=-1).mean() * RATE > 0.039
    assert slid < 0.6 * 0.04
    assert np.linalg.norm((made - given)[..., :2], axis=-1).max() < MOST


def test_a_slow_foot_is_held_though_its_contact_is_unsure_and_a_fast_one_is_not():
    unsure = [np.array([0.5, 0.5])] * 60
    slid = {}
    for speed in (0.1, 2.5):
        given, made = _run(_drift(speed=speed), unsure)
        slid[speed] = np.linalg.norm(np.diff(made[..., :2], axis=0), axis=-1).mean() * RATE
        assert np.linalg.norm((made - given)[..., :2], axis=-1).max() < MOST
    assert slid[0.1] < 0.5 * 0.1
    assert slid[2.5] == pytest.approx(2.5, rel=0.01)


def test_a_lifted_foot_is_left_alone():
    given, made = _run(_drift(), [LIFTED] * 60)
    np.testing.assert_allclose(made, given, atol=1e-12)


def test_a_tracked_foot_is_left_alone():
    given, made = _run(_drift(), [STANDING] * 60, np.array([True, False]))
    np.testing.assert_allclose(made[:, 0], given[:, 0], atol=1e-9)
    assert np.abs(made[-1, 1] - given[-1, 1]).max() > 0.01


@pytest.mark.parametrize("speed", [0.2, 0.5, 2.0])
def test_the_correction_fades_without_a_jump(speed):
    """Held while the body moves on, then lifted: it returns at less than 1 m/s."""
    contacts = [STANDING] * 40 + [LIFTED] * 60
    moving = _drift(40, speed)
    given, made = _run(moving + 60 * moving[-1:], contacts)
    correction = (made - given)[:, 0, 0]
    assert correction.min() < -0.06
    assert abs(correction[-1]) < 0.001
    assert np.abs(np.diff(correction[40:])).max() * RATE < 1.0


def test_a_foot_that_touches_down_is_held_at_once():
    """A tenth of a second after contact there is next to nothing left of a slide of 20 cm/s."""
    _, made = _run(_drift(30, 0.2), [LIFTED] * 15 + [STANDING] * 15)
    slid = np.linalg.norm(np.diff(made[..., :2], axis=0), axis=-1).max(axis=1) * RATE
    assert slid[13] == pytest.approx(0.2, rel=0.01)
    assert slid[21] < 0.1 * 0.2


def test_knees_do_not_snap_straight_while_feet_are_held():
    """The body walks off with nearly straight legs; the feet stand until out of reach."""
    lock = FootLock(SKELETON.rest_offsets, RATE)
    poses = [_pose(place, bend=0.12) for place in _drift(60, 0.5)]
    made = [lock.hold(pose, STANDING, NONE) for pose in poses]
    knees, hips, ankles = (np.stack([p.positions[j] for p in made]) for j in (KNEES, HIPS, ANKLES))
    assert np.linalg.norm(ankles - hips, axis=-1).max() > LEG - 0.008, "they are stretched"
    changes = np.linalg.norm(np.diff(knees, n=2, axis=0), axis=-1).max() * RATE**2
    assert changes < 5.0, "m/s^2"


def test_held_feet_never_go_farther_than_allowed():
    given, made = _run(_drift(240, 0.5), [STANDING] * 240)
    assert np.linalg.norm((made - given)[..., :2], axis=-1).max() <= MOST


def test_nothing_is_added_while_the_body_moves_to_its_place():
    lock = FootLock(SKELETON.rest_offsets, RATE)
    for place in _drift(40):
        before = lock.hold(_pose(place), STANDING, NONE).positions - _pose(place).positions
    for place in _drift(60)[40:]:
        pose = _pose((5 * place[0], 0.02))
        after = lock.hold(pose, STANDING, NONE, moving=True).positions - pose.positions
        np.testing.assert_allclose(after[TOES], before[TOES], atol=1e-6)


@pytest.mark.parametrize("depth", [0.001, 0.01, 0.05])
def test_feet_stay_above_the_floor(depth):
    given, made = _run([(0.0, 0.02 - depth)] * 5, [LIFTED] * 5)
    assert given[..., 2].max() < 0.02 + 1e-9
    sunk = 0.02 - made[..., 2]
    assert sunk.max() <= SOFTNESS / 2 + 1e-9
    assert sunk.min() >= -1e-9
    np.testing.assert_allclose(made[..., :2], given[..., :2], atol=1e-9)


@pytest.mark.parametrize("moving", [False, True])
def test_feet_whose_trackers_are_lost_leave_the_floor_below_them(moving):
    """Also while the body is on its way, or grows: that may take seconds."""
    lock, deep = FootLock(SKELETON.rest_offsets, RATE), _pose((0.0, -0.10))
    for _ in range(5):
        made = lock.hold(deep, LIFTED, np.ones(2, dtype=bool))
        np.testing.assert_allclose(made.positions[TOES], deep.positions[TOES])
    heights = [
        lock.hold(deep, LIFTED, NONE, moving=moving).positions[TOES, 2].min() for _ in range(20)
    ]
    assert heights[11] > -0.05 and heights[-1] > 0.0
    assert np.abs(np.diff(heights)).max() * RATE < 1.0


def test_toes_of_legs_that_lie_are_turned_up_and_knees_stay_where_they_are():
    """Somebody lies on the belly, toes 7 cm below the floor; lifted with the leg, a knee dips."""
    rest, local = SKELETON.rest_offsets, rest_pose()
    local[0] = matrices_from_vectors(np.array([0.0, np.pi / 2, 0.0])) @ local[0]
    world = world_rotations(local)
    positions = positions_from_head(world, rest, np.zeros(3))
    positions = positions + [0.0, 0.0, 0.05 - positions[ANKLES, 2].min()]
    assert positions[TOES, 2].max() < -0.05 and abs(positions[HIPS, 2] - 0.05).max() < 0.01
    made = FootLock(rest, RATE).hold(WorldPose(world, positions), LIFTED, NONE)
    assert made.positions[TOES, 2].min() > 0.0
    np.testing.assert_allclose(made.positions[KNEES], positions[KNEES], atol=1e-9)
    bones = (made.world[ANKLES] @ rest[TOES, :, None])[..., 0]
    np.testing.assert_allclose(made.positions[ANKLES] + bones, made.positions[TOES], atol=1e-9)


def test_feet_on_the_floor_are_not_touched():
    given, made = _run([(0.0, 0.02), (0.0, 0.1)], [LIFTED] * 2)
    np.testing.assert_allclose(made, given, atol=1e-9)


def test_bones_keep_their_lengths_and_feet_their_rotation():
    lock = FootLock(SKELETON.rest_offsets, RATE)
    for place in _drift(60, 0.1):
        pose = _pose((place[0], 0.0))
        made = lock.hold(pose, STANDING, NONE)
    for child, parent in ((KNEES, HIPS), (ANKLES, KNEES), (TOES, ANKLES)):
        lengths = np.linalg.norm(made.positions[child] - made.positions[parent], axis=-1)
        bones = np.linalg.norm(SKELETON.rest_offsets[child], axis=-1)
        np.testing.assert_allclose(lengths, bones, atol=1e-9)
    np.testing.assert_allclose(made.world[ANKLES], pose.world[ANKLES], atol=1e-12)
    upper = [*range(1), 3, 6, 9, *range(12, 22)]
    np.testing.assert_array_equal(made.positions[upper], pose.positions[upper])


def test_reset_lets_go():
    lock = FootLock(SKELETON.rest_offsets, RATE)
    for place in _drift(60):
        lock.hold(_pose(place), STANDING, NONE)
    lock.reset()
    pose = _pose((0.0, 0.02))
    held = lock.hold(pose, STANDING, NONE)
    np.testing.assert_allclose(held.positions, pose.positions, atol=1e-9)


def test_the_floor_is_where_it_is_said_to_be():
    lock = FootLock(SKELETON.rest_offsets, RATE)
    sunk = _pose((0.0, 0.02 - 0.05))
    at_zero = lock.hold(sunk, LIFTED, NONE).positions[TOES, 2]
    lower = lock.hold(sunk, LIFTED, NONE, floor=-0.1).positions[TOES, 2]
    assert (at_zero > sunk.positions[TOES, 2] + 0.03).all()
    np.testing.assert_array_equal(lower, sunk.positions[TOES, 2])


def test_the_legs_take_other_bones():
    lock = FootLock(SKELETON.rest_offsets, RATE)
    lock.set_bones(1.1 * SKELETON.rest_offsets)
    sunk = _pose((0.0, -0.03))
    world = lock.hold(sunk, LIFTED, NONE)
    thigh = np.linalg.norm(world.positions[KNEES] - world.positions[HIPS], axis=-1)
    expected = np.linalg.norm(1.1 * SKELETON.rest_offsets[KNEES], axis=-1)
    np.testing.assert_allclose(thigh, expected, rtol=1e-6)
