# SPDX-License-Identifier: Apache-2.0
"""Bones have the joints' directions, and the plane of a clear bend says how they are twisted."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.retarget.targets.human import ENDS, HINGES, ROOTS
from kinest_ros.retarget.targets.limb_frames import bone_rotations
from tests.retarget.robots import performed
from tests.search import examples

STAND = performed("standing", 0.2).human(3)


@settings(max_examples=examples(25))
@given(st.integers(0, 10_000))
def test_frames_are_rotations_along_the_bones(seed):
    random = np.random.default_rng(seed)
    human = replace(STAND, positions=random.normal(size=(22, 3)))
    rotations, frames, directions, bends = bone_rotations(human)
    places = human.positions
    upper, lower = places[HINGES] - places[ROOTS], places[ENDS] - places[HINGES]
    wanted = np.concatenate([upper, lower])
    wanted /= np.linalg.norm(wanted, axis=1)[:, None]
    assert directions == pytest.approx(wanted)
    assert frames[:, :, 0] == pytest.approx(wanted)
    for matrices in (rotations, frames):
        assert matrices.transpose(0, 2, 1) @ matrices == pytest.approx(
            np.tile(np.eye(3), (8, 1, 1))
        )
        assert np.linalg.det(matrices) == pytest.approx(np.ones(8))
    assert np.cos(bends) == pytest.approx((wanted[:4] * wanted[4:]).sum(axis=1))


def test_a_clear_bend_says_the_twist_and_a_straight_limb_leaves_it_to_the_joint():
    places = STAND.positions.copy()
    knee = places[HINGES[0]]
    thigh = knee - places[ROOTS[0]]
    hinge = STAND.rotations[ROOTS[0]] @ (1.0, 0.0, 0.0)
    back = np.cross(hinge, thigh / np.linalg.norm(thigh))
    # The knee is bent half way to the side: its plane stands askew to the thigh's own axis.
    askew = back + 0.5 * hinge
    places[ENDS[0]] = knee + 0.3 * askew / np.linalg.norm(askew)
    _, frames, _, bends = bone_rotations(replace(STAND, positions=places))
    assert bends[0] > 1.0
    normal = np.cross(thigh, askew)
    assert frames[0, :, 1] == pytest.approx(normal / np.linalg.norm(normal), abs=1e-6)
    places[ENDS[0]] = knee + 0.4 * thigh / np.linalg.norm(thigh)
    _, frames, _, _ = bone_rotations(replace(STAND, positions=places))
    told = hinge - (hinge @ frames[0, :, 0]) * frames[0, :, 0]
    assert frames[0, :, 1] == pytest.approx(told / np.linalg.norm(told), abs=1e-6)


def test_bones_without_length_do_no_harm():
    places = STAND.positions.copy()
    places[HINGES], places[ENDS] = places[ROOTS], places[ROOTS]
    for part in bone_rotations(replace(STAND, positions=places)):
        assert np.isfinite(part).all()
