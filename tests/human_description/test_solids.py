# SPDX-License-Identifier: Apache-2.0
"""The solids that the URDF's links are drawn and weighed with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_NAMES, MIRROR, PARENTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.human_description.solids import BODY_MASS_INDEX, Solid, link_solids
from tests.search import examples


@pytest.mark.parametrize("stature", [1.2, 1.7, 2.1])
def test_masses_add_up_to_the_body(stature: float) -> None:
    skeleton = Skeleton.from_stature(stature)
    links = link_solids(skeleton)
    assert len(links) == 22
    assert all(solids[0].mass > 0 for solids in links)
    assert all(solid.mass == 0 for solids in links for solid in solids[1:])
    total = sum(solids[0].mass for solids in links)
    assert total == pytest.approx(BODY_MASS_INDEX * skeleton.stature**2)


def test_left_and_right_weigh_the_same() -> None:
    links = link_solids(Skeleton.from_stature(1.7))
    for joint, twin in enumerate(MIRROR):
        ours, theirs = links[joint][0], links[twin][0]
        assert ours.mass == theirs.mass
        np.testing.assert_allclose(ours.center, theirs.center * (1, -1, 1), atol=1e-12)


def test_bones_reach_from_joint_to_joint() -> None:
    skeleton = Skeleton.from_stature(1.7)
    offsets = skeleton.rest_offsets @ JOINT_FROM_LINK
    links = link_solids(skeleton)
    for child in range(1, 22):
        ends = [
            solid.center + 0.5 * solid.length * solid.axis
            for solid in links[PARENTS[child]]
            if solid.kind == "cylinder"
        ]
        assert min(np.linalg.norm(end - offsets[child]) for end in ends) < 1e-12, JOINT_NAMES[child]


@given(st.integers(0, 2**32 - 1))
def test_rpy_turns_z_onto_the_axis(seed: int) -> None:
    axis = np.random.default_rng(seed).normal(size=3)
    axis /= np.linalg.norm(axis)
    solid = Solid("cylinder", 0.1, 1.0, np.zeros(3), axis)
    turned = Rotation.from_euler("xyz", solid.rpy).apply([0.0, 0.0, 1.0])
    np.testing.assert_allclose(turned, axis, atol=1e-12)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=examples(20))
def test_inertia_is_that_of_many_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    solid = Solid("cylinder", rng.uniform(0.05, 0.5), rng.uniform(0.1, 1.0), np.zeros(3), axis, 3.0)
    count = 40_000
    radius, turn = solid.radius * np.sqrt(rng.random(count)), rng.uniform(0, 2 * np.pi, count)
    height = solid.length * (rng.random(count) - 0.5)
    points = np.stack([radius * np.cos(turn), radius * np.sin(turn), height], axis=-1)
    points = Rotation.from_euler("xyz", solid.rpy).apply(points)
    square = np.square(points).sum(axis=-1).mean()
    expected = solid.mass * (square * np.eye(3) - points.T @ points / count)
    np.testing.assert_allclose(solid.inertia, expected, atol=0.03 * np.trace(expected))


def test_inertia_of_a_sphere() -> None:
    solid = Solid("sphere", 0.2, 0.0, np.zeros(3), np.array([0.0, 0.0, 1.0]), 5.0)
    np.testing.assert_allclose(solid.inertia, np.eye(3) * 0.4 * 5.0 * 0.04)


def test_a_bone_without_length_is_drawn_all_the_same() -> None:
    offsets = Skeleton.from_stature(1.7).rest_offsets.copy()
    offsets[JOINT_NAMES.index("left_collar")] = 0.0
    offsets[JOINT_NAMES.index("left_wrist")] = 0.0
    for solids in link_solids(Skeleton(offsets)):
        for solid in solids:
            assert np.isfinite([solid.radius, solid.length, *solid.center, *solid.axis]).all()
            assert solid.radius > 0
            assert np.linalg.eigvalsh(solid.inertia).min() >= 0
            assert solid.kind == "sphere" or solid.length > 0
