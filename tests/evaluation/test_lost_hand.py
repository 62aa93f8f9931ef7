# SPDX-License-Identifier: Apache-2.0
"""Lost hands: what is measured, on networks whose behaviour is known."""

import numpy as np
import pytest

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import matrices_from_quaternions
from kinest_ros.evaluation.lost_hand import Loss, lose_hands, recovery_time, summarise_losses
from kinest_ros.evaluation.tracking import EvaluationSettings
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.clips.corpus import build_corpus
from kinest_ros.motion.clips.labels import ClipLabel
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.settings import TrackerSettings
from tests.tracking.fakes import SKELETON, FakePredictor, rest_pose

LABEL = ClipLabel("a/b.npz", "a", "g", "b")


def test_recovery_is_the_last_time_outside():
    assert recovery_time(np.array([0.005, 0.002])) == 0.0
    assert recovery_time(np.array([0.3, 0.2, 0.005, 0.02, 0.001, 0.0])) == pytest.approx(4 / 60)
    assert recovery_time(np.array([0.3, 0.2])) == float("inf")


def test_summary_of_losses():
    other = ClipLabel("c/d.npz", "c", "g", "d")
    losses = [
        Loss(LABEL, 3.0, 2.0, 0.1, 0.2, 1.0), Loss(LABEL, 5.0, 2.0, 0.2, 0.5, 2.0),
        Loss(other, 8.0, 4.0, float("inf"), 0.7, 3.0),
    ]  # fmt: skip
    found = summarise_losses(losses)
    assert (found["error_cm"], found["undisturbed_cm"]) == (6.0, 3.0)
    assert found["growth"] == pytest.approx(1.0)
    assert found["recovery_s"] == {"p50": 0.2, "p95": None, "max": None}
    assert found["added_speed"]["max"] == 3.0
    assert found["gap_m"] == 0.7
    # The last one was further off than that.
    assert found["recovery_near_s"] == {"p50": 0.2, "p95": 0.2, "max": 0.2}
    assert summarise_losses(losses[2:])["recovery_near_s"] is None


def test_a_network_that_holds_the_arm_out():
    """The true body raises its arms; the network knows nothing but the T-pose.

    With the hands there the snap brings the wrists to their trackers; without, the arm goes back
    to the T-pose, and returns at a bounded speed.
    """
    local = np.tile(rest_pose(), (180, 1, 1, 1))
    down = matrices_from_quaternions(np.array([0.0, 0.0, -np.sin(0.6), np.cos(0.6)]))
    local[:, JOINT_INDEX["left_shoulder"]] = down
    local[:, JOINT_INDEX["right_shoulder"]] = down.T
    truth = Motion(local, np.tile([0.0, 0.0, SKELETON.pelvis_height], (180, 1)), 60.0)
    corpus = build_corpus([(truth, SKELETON, "a")] * 3)
    made = []

    def make(skeleton):
        made.append(BodyTracker(FakePredictor(), skeleton, TrackerSettings(frozen_timeout=0.0)))
        return made[-1]

    losses = lose_hands(corpus, make, 1.0, EvaluationSettings(), [LABEL] * 3)
    assert len(losses) == 3
    assert len(made) == 6
    positions, _ = forward_kinematics_np(local[:1], SKELETON.rest_offsets, np.zeros((1, 3)))
    rest, _ = forward_kinematics_np(rest_pose(), SKELETON.rest_offsets, np.zeros(3))
    reach = np.linalg.norm((positions[0] - rest)[JOINT_INDEX["left_wrist"]])
    for loss in losses:
        assert loss.gap == pytest.approx(reach, abs=0.02)
        assert loss.undisturbed < 0.1 < loss.error
        assert 0.05 < loss.recovery < 0.5
        assert 0.5 < loss.added_speed < 3.2


def test_short_clips_are_left_out():
    still = Motion(np.tile(rest_pose(), (100, 1, 1, 1)), np.tile([0.0, 0.0, 0.95], (100, 1)), 60.0)
    corpus = build_corpus([(still, SKELETON, "a")])
    assert lose_hands(corpus, None, 2.0, EvaluationSettings(), [LABEL]) == []
