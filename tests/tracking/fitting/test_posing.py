# SPDX-License-Identifier: Apache-2.0
"""World rotations and back, against the body's forward kinematics."""

import numpy as np
import pytest

from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.tracking.fitting.posing import (
    HEAD,
    local_rotations,
    positions_from_head,
    world_rotations,
)
from tests.tracking.fakes import SKELETON, random_pose


@pytest.mark.parametrize("seed", range(5))
def test_same_as_forward_kinematics(seed):
    local = random_pose(seed)
    positions, world = forward_kinematics_np(local, SKELETON.rest_offsets, np.array([1, 2, 3.0]))
    np.testing.assert_allclose(world_rotations(local), world, atol=1e-12)
    np.testing.assert_allclose(local_rotations(world), local, atol=1e-12)
    hung = positions_from_head(world, SKELETON.rest_offsets, positions[HEAD])
    np.testing.assert_allclose(hung, positions, atol=1e-12)


def test_batches():
    local = np.stack([random_pose(seed) for seed in range(4)])
    heads = np.arange(12.0).reshape(4, 3)
    world = world_rotations(local)
    batch = positions_from_head(world, SKELETON.rest_offsets, heads)
    for index in range(4):
        np.testing.assert_allclose(world[index], world_rotations(local[index]))
        single = positions_from_head(world[index], SKELETON.rest_offsets, heads[index])
        np.testing.assert_allclose(batch[index], single)
    np.testing.assert_allclose(batch[:, HEAD], heads)
