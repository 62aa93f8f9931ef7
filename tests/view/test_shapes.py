# SPDX-License-Identifier: Apache-2.0
"""Ellipsoids lie along their bones and say by their colour how sure they are."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import PARENTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.view.shapes import SURE, TRUE, UNSURE, ellipsoids, sphere


@pytest.fixture
def positions() -> np.ndarray:
    turns = Rotation.random(22, np.random.default_rng(1)).as_matrix()[None]
    rest = Skeleton.from_stature(1.7).rest_offsets
    return forward_kinematics_np(turns, rest, np.zeros((1, 3)))[0][0]


def test_each_lies_along_its_bone(positions: np.ndarray):
    parts = ellipsoids(positions, None)
    axes = Rotation.from_quat(parts.wxyzs[:, [1, 2, 3, 0]]).apply((0.0, 0.0, 1.0))
    for joint in range(1, 22):
        bone = positions[joint] - positions[PARENTS[joint]]
        assert axes[joint - 1] == pytest.approx(bone / np.linalg.norm(bone), abs=1e-6)
        middle = 0.5 * (positions[joint] + positions[PARENTS[joint]])
        assert parts.positions[joint - 1] == pytest.approx(middle)
        assert parts.scales[joint - 1, 2] >= np.linalg.norm(bone)


def test_straight_down_is_a_direction_too(positions: np.ndarray):
    positions[1:] = positions[0] - np.arange(1, 22)[:, None] * (0.0, 0.0, 0.1)
    parts = ellipsoids(positions, None)
    assert np.isfinite(parts.wxyzs).all()
    axes = Rotation.from_quat(parts.wxyzs[:, [1, 2, 3, 0]]).apply((0.0, 0.0, 1.0))
    assert axes[0] == pytest.approx((0.0, 0.0, -1.0), abs=1e-6)


def test_colours_go_with_the_confidence(positions: np.ndarray):
    assert (ellipsoids(positions, None).colours == TRUE.astype(np.uint8)).all()
    assert (ellipsoids(positions, np.full(22, 0.95)).colours == SURE.astype(np.uint8)).all()
    assert (ellipsoids(positions, np.full(22, 0.2)).colours == UNSURE.astype(np.uint8)).all()


def test_the_sphere_is_one():
    vertices, faces = sphere()
    assert np.linalg.norm(vertices, axis=1) == pytest.approx(0.5, abs=1e-6)
    corners = vertices[faces]
    outward = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    whole = np.linalg.norm(outward, axis=1) > 1e-6
    assert (np.einsum("ij,ij->i", outward, corners.mean(axis=1))[whole] > 0.0).all()
