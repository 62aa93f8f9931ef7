# SPDX-License-Identifier: Apache-2.0
"""Joint angles of a stream: right angles, right velocities, fresh after a jump back."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.human_description.angles import compose
from kinest_ros.human_description.joint_angles import JOINT_STATE_NAMES, JointAngles
from kinest_ros.tracking.body_pose import BodyPose
from tests.node.bodies import random_body

TICK_NS = 16_666_667
_ELBOW = JOINT_STATE_NAMES.index("left_elbow_z")


def _bent(angle: float, stamp_ns: int) -> BodyPose:
    """A T-pose but for the left elbow, turned by ``angle`` about link z (SMPL Y)."""
    local = np.tile([0.0, 0.0, 0.0, 1.0], (22, 1))
    local[JOINT_INDEX["left_elbow"]] = Rotation.from_euler("y", angle).as_quat()
    body = random_body(0, Skeleton.from_stature(1.7), stamp_ns)
    return replace(body, local_rotations=local)


@given(seed=st.integers(0, 2**32 - 1))
def test_angles_compose_to_the_rotations(seed: int) -> None:
    body = random_body(seed, Skeleton.from_stature(1.7))
    positions, velocities = JointAngles().update(body)
    got = Rotation.from_quat(compose(np.asarray(positions)))
    want = Rotation.from_quat(body.local_rotations[1:])
    assert (got.inv() * want).magnitude().max() < 1e-9
    assert not np.any(velocities)


def test_velocity_is_the_backward_difference() -> None:
    angles = JointAngles()
    for tick in range(200):  # more than a whole turn: the angle must not wrap
        positions, velocities = angles.update(_bent(0.05 * tick, (tick + 1) * TICK_NS))
        assert positions[_ELBOW] == pytest.approx(0.05 * tick, abs=1e-9)
        if tick:
            assert velocities[_ELBOW] == pytest.approx(3.0, rel=1e-6)


def test_no_velocity_over_a_gap() -> None:
    angles = JointAngles()
    angles.update(_bent(0.0, TICK_NS))
    assert not np.any(angles.update(_bent(1.0, 60 * TICK_NS))[1])


def test_fresh_start_after_a_jump_back_and_a_reset() -> None:
    for restart in (lambda angles: None, JointAngles.reset):
        angles = JointAngles()
        for tick in range(100):
            angles.update(_bent(0.1 * tick, (tick + 1000) * TICK_NS))
        restart(angles)
        positions, velocities = angles.update(_bent(0.3, 10 * TICK_NS))
        assert positions[_ELBOW] == pytest.approx(0.3)
        assert not np.any(velocities)
