# SPDX-License-Identifier: Apache-2.0
"""A wearer whose size and devices become known while the body is being tracked."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.frame import BadTrackerPose, TrackerFrame, TrackerPose
from kinest_ros.tracking.settings import TrackerSettings
from kinest_ros.tracking.wearer.bones import MAX_GROWTH_SPEED, Bones
from tests.tracking.fakes import FakePredictor, frames, link_poses, push_all, rest_pose, stamp

SMALL, TALL = Skeleton.from_stature(1.6), Skeleton.from_stature(1.95)
WRISTS = [JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]]


class Predictor(FakePredictor):
    """Remembers the skeleton it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.skeletons: list[Skeleton] = []

    def set_skeleton(self, skeleton: Skeleton) -> None:
        self.skeletons.append(skeleton)


def trackers(z: float = 0.0) -> dict[str, TrackerPose]:
    poses = link_poses(rest_pose(), np.array((0.0, 0.0, 0.9 + z)))
    return {slot: poses[slot] for slot in ("head", "left_hand", "right_hand")}


#: They are perfectly still.
STILL = TrackerSettings(frozen_timeout=0.0)


def speeds(bodies: list) -> np.ndarray:
    """(N - 1, 22) m/s."""
    places = np.array([body.positions for body in bodies])
    ticks = np.diff([body.stamp_ns for body in bodies]) * 1e-9
    return np.linalg.norm(np.diff(places, axis=0), axis=-1) / ticks[:, None]


def test_bones_grow_at_a_bounded_speed_and_arrive() -> None:
    bones = Bones(SMALL.rest_offsets, 60.0)
    assert not bones.advance(1)
    bones.grow(TALL.rest_offsets)
    steps, before = 0, bones.offsets
    while bones.advance(1):
        # No joint is farther from the head than the sum of the bones between.
        change = np.linalg.norm(bones.offsets - before, axis=1)
        assert change.max() * 60.0 < MAX_GROWTH_SPEED
        steps, before = steps + 1, bones.offsets
        assert steps < 200
    assert bones.offsets is TALL.rest_offsets
    assert steps > 20


def test_a_new_wearer_is_reached_without_a_jump() -> None:
    predictor = Predictor()
    tracker = BodyTracker(predictor, SMALL, STILL)
    before = push_all(tracker, frames(range(60), lambda i: trackers()))
    mounts = {
        "head": Mount((-0.09, 0.0, -0.09), (0.0, 0.1, 0.0)),
        "left_hand": Mount((-0.08, 0.0, 0.0), (0.0, 0.0, -1.5)),
        "right_hand": Mount((-0.08, 0.0, 0.0), (0.0, 0.0, 1.5)),
    }
    settings = TrackerSettings(frozen_timeout=0.0, mounts=mounts)
    resets = predictor.resets
    tracker.wear(TALL, settings)
    assert predictor.resets == resets + 1 and predictor.skeletons == [TALL]
    assert tracker.skeleton is TALL
    after = push_all(tracker, frames(range(60, 240), lambda i: trackers()))
    assert [body.stamp_ns for body in after] == [stamp(i) for i in range(60, 240)]
    limit = tracker.settings.max_recovery_speed + MAX_GROWTH_SPEED
    assert speeds([before[-1], *after]).max() < limit
    # In the end everything is where a tracker that always had this wearer has it.
    fresh = BodyTracker(FakePredictor(), TALL, settings)
    expected = push_all(fresh, frames(range(240), lambda i: trackers()))[-1]
    np.testing.assert_allclose(after[-1].positions, expected.positions, atol=1e-9)
    assert after[-1].rest_offsets is TALL.rest_offsets
    assert not np.array_equal(after[3].rest_offsets, TALL.rest_offsets)


@pytest.mark.parametrize("floor", [-0.3, 0.05, 0.3])
def test_a_floor_that_is_elsewhere_lifts_the_feet_slowly(floor: float) -> None:
    tracker = BodyTracker(Predictor(), SMALL, STILL)
    before = push_all(tracker, frames(range(60), lambda i: trackers()))
    tracker.wear(TALL, TrackerSettings(floor_height=floor))
    after = push_all(tracker, frames(range(60, 300), lambda i: trackers()))
    limit = tracker.settings.max_recovery_speed + MAX_GROWTH_SPEED
    assert speeds([before[-1], *after]).max() < limit
    assert after[-1].positions[[10, 11], 2].min() > floor


def test_before_the_first_body_a_wearer_is_simply_there() -> None:
    tracker = BodyTracker(Predictor(), SMALL, STILL)
    tracker.wear(
        TALL,
        TrackerSettings(),
    )
    body = push_all(tracker, frames(range(10), lambda i: trackers()))[0]
    assert body.rest_offsets is TALL.rest_offsets


def test_a_reset_keeps_the_wearer() -> None:
    tracker = BodyTracker(Predictor(), SMALL, STILL)
    push_all(tracker, frames(range(20), lambda i: trackers()))
    tracker.wear(
        TALL,
        TrackerSettings(),
    )
    tracker.reset()
    body = push_all(tracker, frames(range(10), lambda i: trackers()))[0]
    assert tracker.skeleton is TALL and body.rest_offsets is TALL.rest_offsets


def test_the_floor_moves_what_the_network_sees_and_not_what_is_published() -> None:
    predictor = Predictor()
    tracker = BodyTracker(predictor, SMALL, TrackerSettings(frozen_timeout=0.0, floor_height=-1.4))
    bodies = push_all(tracker, frames(range(10), lambda i: trackers(-1.4)))
    np.testing.assert_allclose(predictor.steps[0][0][0], trackers()["head"].position, atol=1e-9)
    head = trackers(-1.4)["head"].position
    np.testing.assert_allclose(bodies[0].positions[15], head, atol=1e-9)
    np.testing.assert_allclose(bodies[0].tracker_positions[0], head, atol=1e-9)


def test_exchanged_hands_are_put_right() -> None:
    settings = TrackerSettings(frozen_timeout=0.0, swap_hands=True)
    right, wrong = trackers(), trackers()
    wrong["left_hand"], wrong["right_hand"] = right["right_hand"], right["left_hand"]
    own = replace(SMALL, own=True)  # so that its arms do not grow to hands out of their reach
    straight = push_all(
        BodyTracker(FakePredictor(), own, STILL), frames(range(10), lambda i: right)
    )
    swapped = push_all(
        BodyTracker(FakePredictor(), own, settings), frames(range(10), lambda i: wrong)
    )
    for one, other in zip(straight, swapped, strict=True):
        np.testing.assert_allclose(one.positions, other.positions)
    # While running: what was received under the wrong names counts for the right side, also for
    # the tick between the last sample before and the first one after.
    predictor = Predictor()
    tracker = BodyTracker(predictor, own, STILL)
    push_all(tracker, frames(np.arange(0.5, 30.0), lambda i: wrong))
    tracker.wear(own, settings)
    seen = len(predictor.steps)
    body = push_all(tracker, frames(np.arange(30.5, 150.0), lambda i: wrong))[-1]
    for side, slot in ((1, "left_hand"), (2, "right_hand")):
        np.testing.assert_allclose(predictor.steps[seen][0][side], right[slot].position, atol=1e-9)
    np.testing.assert_allclose(body.positions[WRISTS], straight[-1].positions[WRISTS], atol=1e-9)


def test_a_bad_pose_of_an_exchanged_hand_is_named_as_it_was_sent() -> None:
    tracker = BodyTracker(Predictor(), SMALL, TrackerSettings(frozen_timeout=0.0, swap_hands=True))
    bad = {"left_hand": TrackerPose((np.nan, 0.0, 1.0), (0.0, 0.0, 0.0, 1.0))}
    with pytest.raises(BadTrackerPose) as caught:
        tracker.push(TrackerFrame(0, {**trackers(), **bad}))
    assert caught.value.slot == "left_hand"


def test_stature_is_estimated_deterministically_and_without_jumps() -> None:
    def head(index: float) -> dict[str, TrackerPose]:
        sway = 0.01 * np.sin(0.1 * index)
        turn = Rotation.from_euler("z", 0.3 * np.sin(0.05 * index)).as_quat()
        return {"head": TrackerPose((sway, 0.0, 1.64 + 0.2 * sway), turn)}

    stream = frames(range(400), head)
    predictor = Predictor()
    tracker = BodyTracker(predictor, SMALL, estimate_stature=True)
    assert not tracker.stature_known
    bodies = push_all(tracker, stream)
    assert tracker.stature_known
    assert "estimated stature" in tracker.skeleton.name
    assert tracker.skeleton.stature > 1.8 and len(predictor.skeletons) == 1
    limit = tracker.settings.max_recovery_speed + MAX_GROWTH_SPEED + 0.2
    assert speeds(bodies).max() < limit
    # Bundled in another way and 90 s later: the same bones at the same ticks.
    again = BodyTracker(Predictor(), SMALL, estimate_stature=True)
    later = [TrackerFrame(frame.stamp_ns + 90_000_000_000, frame.poses) for frame in stream]
    for body, other in zip(bodies, push_all(again, later), strict=True):
        np.testing.assert_array_equal(body.rest_offsets, other.rest_offsets)
    # A jump back in time is a new wearer.
    tracker.push(stream[0])
    assert tracker.skeleton is SMALL and not tracker.stature_known
