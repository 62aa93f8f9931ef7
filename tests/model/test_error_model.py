# SPDX-License-Identifier: Apache-2.0
"""Expected errors of the finished pose: by trackers, by the network's word, by misfits."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import JOINT_INDEX, JOINT_NAMES, SLOT_JOINTS, SLOTS
from kinest_ros.errors import KinestError
from kinest_ros.model.confidence import sigma_from_confidence
from kinest_ros.model.error_model import (
    HELPERS,
    LARGEST_ERROR,
    TOLERATED,
    TRACKER_ERROR,
    TYPICAL_MISFIT,
    UNCORRECTED,
    ErrorModel,
    Evidence,
)
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.settings import TrackerSettings
from tests.tracking.fakes import (
    SKELETON,
    FakePredictor,
    frames,
    link_poses,
    push_all,
    random_pose,
    rest_pose,
)

LEFT, RIGHT, ELBOW, KNEE = (
    JOINT_INDEX[name] for name in ("left_wrist", "right_wrist", "left_elbow", "left_knee")
)
HANDS = SLOTS[:3]
#: m, of a limb whose tracker is a metre off: a confidence of 0.11.
TYPICAL_DOUBT = 0.8


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


@pytest.mark.parametrize("slot", SLOTS)
def test_what_contradicts_a_tracker_is_doubted_along_its_limb(slot):
    known = evidence(SLOTS)
    usual = UNCORRECTED.sizes(known)
    residuals = known.residuals.copy()
    residuals[SLOTS.index(slot)] = 1.0
    sizes = UNCORRECTED.sizes(replace(known, residuals=residuals))
    limb = np.flatnonzero(SLOTS.index(slot) == HELPERS)
    if slot == "head":
        limb = np.setdiff1d(np.arange(22), SLOT_JOINTS[1:])
    assert len(limb) >= 3
    assert sizes[limb].min() > TYPICAL_DOUBT
    others = np.setdiff1d(np.arange(22), limb)
    np.testing.assert_array_equal(sizes[others], usual[others])


def test_bones_that_fit_roughly_contradict_nothing():
    known, off = evidence(SLOTS), evidence(SLOTS, left=TOLERATED)
    rest = np.setdiff1d(np.arange(22), SLOT_JOINTS)
    np.testing.assert_array_equal(UNCORRECTED.sizes(off)[rest], UNCORRECTED.sizes(known)[rest])


def test_a_tracker_that_is_not_there_contradicts_nothing():
    gone = replace(evidence(), residuals=np.full(6, 3.0))
    legs = np.flatnonzero(SLOTS.index("pelvis") <= HELPERS)
    assert (UNCORRECTED.sizes(replace(gone, valid=np.zeros(6, dtype=bool)))[legs] < 0.3).all()


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
    predictor.error_model = error_model
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
        away = replace(poses["left_hand"], position=poses["left_hand"].position + [0.0, 0.5, 0.0])
        return {**poses, "left_hand": away}

    body = _bodies(far)[-1]
    left = np.linalg.norm(body.positions[LEFT] - body.tracker_positions[1])
    assert left > 0.1
    assert sigma_from_confidence(body.confidence)[LEFT] == pytest.approx(left, rel=0.01)
    assert body.confidence[LEFT] < 0.5 < body.confidence[RIGHT]
    usual = _bodies(_trackers)[-1].confidence
    arm = [JOINT_INDEX[f"left_{part}"] for part in ("collar", "shoulder", "elbow")]
    assert (body.confidence[arm] < 0.9 * usual[arm]).all()


def test_a_foot_whose_tracker_is_a_metre_off_is_doubted():
    """All of it, however sure the network is: toes and knee as well as the ankle."""
    poses = link_poses(rest_pose(), np.array([0.0, 0.0, 0.95]))
    away = poses["left_foot"].position + [0.95, 0.0, 0.0]
    moved = {**poses, "left_foot": replace(poses["left_foot"], position=away)}
    usual, body = (
        push_all(BodyTracker(FakePredictor(), SKELETON), frames(range(60, 150), lambda _, p=p: p))
        for p in (poses, moved)
    )
    usual, body = usual[-1].confidence, body[-1].confidence
    leg = [JOINT_INDEX[f"left_{part}"] for part in ("knee", "ankle", "foot")]
    assert (body[leg] < 0.3).all()
    assert usual[leg].min() > 0.25 and usual[10] > 0.5
    others = np.setdiff1d(np.arange(22), leg)
    np.testing.assert_allclose(body[others], usual[others], atol=0.02)


def test_a_body_that_does_not_fit_its_hands_is_doubted():
    """The network's arms are wrong all along, though the wrists are moved to where they are."""
    model = ErrorModel(hands_power=1.0)
    doubted, taken = _bodies(_trackers, model)[-1], _bodies(_trackers)[-1]
    assert doubted.confidence[KNEE] < taken.confidence[KNEE]
    np.testing.assert_allclose(doubted.positions, taken.positions)
