# SPDX-License-Identifier: Apache-2.0
"""Scores of bags: with and without ground truth, with silences and missing ticks."""

import numpy as np
import pytest

from kinest_ros.bags.reader import Bodies
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.errors import KinestError
from kinest_ros.evaluation.bag_scores import drop_outs, score
from kinest_ros.evaluation.bag_tracking import track_bag
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import tracker_frames, true_bodies
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame
from tests.tracking.fakes import SKELETON, FakePredictor

SHIFT = np.array([0.03, 0.0, 0.04])


@pytest.fixture(scope="module")
def motion():
    return generate("standing", SKELETON, 2, 2.0)


@pytest.fixture(scope="module")
def bag(motion, tmp_path_factory):
    """Two seconds with truth; the left hand is silent for a quarter of a second."""
    path = tmp_path_factory.mktemp("bags") / "in"
    frames = tracker_frames(motion, SKELETON)
    with BodyBagWriter(path, SKELETON) as out:
        for body in true_bodies(motion, SKELETON):
            out.write_ground_truth(body)
        for index, frame in enumerate(frames):
            poses = dict(frame.poses)
            if 50 < index <= 50 + 18:
                del poses["left_hand"]
            out.write_frame(TrackerFrame(frame.stamp_ns, poses))
    return path


def _moved(motion, shift, leave_out=()):
    """The true bodies, moved, as they might be read from a bag."""
    made = [b for i, b in enumerate(true_bodies(motion, SKELETON)) if i not in leave_out]
    return Bodies(
        np.array([body.stamp_ns for body in made]), "world",
        np.stack([body.local_rotations for body in made]),
        np.stack([body.positions for body in made]) + shift,
        np.stack([body.tracker_valid for body in made]),
        np.full((len(made), 22), 0.5), np.ones((len(made), 2)), np.full(len(made), 0.012),
    )  # fmt: skip


def test_a_shifted_truth(bag, motion):
    """5 cm off everywhere, and 4 of them up: no speed error, no slide of planted feet."""
    figures = score(bag, _moved(motion, SHIFT)).figures
    assert figures["accuracy"]["mpjpe"] == pytest.approx(5.0, abs=1e-3)
    assert figures["accuracy"]["mpjre"] == pytest.approx(0.0, abs=1e-3)
    assert figures["accuracy"]["mpjve"] == pytest.approx(0.0, abs=1e-3)
    for slot in ("head", "right_hand"):
        assert figures["reprojection_cm"][slot]["p50"] == pytest.approx(5.0, abs=0.05)
    assert figures["latency_ms"]["p50"] == pytest.approx(12.0)
    assert figures["missing"] == 0
    assert figures["floor"] == 0.0
    assert figures["drop_outs"]["left_hand"]["count"] == 1
    assert figures["drop_outs"]["left_hand"]["longest"] == pytest.approx(19 / 72, abs=1e-6)
    assert figures["drop_outs"]["head"] == {"count": 0, "seconds": 0.0, "longest": 0.0}


def test_missing_ticks_are_counted_and_not_stepped_across(bag, motion):
    whole = score(bag, _moved(motion, SHIFT)).figures
    broken = score(bag, _moved(motion, SHIFT, leave_out=range(60, 90))).figures
    assert broken["missing"] == 30
    assert broken["jitter"] < 3 * whole["jitter"]
    assert broken["accuracy"]["mpjve"] == pytest.approx(0.0, abs=1e-3)
    assert broken["accuracy"]["mpjpe"] == pytest.approx(5.0, abs=1e-3)


def test_tracked_in_process_with_the_right_rotations(bag, motion):
    predictor = FakePredictor(lambda step: motion.local_rotations[min(step, len(motion) - 1)])
    bodies, tracked = track_bag(bag, BodyTracker(predictor, SKELETON))
    found = score(bag, bodies, tracked)
    assert found.figures["accuracy"]["mpjpe"] < 0.2
    assert found.figures["reprojection_cm"]["head"]["p95"] < 0.1
    assert found.figures["latency_ms"]["p50"] > 0.0
    assert found.result.sigma is not None


def test_no_truth_no_accuracy(bag, motion, tmp_path):
    with BodyBagWriter(tmp_path / "plain", SKELETON) as out:
        for frame in tracker_frames(motion, SKELETON):
            out.write_frame(frame)
    found = score(tmp_path / "plain", _moved(motion, SHIFT))
    assert found.result is None
    assert found.figures["accuracy"] is None
    assert found.figures["jitter"] > 0.0


def test_too_few_bodies(bag, motion):
    few = _moved(motion, SHIFT, leave_out=range(3, len(motion)))
    with pytest.raises(KinestError, match="at least 4"):
        score(bag, few)
    sparse = _moved(motion, SHIFT, leave_out=[i for i in range(len(motion)) if i % 2])
    with pytest.raises(KinestError, match="60 Hz"):
        score(bag, sparse)


def test_silences():
    stamps = np.array([0.0, 0.05, 0.1, 0.4, 0.45, 1.0]) * 1e9
    assert drop_outs(stamps) == pytest.approx({"count": 2, "seconds": 0.85, "longest": 0.55})


def test_the_worst_five_seconds_and_each_minute(tmp_path):
    """A body that stands perfectly still for 70 s but for a jolt of its feet after 65 s."""
    count = 70 * 60
    positions = np.zeros((count, 22, 3))
    positions[65 * 60 :, :, 0] = 0.02
    bodies = Bodies(
        np.array([10**9 + round(i * 1e9 / 60) for i in range(count)]), "world",
        np.tile([0.0, 0.0, 0.0, 1.0], (count, 22, 1)), positions,
        np.zeros((count, 6), bool), np.ones((count, 22)), np.ones((count, 2)), np.zeros(count),
    )  # fmt: skip
    with BodyBagWriter(tmp_path / "bag", SKELETON) as out:
        for body in true_bodies(generate("standing", SKELETON, 2, 0.2), SKELETON):
            out.write_body(body)
    figures = score(tmp_path / "bag", bodies).figures
    worst = figures["worst_5_s"]
    assert worst["jitter"]["value"] == pytest.approx(figures["jitter"] * 70 / 5, rel=0.05)
    assert 59.9 < worst["jitter"]["from_s"] <= 65.0
    assert 59.9 < worst["slide"]["from_s"] <= 65.0
    assert figures["per_minute"]["jitter"][0] == 0.0 < figures["per_minute"]["jitter"][1]
    assert figures["per_minute"]["missing"] == [0.0, 0.0]
