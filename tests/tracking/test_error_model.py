# SPDX-License-Identifier: Apache-2.0
"""Expected errors of the finished pose: by trackers, by the network's word, by misfits."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import JOINT_INDEX, JOINT_NAMES, SLOT_JOINTS, SLOTS
from kinest_ros.errors import KinestError
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.confidence import sigma_from_confidence
from kinest_ros.tracking.error_model import (
    LARGEST_ERROR,
    TRACKER_ERROR,
    TYPICAL_MISFIT,
    UNCORRECTED,
    ErrorModel,
    Evidence,
)
from kinest_ros.tracking.settings import TrackerSettings
from tests.tracking.fakes import SKELETON, FakePredictor, frames, link_poses, push_all, random_pose

LEFT, RIGHT, ELBOW, KNEE = (
    JOINT_INDEX[name] for name in ("left_wrist", "right_wrist", "left_elbow", "left_knee")
)
HANDS = SLOTS[:3]


def evidence(slots=HANDS, hands=TYPICAL_MISFIT, floor=TYPICAL_MISFIT, left=0.0):
    valid = np.array([slot in slots for slot in SLOTS])
    residuals = np.where(valid, left, np.nan)
    return Evidence(np.linspace(0.02, 0.2, 22), valid, residuals, np.array(hands), np.array(floor))


def test_without_a_fit_only_tracked_joints_are_corrected():
    known = evidence(hands=0.2, floor=0.3)
    sizes = UNCORRECTED.sizes(known)
    tracked = list(SLOT_JOINTS[:3])
    np.testing.assert_allclose(sizes[tracked], TRACKER_ERROR)
    rest = np.setdiff1d(np.arange(22), tracked)
    np.testing.assert_allclose(sizes[rest], known.sigma[rest])


def test_what_is_left_to_a_tracker_is_said():
    sizes = UNCORRECTED.sizes(evidence(left=0.12))
    np.testing.assert_allclose(sizes[LEFT], np.hypot(0.12, TRACKER_ERROR))


def test_no_joint_is_expected_farther_off_than_limbs_reach():
    model = ErrorModel(alone=np.full(22, 1000.0))
    sizes = model.sizes(evidence(("head",), left=2.5))
    assert (sizes[KNEE], sizes[LEFT]) == (LARGEST_ERROR, LARGEST_ERROR)
    head = sizes[JOINT_INDEX["head"]]
    assert head == pytest.approx(2.5, rel=1e-4), "what is left to a tracker is known"
    silent = replace(evidence(), sigma=np.full(22, np.inf))
    assert model.sizes(silent)[KNEE] == np.inf, "a network that says nothing is not made to"


def test_factors_are_by_the_trackers_of_the_limb():
    model = ErrorModel(alone=np.full(22, 3.0), helped=np.full(22, 0.5))
    sigma = evidence().sigma
    hands, all_six = model.sizes(evidence()), model.sizes(evidence(SLOTS))
    assert hands[ELBOW] == pytest.approx(0.5 * sigma[ELBOW])
    assert hands[KNEE] == pytest.approx(3.0 * sigma[KNEE])
    assert all_six[KNEE] == pytest.approx(0.5 * sigma[KNEE])
    one_hand = model.sizes(evidence(("head", "right_hand")))
    assert one_hand[ELBOW] == pytest.approx(3.0 * sigma[ELBOW])
    assert one_hand[LEFT] == pytest.approx(3.0 * sigma[LEFT])
    assert one_hand[RIGHT] == pytest.approx(TRACKER_ERROR)


def test_a_misfit_raises_what_is_expected_of_untracked_joints():
    model = ErrorModel(hands_power=0.5, floor_power=1.0)
    usual, off = model.sizes(evidence()), model.sizes(evidence(hands=0.2, floor=0.25))
    np.testing.assert_allclose(usual[KNEE], evidence().sigma[KNEE])
    assert off[KNEE] > 3.0 * usual[KNEE]
    assert off[LEFT] == usual[LEFT]
    with_feet = model.sizes(evidence(SLOTS, hands=0.2, floor=0.25))
    assert with_feet[KNEE] == pytest.approx(usual[KNEE])
    assert with_feet[ELBOW] == pytest.approx(off[ELBOW])


def test_many_frames_at_once_are_as_one_by_one():
    model = ErrorModel(np.linspace(1, 2, 22), np.linspace(2, 3, 22), 0.4, 0.8)
    single = [evidence(), evidence(SLOTS, 0.1, 0.2, 0.03), evidence(("head",))]
    stacked = Evidence(
        *(np.stack([getattr(e, name) for e in single]) for name in Evidence.__annotations__)
    )
    np.testing.assert_allclose(model.sizes(stacked), [model.sizes(e) for e in single])


def test_round_trip_and_refusals():
    model = ErrorModel(np.linspace(1, 2, 22), np.linspace(2, 3, 22), 0.4, 0.8)
    again = ErrorModel.from_dict({**model.as_dict(), "fitted": {}})
    np.testing.assert_allclose(again.sizes(evidence()), model.sizes(evidence()), rtol=1e-3)
    values = model.as_dict()
    for broken in (
        {},
        {**values, "helped": {"head": 1.0}},
        {**values, "alone": dict.fromkeys(JOINT_NAMES, -1.0)},
        {**values, "floor_power": float("nan")},
    ):
        with pytest.raises(KinestError, match="calibrate-confidence"):
            ErrorModel.from_dict(broken)


def _true_pose():
    local = random_pose(3, 0.2)
    bend = Rotation.from_rotvec([0.0, -1.3, 0.0]).as_matrix()
    local[18], local[19] = bend, bend.T
    return local


def _wrong_pose():
    """The same with the arms stretched out."""
    local = _true_pose()
    local[16:] = np.eye(3)
    return local


def _bodies(poses, error_model=UNCORRECTED):
    """Track somebody whose arms the network has wrong."""
    predictor = FakePredictor(lambda step: _wrong_pose())
    step = predictor.step
    predictor.step = lambda *given: replace(step(*given), error_model=error_model)
    settings = TrackerSettings(frozen_timeout=0.0)  # they are perfectly still
    return push_all(BodyTracker(predictor, SKELETON, settings), frames(range(60, 150), poses))


def _trackers(index):
    poses = link_poses(_true_pose(), np.array([0.0, 0.0, 0.95]))
    return {slot: poses[slot] for slot in HANDS}


def test_a_snapped_wrist_is_sure_and_a_lost_one_is_not():
    def lost_later(index):
        poses = _trackers(index)
        return poses if index < 100 else {s: poses[s] for s in ("head", "right_hand")}

    bodies = _bodies(lost_later)
    sizes = np.array([sigma_from_confidence(body.confidence) for body in bodies])
    assert sizes[30, LEFT] == pytest.approx(TRACKER_ERROR, abs=1e-3)
    assert bodies[30].confidence[LEFT] > 0.9
    network = sigma_from_confidence(np.linspace(0.1, 1.0, 22))
    assert sizes[-1, LEFT] == pytest.approx(network[LEFT])
    assert sizes[-1, RIGHT] == pytest.approx(TRACKER_ERROR, abs=1e-3)


def test_a_wrist_out_of_reach_says_by_how_much():
    def far(index):
        poses = _trackers(index)
        away = replace(poses["left_hand"], position=poses["left_hand"].position + [0.0, 0.9, 0.0])
        return {**poses, "left_hand": away}

    body = _bodies(far)[-1]
    left = np.linalg.norm(body.positions[LEFT] - body.tracker_positions[1])
    assert left > 0.1
    assert sigma_from_confidence(body.confidence)[LEFT] == pytest.approx(left, rel=0.01)
    assert body.confidence[LEFT] < 0.5 < body.confidence[RIGHT]


def test_a_body_that_does_not_fit_its_hands_is_doubted():
    """The network's arms are wrong all along, though the wrists are moved to where they are."""
    model = ErrorModel(hands_power=1.0)
    doubted, taken = _bodies(_trackers, model)[-1], _bodies(_trackers)[-1]
    assert doubted.confidence[KNEE] < taken.confidence[KNEE]
    np.testing.assert_allclose(doubted.positions, taken.positions)
