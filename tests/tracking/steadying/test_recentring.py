# SPDX-License-Identifier: Apache-2.0
"""The trackers' origin jumps: the body goes along, in its posture, with the floor under it."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import SLOTS
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.search import examples
from tests.tracking.fakes import SKELETON, FakePredictor, link_poses, push_all, random_pose

START, AT, END = 1.6, 2.0, 2.7
USUAL = ("head", "left_hand", "right_hand")


@functools.lru_cache(maxsize=1000)
def people(time):
    """Link poses of somebody who sways and bobs; time in s."""
    local = random_pose(3, 0.1)
    local[16:18] = local[16:18] @ Rotation.from_rotvec([0.0, 0.0, -0.8]).as_matrix()
    local[0] = Rotation.from_rotvec([0.0, 0.0, 0.6 * time]).as_matrix() @ local[0]
    root = [0.8 * time, 0.1 * np.sin(3.0 * time), 0.93 + 0.03 * np.sin(9.0 * time)]
    return link_poses(local, np.array(root))


@functools.lru_cache
def about_z(yaw):
    return Rotation.from_euler("z", yaw, degrees=True)


def moved(pose, yaw, shift):
    turn = about_z(yaw)
    quaternion = (turn * Rotation.from_quat(pose.quaternion)).as_quat()
    return TrackerPose(turn.apply(pose.position) + shift, quaternion)


def stream(change, rate, slots=USUAL, phase=0.0, end=END):
    """Frames in which everything is changed by change(pose, time)."""
    times = START + phase / rate + np.arange(int((end - START) * rate)) / rate
    return [
        TrackerFrame(
            round(time * 1e9), {slot: change(people(time)[slot], time, slot) for slot in slots}
        )
        for time in times
    ]


def tracked(change, rate=72.0, slots=USUAL, phase=0.0, end=END):
    predictor = FakePredictor(lambda step: random_pose(3, 0.1))
    tracker = BodyTracker(predictor, SKELETON)
    return tracker, push_all(tracker, stream(change, rate, slots, phase, end)), predictor


@functools.cache
def as_it_is(rate=72.0, slots=USUAL, phase=0.0):
    """The same of an origin that stays."""
    return tracked(lambda pose, time, slot: pose, rate, slots, phase)


CHANGES = [
    (90.0, (1.5, 0.3, 0.0)),
    (180.0, (0.0, 0.0, 0.0)),
    (-170.0, (8.0, -3.0, 0.2)),
    (0.0, (0.0, 0.0, 0.4)),
    (0.0, (0.0, 0.0, -0.4)),
    (0.0, (0.0, 0.0, -1.5)),
    (0.0, (0.2, 0.0, 0.0)),
]


@pytest.mark.parametrize(
    "rate, slots", [(30.0, USUAL), (72.0, ("head",)), (72.0, USUAL), (120.0, SLOTS)]
)
@pytest.mark.parametrize("yaw, shift", CHANGES)
def test_the_body_goes_along(yaw, shift, rate, slots):
    """Half a second later it is where it would be had the origin always been there."""
    if rate == 30.0 and abs(yaw) == 180.0:
        pytest.skip("half a turn between two samples goes either way round")

    def recentred(pose, time, slot):
        return moved(pose, yaw, shift) if time >= AT else pose

    plain, usual, before = as_it_is(rate, slots)
    tracker, bodies, after = tracked(recentred, rate, slots)
    assert tracker.stats.recentrings == 1 and plain.stats.recentrings == 0
    assert tracker.stats.floor_moved == pytest.approx(shift[2], abs=0.02)
    turn = about_z(yaw)
    assert len(bodies) == len(usual)
    for body, other in zip(bodies, usual, strict=True):
        if body.stamp_ns < (AT - 1.0 / rate) * 1e9:
            np.testing.assert_array_equal(body.positions, other.positions)
        elif body.stamp_ns > (AT + 0.56) * 1e9:
            # Hung from the head, exactly; the posture is its own.
            head = turn.apply(other.positions[15]) + shift
            np.testing.assert_allclose(body.positions[15], head, atol=1e-9)
            heights = body.positions[:, 2] - other.positions[:, 2] - shift[2]
            np.testing.assert_allclose(heights, 0.0, atol=0.03)
    # The network saw nobody jump.
    for (one, *_), (other, *_) in zip(after.steps, before.steps, strict=True):
        np.testing.assert_allclose(one[0, 2], other[0, 2], atol=0.02)
    steps = np.diff([one[0] for one, *_ in after.steps], axis=0)
    assert np.linalg.norm(steps, axis=1).max() < 0.08


def test_the_way_there_takes_no_jump():
    def recentred(pose, time, slot):
        return moved(pose, 0.0, (0.0, 0.0, 0.4)) if time >= AT else pose

    _, bodies, _ = tracked(recentred)
    positions = np.array([body.positions for body in bodies])
    speed = np.linalg.norm(np.diff(positions, axis=0), axis=-1) * 60.0
    assert speed.max() < 2.55 + 1.6


@pytest.mark.parametrize("yaw, shift", [(0.0, (1.5, 0.0, 0.0)), (170.0, (0.0, 0.0, 0.0))])
@pytest.mark.slow
def test_a_body_on_its_way_is_not_believed(yaw, shift):
    """Half a metre off, no joint is sure to 5 cm; some seconds later all are as sure as ever."""

    def recentred(pose, time, slot):
        return moved(pose, yaw, shift) if time >= AT else pose

    _, usual, _ = tracked(lambda pose, time, slot: pose, end=AT + 3.0)
    _, bodies, _ = tracked(recentred, end=AT + 3.0)
    for body, other in zip(bodies, usual, strict=True):
        time = body.stamp_ns / 1e9
        if AT + 0.02 < time < AT + 0.2:
            assert body.confidence.max() < 0.4
        elif time < AT - 0.02 or time > AT + 2.5:
            np.testing.assert_allclose(body.confidence, other.confidence, atol=0.02)


@settings(max_examples=examples(8))
@given(st.floats(0.0, 1.0), st.floats(-1.0, 1.0), st.floats(-180.0, 180.0))
@pytest.mark.slow
def test_whenever_it_happens_between_ticks(phase, height, yaw):
    shift = np.array([1.0, 0.0, height])

    def recentred(pose, time, slot):
        return moved(pose, yaw, shift) if time >= AT else pose

    tracker, bodies, _ = tracked(recentred, 72.0, USUAL, phase)
    _, usual, _ = as_it_is(72.0, USUAL, phase)
    assert tracker.stats.recentrings == 1
    heights = bodies[-1].positions[:, 2] - usual[-1].positions[:, 2] - height
    np.testing.assert_allclose(heights, 0.0, atol=0.03)


@pytest.mark.parametrize("away", [0.15, 1.0])
def test_a_lone_wild_sample_is_no_recentring(away):
    def glitch(pose, time, slot):
        return moved(pose, 0.0, (away, 0.0, 0.0)) if abs(time - AT) < 0.004 else pose

    tracker, bodies, _ = tracked(glitch)
    _, usual, _ = as_it_is()
    assert tracker.stats.recentrings == 0
    for body, other in zip(bodies, usual, strict=True):
        assert np.linalg.norm(body.positions[15] - other.positions[15]) < 0.03


# Farther off, a hand is out of reach and let go: its wrist has 1.8 m to go, at 2.55 m/s.
@pytest.mark.parametrize("away, end", [(0.5, END), (1.0, AT + 0.85)])
def test_a_head_that_jumps_alone_is_followed_as_before(away, end):
    """The hands stay, whatever that is, the origin did not move."""

    def jumped(pose, time, slot):
        return moved(pose, 0.0, (away, 0.0, 0.0)) if time >= AT and slot == "head" else pose

    tracker, bodies, _ = tracked(jumped, end=end)
    assert tracker.stats.recentrings == 0
    wanted = people(bodies[-1].stamp_ns / 1e9)["head"].position + [away, 0.0, 0.0]
    np.testing.assert_allclose(bodies[-1].positions[15], wanted, atol=0.01)


def test_a_reset_begins_where_the_trackers_say():
    def recentred(pose, time, slot):
        return moved(pose, 0.0, (0.0, 0.0, 0.4)) if time >= AT else pose

    tracker, _, predictor = tracked(recentred)
    tracker.reset()
    push_all(tracker, stream(recentred, 72.0)[-30:])
    assert predictor.steps[-1][0][0, 2] == pytest.approx(
        people(END)["head"].position[2] + 0.4, abs=0.05
    )
