# SPDX-License-Identifier: Apache-2.0
"""Joints that a tracker is bound to turn as it does, and what belongs to them turns with them."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import JOINT_INDEX, SLOTS
from kinest_ros.tracking.fitting.body_fit import with_tracked_rotations
from kinest_ros.tracking.fitting.posing import world_rotations
from tests.tracking.fakes import random_pose

BOUND = {
    "head": "head",
    "left_hand": "left_wrist",
    "right_hand": "right_wrist",
    "pelvis": "pelvis",
    "left_foot": "left_ankle",
    "right_foot": "right_ankle",
}


@pytest.mark.parametrize("slot", SLOTS)
def test_a_tracked_joint_turns_and_what_it_does_not_carry_stays(slot: str):
    world = world_rotations(random_pose(3))
    rotations = Rotation.random(6, random_state=4).as_matrix()
    only = np.array([name == slot for name in SLOTS])
    found = with_tracked_rotations(world, rotations, only)
    joint = JOINT_INDEX[BOUND[slot]]
    np.testing.assert_allclose(found[joint], rotations[SLOTS.index(slot)], atol=1e-12)
    moved = {index for index in range(22) if not np.allclose(found[index], world[index])}
    if slot.endswith("foot"):
        toes = JOINT_INDEX[slot]
        assert moved == {joint, toes}
        before, after = world[joint].T @ world[toes], found[joint].T @ found[toes]
        np.testing.assert_allclose(after, before, atol=1e-12)
    elif slot != "pelvis":
        assert moved == {joint}
    else:
        limbs = ("head", "neck", "hip", "knee", "ankle", "foot", "shoulder", "elbow", "wrist")
        others = [i for name, i in JOINT_INDEX.items() if name.split("_")[-1] in limbs]
        assert not moved & set(others)


def test_nothing_tracked_changes_nothing():
    world = world_rotations(random_pose(5))
    rotations = Rotation.random(6, random_state=6).as_matrix()
    found = with_tracked_rotations(world, rotations, np.zeros(6, bool))
    np.testing.assert_array_equal(found, world)
