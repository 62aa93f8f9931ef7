# SPDX-License-Identifier: Apache-2.0
"""Single wild samples and clocks that are apart do not show in the body."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.tracking.body_pose import TrackerState
from kinest_ros.tracking.body_tracker import BodyTracker, TrackerSettings
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.tracking.fakes import SKELETON, FakePredictor, frames, pose_at, push_all

HEAD = JOINT_INDEX["head"]
EVERY = 30


def poses(index):
    """A person who walks to and fro and swings the arms."""
    x, swing = 0.5 * np.sin(index / 30), 0.2 * np.sin(index / 10)
    return {
        "head": pose_at(x, 0.0, 1.6),
        "left_hand": pose_at(x + 0.2 + swing, 0.3, 1.1),
        "right_hand": pose_at(x + 0.2 - swing, -0.3, 1.1),
    }


def track(stream, **settings):
    tracker = BodyTracker(FakePredictor(), SKELETON, TrackerSettings(**settings))
    return tracker, push_all(tracker, stream)


def positions(bodies):
    return np.array([body.positions for body in bodies])


@pytest.mark.parametrize("rate", [1.0, 1.37])
@pytest.mark.parametrize("slot", ["head", "left_hand"])
@pytest.mark.parametrize(
    "glitch",
    [
        lambda pose: TrackerPose(np.add(pose.position, (0.0, 0.25, 0.0)), pose.quaternion),
        lambda pose: TrackerPose(np.add(pose.position, (1.0, 0.0, 0.0)), pose.quaternion),
        lambda pose: TrackerPose((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)),
        lambda pose: TrackerPose(pose.position, Rotation.from_rotvec([0, 2.5, 0]).as_quat()),
    ],
    ids=["25 cm", "1 m", "placeholder", "flip"],
)
def test_single_wild_samples_do_not_show(slot, glitch, rate):
    plain = frames(np.arange(60, 240, 1 / rate), poses)
    wild = [
        TrackerFrame(f.stamp_ns, f.poses | {slot: glitch(f.poses[slot])}) if i % EVERY == 9 else f
        for i, f in enumerate(plain)
    ]
    (_, expected), (tracker, bodies) = track(plain), track(wild)
    assert [body.stamp_ns for body in bodies] == [body.stamp_ns for body in expected]
    off = np.linalg.norm(positions(bodies) - positions(expected), axis=-1)
    assert off.max() < 0.02
    assert all(body.tracker_valid[:3].all() for body in bodies)
    dropped = len(range(9, len(wild), EVERY))
    stats = tracker.stats
    counted = {s: stats.dropped_outlier[s] + stats.dropped_placeholder[s] for s in stats.received}
    assert counted == {s: dropped * (s == slot) for s in tracker.stats.received}


def test_a_head_that_is_recentred_is_followed_at_bounded_speed_from_its_second_sample():
    def recentred(index):
        shift = np.array((0.25, -0.1, 0.0)) * (index >= 100)
        return {
            slot: TrackerPose(pose.position + shift, pose.quaternion)
            for slot, pose in poses(index).items()
        }

    tracker, bodies = track(frames(range(60, 200), recentred))
    assert [round(body.stamp_ns * 60 / 1e9) for body in bodies] == list(range(60, 200))
    assert sum(tracker.stats.dropped_outlier.values()) == 0
    steps = np.linalg.norm(np.diff(positions(bodies)[:, HEAD], axis=0), axis=-1) * 60
    assert steps.max() < 1.0 + tracker.settings.max_recovery_speed
    np.testing.assert_allclose(
        bodies[-1].positions[HEAD], recentred(199)["head"].position, atol=1e-6
    )


@pytest.mark.parametrize("apart", [-0.2, -0.1, 0.05, 0.1, 0.2])
def test_the_head_is_exact_whatever_the_clocks_of_the_hands(apart):
    stream = []
    for frame in frames(np.arange(60, 240, 2 / 3), poses):
        hands = {slot: pose for slot, pose in frame.poses.items() if slot != "head"}
        stream.append(TrackerFrame(frame.stamp_ns, {"head": frame.poses["head"]}))
        stream.append(TrackerFrame(frame.stamp_ns + round(apart * 1e9), hands))
    _, bodies = track(stream)
    assert len(bodies) > 170
    for body in bodies[20:]:
        index = body.stamp_ns * 60 / 1e9
        assert body.tracker_state[0] == TrackerState.MEASURED
        # Between two samples 2/3 of a tick apart.
        np.testing.assert_allclose(body.positions[HEAD], poses(index)["head"].position, atol=2e-4)
        if apart > 0:
            assert (body.tracker_state[1:3] == TrackerState.MEASURED).all()
        elif apart < -0.1:
            assert (body.tracker_state[1:3] == TrackerState.HELD).all()


def test_the_patience_is_a_setting():
    """Hands 70 ms late are held with 25 ms of patience, and measured with 80."""
    seen = {}
    for patience in (0.025, 0.08):
        arrivals = []
        for frame in frames(range(60, 160), poses):
            arrivals.append((frame.stamp_ns, {"head": frame.poses["head"]}, frame.stamp_ns))
            hand = {"left_hand": frame.poses["left_hand"]}
            arrivals.append((frame.stamp_ns + 70_000_000, hand, frame.stamp_ns))
        arrivals.sort(key=lambda arrival: arrival[0])
        stream = [TrackerFrame(stamp_ns, poses) for _, poses, stamp_ns in arrivals]
        _, bodies = track(stream, patience=patience)
        seen[patience] = {int(body.tracker_state[1]) for body in bodies[10:-10]}
    assert TrackerState.MEASURED not in seen[0.025]
    assert seen[0.08] == {TrackerState.MEASURED}
