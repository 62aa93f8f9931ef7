# SPDX-License-Identifier: Apache-2.0
"""One limb in plain floats bends as `two_bone_ik` has it, and bones are worked out once."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.body.limb_ik import Limb, about, bend_limb, rotated, times
from kinest_ros.body.per_bones import per_bones
from kinest_ros.body.rotations_numpy import matrices_about_axes, matrices_from_vectors
from kinest_ros.body.two_bone_ik import two_bone_ik
from tests.search import examples

UPPER, LOWER, HINGE = np.array([0.25, 0.0, 0.0]), np.array([0.24, 0.0, 0.0]), np.array([0, -1.0, 0])
ARM = Limb(UPPER.tolist(), LOWER.tolist(), HINGE.tolist())
VECTORS = st.tuples(*3 * [st.floats(-3.0, 3.0)])
#: What is wrong in the last bit of a cosine shows as that many radians in a straight limb.
STRAIGHT_LIMBS_ERROR = 1e-6


def both(upper, lower, reach, least_bend):
    expected = two_bone_ik(upper, lower, UPPER, LOWER, np.asarray(reach), HINGE, least_bend)
    found = bend_limb(ARM, upper.ravel().tolist(), lower.ravel().tolist(), reach, least_bend)
    return np.array(found).reshape(2, 3, 3), np.array(expected)


@settings(max_examples=examples(200))
@given(VECTORS, VECTORS, VECTORS.filter(lambda v: math.hypot(*v) > 0.02), st.sampled_from((0, 0.2)))
def test_it_bends_as_the_arrays_do(turn, bend, reach, least_bend):
    upper = matrices_from_vectors(np.array(turn))
    lower = upper @ matrices_from_vectors(np.array(bend))
    found, expected = both(upper, lower, tuple(0.2 * x for x in reach), least_bend)
    np.testing.assert_allclose(found, expected, atol=STRAIGHT_LIMBS_ERROR)


def test_on_bent_limbs_they_agree_to_rounding():
    rng = np.random.default_rng(0)
    for turn, bend, reach in rng.normal(size=(100, 3, 3)):
        upper = matrices_from_vectors(turn)
        lower = upper @ matrices_from_vectors(bend)
        reach *= 0.3 / np.linalg.norm(reach)
        for least_bend in (0.0, 0.2):
            found, expected = both(upper, lower, reach.tolist(), least_bend)
            np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_straight_limb_bends_about_its_hinge():
    found, expected = both(np.eye(3), np.eye(3), (0.3, 0.0, 0.0), 0.0)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    end = found[0] @ UPPER + found[1] @ LOWER
    np.testing.assert_allclose(end, (0.3, 0.0, 0.0), atol=1e-12)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_bone_without_a_length_raises_nothing():
    limb = Limb((0.0, 0.0, 0.0), ARM.lower, ARM.hinge)
    one = np.eye(3).ravel().tolist()
    assert len(bend_limb(limb, one, one, (0.1, 0.2, 0.0))) == 2


@given(VECTORS, VECTORS.filter(lambda v: math.hypot(*v) > 1e-3), st.floats(-7.0, 7.0))
def test_products_and_turns_are_those_of_numpy(vector, axis, angle):
    unit = np.array(axis) / math.hypot(*axis)
    matrix = matrices_about_axes(unit, np.asarray(angle))
    turn = about(unit.tolist(), angle)
    np.testing.assert_allclose(np.reshape(turn, (3, 3)), matrix, atol=1e-14)
    np.testing.assert_allclose(rotated(turn, vector), matrix @ vector, atol=1e-14)
    np.testing.assert_allclose(np.reshape(times(turn, turn), (3, 3)), matrix @ matrix, atol=1e-14)


def test_what_follows_from_bones_is_made_once_for_bones_nobody_writes_to():
    made = []

    @per_bones
    def total(bones):
        made.append(bones)
        return float(bones.sum())

    fixed = np.ones((22, 3))
    fixed.setflags(write=False)
    assert total(fixed) == total(fixed) == 66.0
    assert len(made) == 1
    growing = np.ones((22, 3))
    assert total(growing) == 66.0
    growing[0] = 2.0
    assert total(growing) == 69.0


def test_bones_of_many_bodies_do_not_push_each_other_out_and_do_not_pile_up():
    made = []
    total = per_bones(lambda bones: made.append(1) or float(bones[0, 0]))
    bodies = [np.full((22, 3), float(index)) for index in range(20)]
    for bones in bodies:
        bones.setflags(write=False)
    for _ in range(3):
        assert [total(bones) for bones in bodies] == list(range(20))
    assert len(made) == 20
