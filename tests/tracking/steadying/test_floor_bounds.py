# SPDX-License-Identifier: Apache-2.0
"""Whoever lies down lies on the floor, not below it."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.fitting.posing import positions_from_head, world_rotations
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from kinest_ros.tracking.steadying.floor_bounds import FloorBounds
from tests.search import examples
from tests.tracking.fakes import (
    SKELETON,
    FakePredictor,
    link_poses,
    push_all,
    random_pose,
    rest_pose,
    stamp,
)

RATE, DOWN, END = 60.0, 1.5, 3.0
#: Where nothing stays for longer than a fifth of a second, m.
DEEPEST, LONGEST = -0.05, 0.2
POSES = {
    "on the back": [0.0, -90.0, 0.0],
    "on the belly": [0.0, 90.0, 0.0],
    "on the belly, looking up": [0.0, 20.0, 0.0],
    "on the side": [90.0, 0.0, 0.0],
    "on the other side": [-90.0, 0.0, 0.0],
}


def lying_down(angles, height, hands=True):
    """Head and hands, in links' axes, of somebody who lies down within 1.5 s."""
    ends = Rotation.from_euler("xyz", [[0.0, 0.0, 0.0], angles], degrees=True)
    turns = Slerp([0.0, 1.0], ends)
    stream = []
    for index in range(round(END * RATE)):
        share = np.clip(index / RATE / DOWN, 0.0, 1.0)
        share = share * share * (3.0 - 2.0 * share)
        turn = turns(share)
        head = np.array([-0.5 * share, 0.0, 1.5 + share * (height - 1.5)])
        found = {"head": TrackerPose(head, turn.as_quat())}
        for side, slot in ((1.0, "left_hand"), (-1.0, "right_hand")) if hands else ():
            at = head + turn.apply([0.0, 0.25 * side, -0.65])
            at[2] = max(at[2], 0.04)
            found[slot] = TrackerPose(at, (turn * Rotation.from_euler("x", -75 * side)).as_quat())
        stream.append(TrackerFrame(round((1.0 + index / RATE) * 1e9), found))
    return stream


def check_above(bodies, floor=0.0):
    positions = np.array([body.positions for body in bodies])
    deep = (positions[..., 2] < floor + DEEPEST).any(axis=1)
    longest = longest_run = 0
    for below in deep:
        longest_run = longest_run + 1 if below else 0
        longest = max(longest, longest_run)
    assert longest <= LONGEST * RATE, (longest, positions[-1, :, 2].round(2))
    return positions


@pytest.mark.slow
@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize(("height", "floor"), [(0.06, 0.0), (0.15, -0.6)])
def test_lying(real_tracker, pose, height, floor):
    """By the real network, which has seen hardly anybody lie."""
    tracker = real_tracker(floor)
    stream = [
        TrackerFrame(
            frame.stamp_ns,
            {s: TrackerPose(p.position + [0.0, 0.0, floor], p.quaternion)
             for s, p in frame.poses.items()},
        )
        for frame in lying_down(POSES[pose], height)
    ]  # fmt: skip
    bodies = [body for frame in stream for body in tracker.push(frame)]
    positions = check_above(bodies, floor)
    heads = np.array([frame.poses["head"].position for frame in stream[: len(bodies)]])
    np.testing.assert_allclose(positions[:, 15], heads, atol=1e-6)
    speed = np.linalg.norm(np.diff(positions, axis=0), axis=-1) * RATE
    assert speed.max() < 9.0


@pytest.fixture(scope="module")
def real_tracker():
    model = BodyTracker.build(stature=1.7).predictor.model

    def build(floor):
        from kinest_ros.tracking.settings import TrackerSettings

        settings = TrackerSettings(floor_height=floor)
        return BodyTracker.build(weights=model, stature=1.7, settings=settings)

    return build


@settings(max_examples=examples(15))
@example(7763, 0.0, [0.0, 0.0, 0.0])  # its ankles are below its toes
@given(
    st.integers(0, 2**31),
    st.floats(0.0, 1.6),
    st.lists(st.floats(-180.0, 180.0), min_size=3, max_size=3),
)
@pytest.mark.slow
def test_whatever_the_network_says(seed, height, angles):
    tracker = BodyTracker(FakePredictor(lambda _: random_pose(seed, 0.3)), SKELETON)
    stream = lying_down(angles, height, hands=False)
    check_above([body for frame in stream for body in tracker.push(frame)])


def test_a_body_above_the_floor_is_not_touched():
    world = world_rotations(random_pose(3, 0.2))
    positions = positions_from_head(world, SKELETON.rest_offsets, np.array([0.0, 0.0, 1.6]))
    bounds = FloorBounds(RATE)
    rest = positions, SKELETON.rest_offsets, np.eye(3), 0.0
    assert bounds.lift(world, *rest) is world


@pytest.mark.parametrize("slots", [("head",), ("head", "right_hand")])
def test_a_hand_that_nobody_tracks_hangs_above_the_floor(slots):
    """Of somebody who sits bowed, with the arms where the network has them: straight down."""
    local = rest_pose()
    shoulders = [JOINT_INDEX["left_shoulder"], JOINT_INDEX["right_shoulder"]]
    local[shoulders] = Rotation.from_euler("z", [[-85.0], [85.0]], degrees=True).as_matrix()
    local[JOINT_INDEX["spine1"]] = Rotation.from_euler("x", 50.0, degrees=True).as_matrix()
    local[[JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]] = Rotation.from_euler(
        "x", -100.0, degrees=True
    ).as_matrix()
    local[shoulders] = Rotation.from_euler("x", -50.0, degrees=True).as_matrix() @ local[shoulders]
    found = link_poses(local, np.array((0.0, 0.0, 0.16)))
    poses = {slot: found[slot] for slot in slots}
    if "right_hand" in poses:
        x, y, _ = poses["right_hand"].position
        poses["right_hand"] = TrackerPose((x + 0.2, y, 0.2), poses["right_hand"].quaternion)
    tracker = BodyTracker(FakePredictor(lambda step: local), SKELETON)
    bodies = push_all(tracker, [TrackerFrame(stamp(i), poses) for i in range(60, 110)])
    hand = JOINT_INDEX["left_wrist"]
    assert found["left_hand"].position[2] < -0.05
    assert min(body.positions[hand, 2] for body in bodies[15:]) > -0.01
    if "right_hand" in poses:
        reached = bodies[-1].positions[JOINT_INDEX["right_wrist"]]
        np.testing.assert_allclose(reached, poses["right_hand"].position, atol=1e-3)
