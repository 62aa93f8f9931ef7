# SPDX-License-Identifier: Apache-2.0
"""Elbows and knees add no more than a bounded speed to what network and trackers do."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import kinest_ros.tracking.finishing as finishing_module
from kinest_ros.body.joints import JOINT_INDEX, SLOTS
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.fitting.body_fit import WorldPose
from kinest_ros.tracking.fitting.posing import HEAD, positions_from_head, world_rotations
from kinest_ros.tracking.frame import TrackerPose
from kinest_ros.tracking.steadying.limb_bounds import (
    LIMBS,
    MAX_ADDED_SPEED,
    MAX_OWN_SPEED,
    MIDDLES,
    LimbBounds,
)
from tests.tracking.fakes import SKELETON, FakePredictor, frames, link_poses, push_all, rest_pose

OFFSETS = SKELETON.rest_offsets
RATE = 60.0
ROOT = np.array([0.0, 0.0, 0.95])
HEAD_AT = np.array([0.0, 0.0, 1.55])


def turned(joints):
    """The T-pose with some joints turned by rotation vectors, rad, in their own axes."""
    local = rest_pose()
    for joint, vector in joints.items():
        local[joint] = local[joint] @ Rotation.from_rotvec(vector).as_matrix()
    return local


def tracked(monkeypatch, pose, poses, count):
    """Return the finished positions (n, 22, 3) and those of the network's own poses."""
    own, hung = [], positions_from_head

    def noting(*args):
        own.append(hung(*args))
        return own[-1]

    monkeypatch.setattr(finishing_module, "positions_from_head", noting)
    tracker = BodyTracker(FakePredictor(pose), SKELETON)
    bodies = push_all(tracker, frames(range(60, 60 + count), poses))
    return np.array([body.positions for body in bodies]), np.array(own[: len(bodies)])


def speeds(positions):
    return np.linalg.norm(np.diff(positions, axis=0), axis=-1) * RATE


def check_bounded(finished, own, trackers):
    """Against the speeds of the network's own pose and of the fastest tracker."""
    allowed = speeds(own)[:, MIDDLES] + speeds(trackers).max(axis=1, keepdims=True)
    over = speeds(finished)[:, MIDDLES] - allowed
    assert over.max() <= MAX_ADDED_SPEED * 1.001
    return over


def wanted_at(positions, hand):
    head = TrackerPose(positions["head"], (0.0, 0.0, 0.0, 1.0))
    left = TrackerPose(hand, (0.0, 0.0, 0.0, 1.0))
    return {"head": head, "left_hand": left}


def body_at_rest():
    poses = link_poses(rest_pose(), ROOT)
    return {slot: poses[slot].position for slot in SLOTS}


def test_an_arm_that_the_network_has_straight_does_not_flip(monkeypatch):
    """Its elbow trembles about straight, while the hand comes in slowly."""
    at_rest = body_at_rest()

    def pose(step):
        return turned({18: (0.0, 0.02 * np.sin(1.3 * step), 0.015 * np.cos(2.1 * step))})

    def hand(index):
        return at_rest["left_hand"] + np.array([0.0, -0.3 / RATE * (index - 60), 0.0])

    finished, own = tracked(monkeypatch, pose, lambda i: wanted_at(at_rest, hand(i)), 60)
    elbow = 18
    assert speeds(own)[:, elbow].max() < 0.5
    # Bent 30 cm in a second: the elbow moves forwards or back, and stays on its side.
    assert speeds(finished)[5:, elbow].max() < 2.5
    hands = np.array([hand(i) for i in range(60, 60 + len(finished))])
    np.testing.assert_allclose(finished[:, 20], hands, atol=1e-6)


@pytest.mark.parametrize("near", [0.02, 0.05, 0.1, 0.2])
def test_a_hand_at_the_shoulder(monkeypatch, near):
    """It circles the shoulder, and goes through it."""
    at_rest = body_at_rest()
    body = positions_from_head(world_rotations(rest_pose()), OFFSETS, np.asarray(at_rest["head"]))
    shoulder = body[16]

    def hand(index):
        angle = 0.1 * (index - 60)
        away = np.array([np.sin(angle), np.cos(angle), np.sin(2.3 * angle)])
        return shoulder + near * away + np.array([0.0, 0.03, 0.0])

    def pose(step):
        return turned({16: (0.0, 0.0, 0.4 * np.sin(0.05 * step)), 18: (0.0, -1.5, 0.3)})

    finished, own = tracked(monkeypatch, pose, lambda i: wanted_at(at_rest, hand(i)), 120)
    hands = np.array([[hand(i)] for i in range(60, 60 + len(finished))])
    check_bounded(finished, own, hands)
    bones = np.linalg.norm(np.diff(finished[:, [16, 18, 20]], axis=1), axis=-1)
    lengths = np.linalg.norm(OFFSETS[[18, 20]], axis=1)
    np.testing.assert_allclose(bones, np.tile(lengths, (len(bones), 1)), atol=1e-9)


@pytest.mark.parametrize("limb", range(4))
@pytest.mark.parametrize("turn", [0.3, 2.0, 3.1])
def test_a_limb_that_flips_goes_round_the_line_from_root_to_end(limb, turn):
    """The end stays where it is; the middle gets there a bit later."""
    root, middle, end = LIMBS[limb]
    bent = {16: (0.0, -0.4, 0.3), 18: (0.0, -1.2, 0.0), 17: (0.0, 0.4, 0.3), 19: (0.0, 1.2, 0.0)}
    bent |= {1: (-0.9, 0.0, 0.2), 2: (-0.9, 0.0, 0.2), 4: (1.4, 0.0, 0.0), 5: (1.4, 0.0, 0.0)}
    world = world_rotations(turned(bent))
    start = WorldPose(world, positions_from_head(world, OFFSETS, HEAD_AT))
    line = start.positions[end] - start.positions[root]
    around = Rotation.from_rotvec(turn * line / np.linalg.norm(line)).as_matrix()
    flipped = world.copy()
    flipped[[root, middle]] = around @ world[[root, middle]]
    goal = WorldPose(flipped, positions_from_head(flipped, OFFSETS, HEAD_AT))
    np.testing.assert_allclose(goal.positions[end], start.positions[end], atol=1e-9)
    bounds = LimbBounds(RATE)
    rest = start.positions, np.zeros((6, 3)), np.zeros(6, dtype=bool), OFFSETS
    seen = [bounds.bound(0, start, *rest)]
    for index in range(1, 60):
        seen.append(bounds.bound(index, goal, *rest))
    places = np.array([pose.positions for pose in seen])
    assert speeds(places).max() <= MAX_ADDED_SPEED * 1.001
    np.testing.assert_allclose(places[:, end], np.tile(places[0, end], (60, 1)), atol=1e-9)
    np.testing.assert_allclose(places[-1], goal.positions, atol=1e-9)
    for pose in seen:
        again = positions_from_head(pose.world, OFFSETS, pose.positions[HEAD])
        np.testing.assert_allclose(again, pose.positions, atol=1e-9)


def test_a_pose_that_is_slow_enough_passes_untouched():
    world = world_rotations(rest_pose())
    pose = WorldPose(world, positions_from_head(world, OFFSETS, HEAD_AT))
    bounds = LimbBounds(RATE)
    for index in range(3):
        moved = WorldPose(world, pose.positions + 0.01 * index)
        rest = pose.positions, np.zeros((6, 3)), np.zeros(6, dtype=bool), OFFSETS
        assert bounds.bound(index, moved, *rest) is moved


@pytest.mark.parametrize("squat", [0.1, 0.2, 0.3])
def test_knees_in_a_deep_squat_do_not_flip(monkeypatch, squat):
    """Ankles near the hips, from one side of them to the other."""
    slots = SLOTS[:1] + SLOTS[3:]

    def pose(step):
        swing = 0.3 * np.sin(0.15 * step)
        thigh, knee = -2.2 + swing, 2.5 - squat * np.cos(0.11 * step)
        return turned({1: (thigh, 0.1, 0.0), 2: (thigh, -0.1, 0.0),
                       4: (knee, 0.0, 0.0), 5: (knee, 0.0, 0.0)})  # fmt: skip

    def feet(index):
        step = index - 60
        local = pose(step)
        poses = link_poses(local, np.array([0.0, 0.0, 0.3]))
        wanted = {slot: poses[slot] for slot in slots}
        hips = poses["pelvis"].position
        for side, slot in ((1.0, "left_foot"), (-1.0, "right_foot")):
            away = [0.1 * np.sin(0.12 * step), 0.09 * side, -squat + 0.03 * np.sin(0.4 * step)]
            wanted[slot] = TrackerPose(hips + np.array(away), poses[slot].quaternion)
        return wanted

    finished, own = tracked(monkeypatch, pose, feet, 120)
    trackers = np.array(
        [[feet(i)[s].position for s in slots] for i in range(60, 60 + len(finished))]
    )
    check_bounded(finished, own, trackers)


@pytest.mark.parametrize("bend", [0.0, 1e-12, 1e-7])
def test_the_twist_of_a_straight_arm_does_not_hang_on_rounding(bend):
    """Its elbow was a hand's breadth aside; from where exactly it comes now says nothing."""
    world = world_rotations(rest_pose())
    positions = positions_from_head(world, OFFSETS, HEAD_AT)
    shoulder, elbow, wrist = LIMBS[0]
    along = positions[wrist] - positions[shoulder]
    beside = np.cross(along, (0.0, 0.0, 1.0)) / np.linalg.norm(along)
    above = np.cross(beside, along) / np.linalg.norm(along)
    met = np.zeros(len(SLOTS), bool)
    found = []
    for angle in (0.0, 1.5, 3.0, 4.5):
        before, now = positions.copy(), positions.copy()
        before[elbow] += 0.1 * beside
        now[elbow] += bend * (np.cos(angle) * beside + np.sin(angle) * above)
        trackers = positions[[0] * len(SLOTS)]
        bounds = LimbBounds(RATE)
        bounds.bound(0, WorldPose(world.copy(), before), before, trackers, met, OFFSETS)
        pose = bounds.bound(1, WorldPose(world.copy(), now), before, trackers, met, OFFSETS)
        assert np.linalg.norm(pose.positions[elbow] - now[elbow]) > 0.01  # it is held back
        found.append(pose.world)
    assert np.ptp(found, axis=0).max() < 1e-3


@pytest.mark.parametrize("jumped", [False, True])
def test_a_network_that_jumped_moves_nothing_by_its_jump(jumped):
    """Its motion counts as that of the tick before, and never as more than motion can be."""
    rest = SKELETON.rest_offsets
    world = world_rotations(rest_pose())
    straight = positions_from_head(world, rest, np.array((0.0, 0.0, 1.6)))
    bent = world.copy()
    bent[JOINT_INDEX["left_hip"]] = (
        Rotation.from_euler("y", -80.0, degrees=True).as_matrix() @ bent[JOINT_INDEX["left_hip"]]
    )
    raised = positions_from_head(bent, rest, np.array((0.0, 0.0, 1.6)))
    bounds, nobody = LimbBounds(60.0), np.zeros(6, dtype=bool)
    for index in range(2):
        bounds.bound(index, WorldPose(world, straight), straight, np.zeros((6, 3)), nobody, rest)
    pose = WorldPose(bent, raised)
    pose = bounds.bound(2, pose, raised, np.zeros((6, 3)), nobody, rest, jumped=jumped)
    knee = JOINT_INDEX["left_knee"]
    moved = float(np.linalg.norm(pose.positions[knee] - straight[knee]))
    allowed = MAX_ADDED_SPEED + (0.0 if jumped else MAX_OWN_SPEED)
    assert moved == pytest.approx(allowed / 60.0, abs=1e-3)
