# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from kinest_ros.bags import topics
from kinest_ros.bags.contents import read_tracker_frames
from kinest_ros.bags.reader import BagReader, read_bodies
from kinest_ros.bags.replay import replay
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.decoding.poses import tracker_frame, tracker_pose
from kinest_ros.errors import KinestError
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import tracker_frames, true_bodies
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from kinest_ros.tracking.settings import TrackerSettings
from tests.tracking.fakes import SKELETON, FakePredictor


def oracle(motion):
    """A predictor that knows the motion; its first step is the tick of the first stamp."""
    return FakePredictor(lambda step: motion.local_rotations[min(step, len(motion) - 1)])


@pytest.fixture
def source(tmp_path):
    """A second of motion at 72 Hz with ground truth, and the motion."""
    motion = generate("standing", SKELETON, 2, 2.0)
    with BodyBagWriter(tmp_path / "in", SKELETON) as bag:
        for body in true_bodies(motion, SKELETON):
            bag.write_ground_truth(body)
        for frame in tracker_frames(motion, SKELETON):
            bag.write_frame(frame)
    return tmp_path / "in", motion


def run(path, out, tracker, **options):
    with BagReader(path) as bag, BodyBagWriter(out, SKELETON) as writer:
        return replay(bag, writer, tracker, **options)


def test_the_right_rotations_give_the_true_body(source, tmp_path):
    path, motion = source
    settings = TrackerSettings(smooth_posture=False)
    tracker = BodyTracker(oracle(motion), SKELETON, settings)
    report = run(path, tmp_path / "out", tracker)
    found, truth = read_bodies(tmp_path / "out"), read_bodies(path, topics.GROUND_TRUTH)
    assert report.bodies == len(found) >= 115
    rows = np.searchsorted(truth.stamps_ns, found.stamps_ns)
    np.testing.assert_array_equal(truth.stamps_ns[rows], found.stamps_ns)
    np.testing.assert_allclose(found.positions, truth.positions[rows], atol=2e-3)
    summary = report.summary(tracker)
    assert summary["bodies_out"] == len(found)
    assert summary["poses_in"] == {"head": 143, "left_hand": 143, "right_hand": 143}
    assert summary["reprojection_cm"]["head"]["p95"] < 0.1
    assert summary["dropped"] == {"late": {}, "duplicate": {}, "outlier": {}, "invalid": {}}


def test_gives_the_bodies_that_pushing_the_frames_gives(source, tmp_path):
    path, motion = source
    run(path, tmp_path / "out", BodyTracker(oracle(motion), SKELETON))
    direct = BodyTracker(oracle(motion), SKELETON)
    bodies = [body for frame in read_tracker_frames(path) for body in direct.push(frame)]
    found = read_bodies(tmp_path / "out")
    np.testing.assert_array_equal(found.stamps_ns, [body.stamp_ns for body in bodies])
    np.testing.assert_array_equal(found.positions, [body.positions for body in bodies])
    np.testing.assert_array_equal(found.local_rotations, [b.local_rotations for b in bodies])


@pytest.mark.slow
def test_inputs_and_truth_are_copied_or_left_out(source, tmp_path):
    path, motion = source
    run(path, tmp_path / "with", BodyTracker(oracle(motion), SKELETON))
    run(path, tmp_path / "without", BodyTracker(oracle(motion), SKELETON), keep_inputs=False)
    outputs = {topics.TF, topics.JOINT_STATES, topics.BODY, topics.ROBOT_DESCRIPTION}
    with BagReader(path) as one, BagReader(tmp_path / "with") as two:
        assert two.types.keys() == one.types.keys() | outputs
        for topic in one.types:
            first = [(m.time_ns, m.data) for m in one.messages([topic])]
            assert first == [(m.time_ns, m.data) for m in two.messages([topic])]
    with BagReader(tmp_path / "without") as bag:
        assert bag.types.keys() == outputs


def test_bad_poses_are_reported_and_do_no_harm(source, tmp_path):
    path, motion = source
    spoilt = tmp_path / "spoilt"
    with BagReader(path) as bag, BodyBagWriter(spoilt) as out:
        for index, message in enumerate(bag.messages(list(topics.POSE_TOPICS.values()))):
            slot, stored = message.topic.split("/")[2], bag.decode(message)
            frame = tracker_frame(stored.header, {slot: tracker_pose(stored.pose)})
            if index % 50 == 7:
                slot = next(iter(frame.poses))
                bad = TrackerPose(np.full(3, np.nan), frame.poses[slot].quaternion)
                frame = TrackerFrame(frame.stamp_ns, {slot: bad})
            out.write_frame(frame)
    tracker = BodyTracker(oracle(motion), SKELETON)
    report = run(spoilt, tmp_path / "out", tracker)
    assert report.bad_poses
    assert all(text.startswith("/kinest/") for text in report.bad_poses.values())
    assert sum(report.summary(tracker)["dropped"]["invalid"].values()) == 9
    found = read_bodies(tmp_path / "out")
    assert np.isfinite(found.positions).all()
    assert len(found) >= 115


def test_no_body_is_an_error_and_leaves_nothing(tmp_path):
    with BodyBagWriter(tmp_path / "in") as bag:
        bag.write_frame(TrackerFrame(10**9, {"head": TrackerPose((0, 0, 1.6), (0, 0, 0, 0))}))
    with pytest.raises(KinestError, match=r"no body.*quaternion"):
        run(tmp_path / "in", tmp_path / "out", BodyTracker(FakePredictor(), SKELETON))
    assert not (tmp_path / "out").exists()


def test_head_topic_is_needed(tmp_path):
    with BodyBagWriter(tmp_path / "in") as bag:
        bag.write_frame(TrackerFrame(10**9, {"left_hand": TrackerPose((0, 0, 1), (0, 0, 0, 1))}))
    with pytest.raises(KinestError, match=r"--topic head:="):
        run(tmp_path / "in", tmp_path / "out", BodyTracker(FakePredictor(), SKELETON))
