# SPDX-License-Identifier: Apache-2.0
"""What becomes of the bones when a session begins anew, or the headset changes hands."""

import numpy as np
import pytest

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.tracking.wearer.physique import Physique

RATE = 60.0
SKELETON = Skeleton.from_stature(1.75)
SHOULDERS = [JOINT_INDEX["left_shoulder"], JOINT_INDEX["right_shoulder"]]


def reach_out(physique: Physique, share: float, seconds: float) -> None:
    """Hold both hands so far from the shoulders, in lengths of the skeleton's arms."""
    offsets = SKELETON.rest_offsets
    arm = sum(np.linalg.norm(offsets[JOINT_INDEX[f"left_{part}"]]) for part in ("elbow", "wrist"))
    positions = np.zeros((22, 3))
    hands = positions[SHOULDERS] + (share * arm, 0.0, 0.0)
    for _ in range(round(seconds * RATE)):
        physique.meet(positions, hands, np.array((True, True)))


@pytest.mark.parametrize("remembered", [False, True])
def test_a_reset_goes_back_to_the_arms_of_the_start(remembered: bool):
    physique = Physique(SKELETON, True, RATE)
    reach_out(physique, 1.05, 4.0)
    assert 1.04 < physique.arms.factor < 1.06
    if remembered:
        assert physique.remember_arms() == physique.arms.factor
    start = physique.arms.factor if remembered else 1.0
    reach_out(physique, 1.1, 4.0)
    assert physique.arms.factor > start + 0.01
    physique.reset()
    assert physique.arms.factor == start
    grown = physique.rest_offsets[JOINT_INDEX["left_wrist"]]
    np.testing.assert_allclose(grown, start * SKELETON.rest_offsets[JOINT_INDEX["left_wrist"]])


def test_somebody_elses_arms_are_measured_anew():
    physique = Physique(SKELETON, True, RATE)
    reach_out(physique, 1.05, 4.0)
    physique.headset_was_off()
    assert physique.arms.factor == 1.0
    known = Physique(SKELETON, False, RATE)
    reach_out(known, 1.05, 4.0)
    known.headset_was_off()
    assert known.arms.factor > 1.04


def test_a_reset_goes_back_to_the_skeleton_of_the_start_at_once():
    physique = Physique(SKELETON, True, RATE)
    assert not physique.reset()
    physique.become(Skeleton.from_stature(1.6), at_once=False)
    assert not physique.reset()  # that is the start now
    other = Physique(SKELETON, True, RATE)
    changed = [other.look(index, 1.8, 1.0) for index in range(round(20 * RATE))]
    assert any(changed)
    other.advance(1)
    assert other.reset() and other.skeleton is SKELETON
    np.testing.assert_array_equal(other.rest_offsets, SKELETON.rest_offsets)
    assert not other.advance(1)
