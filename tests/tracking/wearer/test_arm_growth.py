# SPDX-License-Identifier: Apache-2.0
"""Arms that are too short grow to the hands; others do not, nor for hands that were put down."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.calibration.wearer import wearer
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.settings import TrackerSettings
from kinest_ros.tracking.wearer.arm_growth import GROWTH, MOST, STRAIGHT
from tests.tracking.fakes import SKELETON, FakePredictor, frames, link_poses, push_all, rest_pose

SETTINGS = TrackerSettings(frozen_timeout=0.0)
ARMS = [
    JOINT_INDEX[f"{side}_{joint}"] for side in ("left", "right") for joint in ("elbow", "wrist")
]


def arms_forward() -> np.ndarray:
    """Local rotations (22, 3, 3) of somebody who holds both arms straight to the front."""
    local = rest_pose()
    for side, angle in (("left", -90.0), ("right", 90.0)):
        turn = Rotation.from_euler("y", angle, degrees=True).as_matrix()
        local[JOINT_INDEX[f"{side}_shoulder"]] = turn
    return local


def with_arms(factor: float) -> Skeleton:
    offsets = SKELETON.rest_offsets.copy()
    offsets[ARMS] *= factor
    return Skeleton(offsets)


class Predictor(FakePredictor):
    """Right about every rotation; it does not know how long the arms are."""

    def set_skeleton(self, skeleton: Skeleton) -> None:
        self.skeleton = skeleton


def tracker_of(**kwargs) -> BodyTracker:
    predictor = Predictor(lambda step: arms_forward())
    return BodyTracker(predictor, SKELETON, SETTINGS, **kwargs)


def reaching(factor: float, seconds: float, start: float = 0.0):
    """What trackers see of somebody with such arms, both held to the front."""
    poses = link_poses(arms_forward(), np.array((0.0, 0.0, 0.95)), with_arms(factor).rest_offsets)
    poses = {slot: poses[slot] for slot in ("head", "left_hand", "right_hand")}
    first = round(60 * start)
    return frames(range(first, first + round(60 * seconds)), lambda _: poses)


def growth(body) -> np.ndarray:
    lengths = np.linalg.norm(body.rest_offsets[ARMS], axis=1)
    return lengths / np.linalg.norm(SKELETON.rest_offsets[ARMS], axis=1)


def shoulders_turned(body) -> float:
    """Largest turn of a collar bone against the chest, in the sine of half the angle."""
    collars = [JOINT_INDEX["left_collar"], JOINT_INDEX["right_collar"]]
    return float(np.abs(body.local_rotations[collars, :3]).max())


@pytest.mark.parametrize("factor", [1.03, 1.08])
def test_arms_grow_to_hands_that_they_do_not_reach(factor: float) -> None:
    tracker = tracker_of()
    bodies = push_all(tracker, reaching(factor, 6.0))
    first, last = bodies[5], bodies[-1]
    assert shoulders_turned(first) > 0.03  # nothing else could give way yet
    np.testing.assert_allclose(growth(last), factor, atol=0.003)
    assert shoulders_turned(last) < 0.03
    for body in bodies:
        reached = body.positions[[20, 21]] - body.tracker_positions[[1, 2]]
        assert np.abs(reached).max() < 0.02
    grown = np.array([growth(body)[0] for body in bodies])
    # Slowly, without a jerk, and never beyond what was needed.
    assert np.abs(np.diff(grown)).max() <= GROWTH / 60
    assert np.abs(np.diff(grown, n=2)).max() < GROWTH / 60 / 20
    assert grown.max() < factor + 0.002
    # What is told to others follows to two percent.
    described = np.linalg.norm(tracker.skeleton.rest_offsets[ARMS], axis=1)
    np.testing.assert_allclose(described, factor * lengths(), rtol=0.02)
    assert "% longer" in tracker.skeleton.name


def lengths() -> np.ndarray:
    return np.linalg.norm(SKELETON.rest_offsets[ARMS], axis=1)


def test_the_network_is_not_told() -> None:
    tracker = tracker_of(estimate_stature=False)
    push_all(tracker, reaching(1.08, 4.0))
    assert not hasattr(tracker.predictor, "skeleton")


@pytest.mark.parametrize(("factor", "known"), [(1.0, False), (0.9, False), (1.08, True)])
def test_arms_that_are_right_or_too_long_stay(factor: float, known: bool) -> None:
    tracker = tracker_of(arms_known=known)
    bodies = push_all(tracker, reaching(factor, 4.0))
    assert all(body.rest_offsets is SKELETON.rest_offsets for body in bodies)
    assert tracker.skeleton is SKELETON


def test_no_arm_grows_beyond_what_people_have() -> None:
    bodies = push_all(tracker_of(), reaching(1.17, 20.0))
    assert 1.09 < growth(bodies[-1]).max() <= MOST


def test_a_hand_far_from_its_shoulder_is_no_long_arm() -> None:
    bodies = push_all(tracker_of(), reaching(1.3, 6.0))
    assert bodies and all(body.rest_offsets is SKELETON.rest_offsets for body in bodies)


def test_a_moment_is_no_evidence_and_straight_arms_take_it_back() -> None:
    tracker = tracker_of()
    push_all(tracker, reaching(1.08, 0.3))
    longest = growth(push_all(tracker, reaching(0.97, 2.0, start=0.3))[30]).max()
    assert 1.0 < longest < 1.0 + GROWTH * 0.3
    assert STRAIGHT < 0.97
    last = push_all(tracker, reaching(0.97, 6.0, start=2.3))[-1]
    assert growth(last).max() < 1.0 + 0.1 * (longest - 1.0) + 1e-4


def test_a_reset_begins_anew_unless_it_is_remembered() -> None:
    tracker = tracker_of()
    push_all(tracker, reaching(1.08, 4.0))
    tracker.reset()
    assert growth(push_all(tracker, reaching(0.8, 0.1, start=5.0))[0]).max() == 1.0
    push_all(tracker, reaching(1.08, 4.0, start=6.0))
    found = tracker.remember_arms()
    assert found == pytest.approx(1.08, abs=0.005)
    tracker.reset()
    assert growth(push_all(tracker, reaching(0.8, 0.1, start=11.0))[0]).max() == found


def test_somebody_else_may_wear_it_after_it_was_off() -> None:
    estimated = tracker_of(estimate_stature=True)
    told = tracker_of()
    for tracker in (estimated, told):
        before = push_all(tracker, reaching(1.08, 4.0))[-1]
        again = push_all(tracker, reaching(0.8, 0.1, start=12.0))[0]
        lost = growth(before).max() - growth(again).max()
        assert lost == pytest.approx(0.09 if tracker is estimated else 0.0, abs=0.02)


def test_a_skeleton_of_ones_own_keeps_its_arms(tmp_path) -> None:
    SKELETON.save(tmp_path / "own.npz")
    own = wearer(SETTINGS, skeleton_file=tmp_path / "own.npz").skeleton
    tracker = BodyTracker(Predictor(lambda step: arms_forward()), own, SETTINGS)
    bodies = push_all(tracker, reaching(1.08, 4.0))
    assert all(body.rest_offsets is own.rest_offsets for body in bodies)
    # Somebody else, of whom only the stature is known; and back.
    tracker.wear(SKELETON, SETTINGS)
    assert growth(push_all(tracker, reaching(1.08, 4.0, start=4.0))[-1]).max() > 1.05
    tracker.wear(own, SETTINGS)
    assert growth(push_all(tracker, reaching(1.08, 4.0, start=8.0))[-1]).max() == pytest.approx(1.0)
