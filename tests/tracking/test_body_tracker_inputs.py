# SPDX-License-Identifier: Apache-2.0
"""Bad poses, bundled messages, files: nothing that is not finite, nothing that depends on them."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.body.joints import SLOT_JOINTS, SLOTS
from kinest_ros.errors import KinestError
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.model.weights import save_model
from kinest_ros.runtime.predictor import StreamingPredictor
from kinest_ros.tracking.body_tracker import BadTrackerPose, BodyTracker
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.search import examples
from tests.tracking.fakes import (
    SKELETON,
    FakePredictor,
    frames,
    pose_at,
    push_all,
    random_pose,
    stamp,
)
from tests.tracking.walkers import (
    HANDS,
    HEAD,
    LEFT,
    RIGHT,
    body_tracker,
    upper_body,
    walking,
)

BAD = {
    "nan": TrackerPose((math.nan, 0.0, 1.0), (0, 0, 0, 1)),
    "zero": TrackerPose((0.0, 0.0, 1.0), (0, 0, 0, 0)),
    "far": TrackerPose((0.0, 0.0, 5000.0), (0, 0, 0, 1)),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_poses_leave_the_state_untouched(name):
    stream = frames(range(60, 100), upper_body)
    plain = push_all(body_tracker(), stream)
    tracker = body_tracker()
    bodies = []
    for frame in stream:
        with pytest.raises(BadTrackerPose, match="left_hand"):
            tracker.push(
                TrackerFrame(frame.stamp_ns + 1, dict(frame.poses) | {"left_hand": BAD[name]})
            )
        bodies += tracker.push(frame)
    assert tracker.stats.dropped_invalid["left_hand"] == len(stream)
    for one, two in zip(plain, bodies, strict=True):
        np.testing.assert_array_equal(one.positions, two.positions)


def test_unknown_slots_and_other_frames_are_refused():
    tracker = body_tracker()
    push_all(tracker, frames(range(60, 70), upper_body))
    with pytest.raises(BadTrackerPose, match=r"left_knee.*head, left_hand"):
        tracker.push(TrackerFrame(stamp(70), {"left_knee": pose_at(0, 0, 1)}))
    with pytest.raises(BadTrackerPose, match=r"'odom'.*'world'"):
        tracker.push(TrackerFrame(stamp(70), {"head": pose_at(0, 0, 1)}, "odom"))
    tracker.reset()
    assert tracker.push(TrackerFrame(stamp(70), {"head": pose_at(0, 0, 1)}, "odom")) == []


def test_the_head_decides_the_frame_whoever_is_heard_first():
    tracker = body_tracker()
    bodies = []
    for index in range(60, 80):
        poses = upper_body(index)
        hand = TrackerFrame(stamp(index), {"left_hand": poses["left_hand"]}, "odom")
        if index == 60:
            assert tracker.push(hand) == []
        else:
            with pytest.raises(BadTrackerPose, match=r"left_hand.*'odom'.*'world'"):
                tracker.push(hand)
        for slot in ("head", "right_hand"):
            bodies += tracker.push(TrackerFrame(stamp(index), {slot: poses[slot]}))
    assert [body.stamp_ns for body in bodies] == [stamp(index) for index in range(60, 80)]
    assert {body.frame_id for body in bodies} == {"world"}
    valid = np.array([body.tracker_valid for body in bodies])
    assert not valid[:, 1].any() and valid[:, 0].all() and valid[:, 2].all()


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("field", ["local_rotations", "confidence", "contacts"])
def test_results_that_are_not_finite_are_not_returned(field, value):
    class Failing(FakePredictor):
        def step(self, *trackers):
            prediction = super().step(*trackers)
            if len(self.steps) == 11:
                getattr(prediction, field)[0] = value
            return prediction

    tracker = body_tracker(Failing())
    bodies = push_all(tracker, frames(range(60, 100), upper_body))
    assert [round(body.stamp_ns * 60 / 1e9) for body in bodies] == [*range(60, 70), *range(71, 100)]
    assert tracker.stats.not_finite == 1
    assert tracker.predictor.resets == 2
    assert all(np.isfinite(body.positions).all() for body in bodies)


@settings(max_examples=examples(25))
@given(st.data())
def test_no_input_gives_anything_that_is_not_finite(data):
    """Any stamps and values whatsoever: refused by name, or bodies that are finite and in order."""
    numbers = st.one_of(st.floats(), st.floats(-3.0, 3.0), st.floats(-1e4, 1e4))
    tracker = body_tracker(FakePredictor(lambda step: random_pose(step % 7, 0.5)))
    stamps = st.one_of(st.integers(0, 10**9), st.integers(-(2**63), 2**63 - 1))
    last = None
    for _ in range(40):
        poses = {
            slot: TrackerPose(
                [data.draw(numbers) for _ in range(3)], [data.draw(numbers) for _ in range(4)]
            )
            for slot in data.draw(st.sets(st.sampled_from(SLOTS[:4])))
        }
        resets = tracker.stats.resets
        try:
            bodies = tracker.push(TrackerFrame(data.draw(stamps), poses))
        except BadTrackerPose:
            continue
        assert len(bodies) < 100
        if tracker.stats.resets > resets:
            last = None
        for body in bodies:
            for values in (body.positions, body.local_rotations, body.world_rotations):
                assert np.isfinite(values).all()
            np.testing.assert_allclose(np.linalg.norm(body.local_rotations, axis=-1), 1.0)
            assert last is None or body.stamp_ns > last
            last = body.stamp_ns


@settings(max_examples=examples(10))
@given(st.integers(0, 2**31), st.randoms(use_true_random=False))
def test_bundling_of_messages_changes_nothing(seed, random):
    rng = np.random.default_rng(seed)
    pose = [random_pose(seed + step, 0.1) for step in range(3)]
    whole, split = (body_tracker(FakePredictor(lambda step: pose[step % 3])) for _ in "ab")
    one, two = [], []
    gone = rng.integers(60, 90, 2)
    for index in np.arange(60.0, 110.0, rng.uniform(0.5, 3.0)):
        poses = upper_body(index)
        if gone[0] <= index < gone[0] + 25:
            del poses["right_hand"]
        one += whole.push(TrackerFrame(stamp(index), poses))
        order = list(poses)
        random.shuffle(order)
        for slot in order:
            two += split.push(TrackerFrame(stamp(index), {slot: poses[slot]}))
    assert len(one) > 40
    for first, second in zip(one, two, strict=True):
        assert first.stamp_ns == second.stamp_ns
        np.testing.assert_array_equal(first.positions, second.positions)


def test_built_from_files(tmp_path):
    path = save_model(StreamingKineST(StreamingConfig.tiny()), tmp_path / "tiny.safetensors", {})
    SKELETON.save(tmp_path / "me.npz")
    stream = frames(range(60, 70), upper_body)
    built = BodyTracker.build(str(path), "cpu", skeleton_file=tmp_path / "me.npz")
    assert len(push_all(built, stream)) == 10
    np.testing.assert_array_equal(built.skeleton.rest_offsets, SKELETON.rest_offsets)
    taller = BodyTracker.build(str(path), "cpu", stature=2.0)
    assert taller.skeleton.stature == pytest.approx(2.0, abs=0.01)
    with pytest.raises(KinestError, match=r"none\.safetensors"):
        BodyTracker.build(str(tmp_path / "none.safetensors"), "cpu")


@pytest.mark.parametrize("splits", [1, 3])
def test_the_same_frames_in_pieces_with_the_real_network(splits):
    """The state is carried: pushing a stream in pieces is pushing the stream."""
    torch.manual_seed(0)
    model = StreamingKineST(StreamingConfig.tiny())
    stream = frames(np.arange(60.0, 120.0, 0.8), upper_body)
    whole, pieces = (BodyTracker(StreamingPredictor(model, SKELETON), SKELETON) for _ in "ab")
    one = push_all(whole, stream)
    bounds = np.linspace(0, len(stream), splits + 1).astype(int)
    two = [
        body
        for start, stop in itertools.pairwise(bounds)
        for body in push_all(pieces, stream[start:stop])
    ]
    assert len(one) == len(two) > 55
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first.positions, second.positions)
        index = first.stamp_ns * 60 / 1e9
        np.testing.assert_allclose(
            first.positions[HEAD], walking(index)["head"].position, atol=1e-3
        )


def test_slots_are_in_the_order_the_tracker_relies_on():
    assert SLOTS[:3] == HANDS
    assert SLOT_JOINTS[:3] == (HEAD, LEFT, RIGHT)
