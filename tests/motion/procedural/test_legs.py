# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.rotations_numpy import apply
from kinest_ros.body.skeleton import TOE_JOINT_HEIGHT, Skeleton
from kinest_ros.motion.procedural.footsteps import FootTrack
from kinest_ros.motion.procedural.legs import (
    HEEL_BEHIND,
    Leg,
    bend_leg,
    fold_height,
    heel_lift,
    place_ankle,
    reach_height,
)

SKELETON = Skeleton.from_stature(1.75)
LEFT, RIGHT = (Leg.from_offsets(SKELETON.rest_offsets @ JOINT_FROM_LINK, side) for side in (0, 1))


def track(yaw=0.3, count=1):
    place = np.tile([0.4, -0.2, yaw], (count, 1))
    return FootTrack(place, np.zeros(count), np.zeros(count), np.ones(count, bool))


def test_measures_are_the_skeletons():
    assert LEFT.ankle_height == pytest.approx(SKELETON.ankle_height)
    assert LEFT.hip[1] > 0.0 > RIGHT.hip[1]
    assert (LEFT.sign, RIGHT.sign) == (1.0, -1.0)


@given(heel=st.floats(0.0, 2.7), yaw=st.floats(-3.0, 3.0))
def test_a_lifted_heel_turns_about_the_toes(heel, yaw):
    flat, turned_flat = place_ankle(LEFT, track(yaw), np.zeros(1))
    ankle, turned = place_ankle(LEFT, track(yaw), np.array([heel]))
    toe = ankle + apply(turned, LEFT.foot)
    np.testing.assert_allclose(toe, flat + apply(turned_flat, LEFT.foot), atol=1e-12)
    assert toe[0, 2] == pytest.approx(TOE_JOINT_HEIGHT)
    assert flat[0, 2] == pytest.approx(SKELETON.ankle_height)


@given(heel=st.floats(-0.6, 0.0))
def test_lifted_toes_turn_about_the_heel(heel):
    point = np.array([-HEEL_BEHIND, 0.0, -LEFT.ankle_height])
    ankle, turned = place_ankle(LEFT, track(), np.array([heel]))
    assert (ankle + apply(turned, point))[0, 2] == pytest.approx(0.0, abs=1e-12)


def test_heel_rises_when_the_leg_is_too_short_or_the_shin_leans_too_far():
    flat, _ = place_ankle(LEFT, track(0.0), np.zeros(1))
    above = flat + np.array([0.0, 0.0, 0.97 * LEFT.length])
    ahead = flat + np.array([0.35, 0.0, 0.97 * LEFT.length])
    crouched = flat + np.array([0.05, 0.0, 0.4 * LEFT.length])
    assert heel_lift(LEFT, track(0.0), above)[0] == 0.0
    assert heel_lift(LEFT, track(0.0), ahead)[0] > 0.1
    assert heel_lift(LEFT, track(0.0), crouched)[0] > 0.1


@given(x=st.floats(-0.3, 0.3), y=st.floats(-0.2, 0.2))
def test_reach_and_fold_heights_bound_the_leg(x, y):
    ankle = np.array([[0.0, 0.0, 0.1]])
    hip = np.array([[x, y, 0.0]])
    highest, lowest = reach_height(LEFT, ankle, hip), fold_height(LEFT, ankle, hip)
    assert lowest[0] < highest[0]
    for height, fraction in ((highest, 0.999), (lowest, None)):
        hip[0, 2] = height[0]
        distance = np.linalg.norm(hip - ankle)
        if fraction:
            assert distance == pytest.approx(fraction * LEFT.length)
        else:
            assert distance >= 0.23 * LEFT.length - 1e-9


def test_the_knee_points_where_it_is_told():
    hip, ankle = np.array([[0.0, 0.0, 0.8]]), np.array([[0.0, 0.0, 0.1]])
    for yaw in (0.0, 1.0, -2.0):
        knee = bend_leg(LEFT, hip, ankle, np.array([yaw])).middle[0]
        assert np.arctan2(knee[1], knee[0]) == pytest.approx(yaw)
