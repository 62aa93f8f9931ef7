# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.rotations_numpy import apply
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.procedural.arms import Arm, bend_arm

OFFSETS = Skeleton.from_stature(1.75).rest_offsets @ JOINT_FROM_LINK
CHANNELS = ("level", "swivel", "twist", "flex", "deviation", "shrug")
UPRIGHT = np.eye(3)[None]


def solve(target, side, **others):
    """Shoulder, elbow and wrist (3,) each, and the rotations, for a chest at (0, 0, 1.3)."""
    arm = Arm.from_offsets(OFFSETS, side)
    values = {**dict.fromkeys(CHANNELS, 0.0), **others, **dict(zip("xyz", target, strict=True))}
    channels = {key: np.array([value]) for key, value in values.items()}
    chest = np.array([[0.0, 0.0, 1.3]])
    parts = bend_arm(arm, channels, chest, UPRIGHT, UPRIGHT, 0.6, 60.0)
    points, position, world = [], chest, UPRIGHT
    offsets = (arm.collar, arm.shoulder, arm.upper, arm.fore)
    for offset, part in zip(offsets, parts, strict=True):
        position = position + apply(world, offset)
        points.append(position[0])
        world = world @ part
    return points[1], points[2], points[3], parts


far = st.tuples(st.floats(0.1, 0.7), st.floats(-0.4, 0.6), st.floats(-0.7, 0.7)).filter(
    lambda target: 0.75 < np.linalg.norm(target) < 0.95
)


@given(target=far, side=st.sampled_from((0, 1)), twist=st.floats(-1.0, 1.0))
def test_the_wrist_comes_to_the_target(target, side, twist):
    arm = Arm.from_offsets(OFFSETS, side)
    shoulder, elbow, wrist, parts = solve(target, side, twist=twist)
    expected = shoulder + arm.length * np.array(target) * (1.0, arm.sign, 1.0)
    assert np.linalg.norm(wrist - expected) < 0.05 * arm.length
    assert np.linalg.norm(elbow - shoulder) == pytest.approx(np.linalg.norm(arm.upper))
    for part in parts:
        np.testing.assert_allclose(part[0] @ part[0].T, np.eye(3), atol=1e-9)


@given(target=far)
def test_left_and_right_are_mirror_images(target):
    left = solve(target, 0, twist=0.3, flex=0.2, swivel=0.4)[:3]
    right = solve(target, 1, twist=0.3, flex=0.2, swivel=0.4)[:3]
    for one, other in zip(left, right, strict=True):
        np.testing.assert_allclose(one * (1.0, -1.0, 1.0), other, atol=1e-9)


def test_elbows_hang_in_front_and_point_out_overhead():
    shoulder, elbow, wrist, _ = solve((0.55, 0.0, -0.3), 0)
    assert elbow[2] < min(shoulder[2], wrist[2]) + 1e-9
    shoulder, elbow, wrist, _ = solve((0.1, 0.0, 0.75), 0)
    assert elbow[1] > max(shoulder[1], wrist[1])


def test_nothing_goes_through_the_floor():
    arm = Arm.from_offsets(OFFSETS, 0)
    values = {**dict.fromkeys(CHANNELS, 0.0), "x": 0.2, "y": 0.0, "z": -0.95}
    channels = {key: np.array([value]) for key, value in values.items()}
    low = np.array([[0.0, 0.0, 0.3]])
    parts = bend_arm(arm, channels, low, UPRIGHT, UPRIGHT, 0.6, 60.0)
    position, world = low, UPRIGHT
    for offset, part in zip((arm.collar, arm.shoulder, arm.upper, arm.fore), parts, strict=True):
        position = position + apply(world, offset)
        world = world @ part
    assert position[0, 2] > 0.04
