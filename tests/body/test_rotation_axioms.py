# SPDX-License-Identifier: Apache-2.0
"""The axioms of the rotation group, in numpy and in torch, and of rigid transforms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.body import rotations_numpy as in_numpy
from kinest_ros.body import rotations_torch as in_torch
from kinest_ros.decoding import transforms

seeds = st.integers(0, 2**32 - 1)
thorough = settings(deadline=None, max_examples=30)
ONE = np.eye(3)


def _torch(function):
    return lambda values: function(torch.from_numpy(values)).numpy()


def _through_quaternions(matrices: np.ndarray) -> np.ndarray:
    return in_numpy.matrices_from_quaternions(in_numpy.quaternions_from_matrices(matrices))


def _through_vectors(matrices: np.ndarray) -> np.ndarray:
    return in_numpy.matrices_from_vectors(in_numpy.rotation_vectors(matrices))


def _about_axes(matrices: np.ndarray) -> np.ndarray:
    vectors = in_numpy.rotation_vectors(matrices)
    return in_numpy.matrices_about_axes(in_numpy.unit(vectors), np.linalg.norm(vectors, axis=-1))


def _through_sixd(matrices: np.ndarray) -> np.ndarray:
    return in_numpy.matrices_from_sixd(np.concatenate((matrices[..., 0], matrices[..., 1]), -1))


#: Ways there and back through each representation of each room.
ROUND_TRIPS = {
    "numpy quaternions": _through_quaternions,
    "numpy vectors": _through_vectors,
    "numpy axis and angle": _about_axes,
    "numpy 6D": _through_sixd,
    "numpy nearest": in_numpy.nearest_rotations,
    "torch 6D": _torch(lambda m: in_torch.matrix_from_sixd(in_torch.sixd_from_matrix(m))),
    "torch logarithm": lambda m: in_numpy.matrices_from_vectors(_torch(in_torch.log_so3)(m)),
}


def some(seed: int, count: int = 20, largest: float = 3.0) -> np.ndarray:
    """Rotations (count, 3, 3) by up to `largest` rad."""
    random = np.random.default_rng(seed)
    axes = in_numpy.unit(random.normal(size=(count, 3)))
    return in_numpy.matrices_from_vectors(axes * random.uniform(0.0, largest, (count, 1)))


@pytest.mark.parametrize("way", ROUND_TRIPS)
@given(seed=seeds)
@thorough
def test_every_way_there_and_back_is_closed_and_changes_nothing(way: str, seed: int):
    matrices = some(seed)
    again = ROUND_TRIPS[way](matrices)
    np.testing.assert_allclose(
        again @ np.swapaxes(again, -1, -2), np.tile(ONE, (20, 1, 1)), atol=1e-9
    )
    assert (np.linalg.det(again) > 0.0).all()
    np.testing.assert_allclose(again, matrices, atol=1e-5 if "logarithm" in way else 1e-9)


@pytest.mark.parametrize("way", [way for way in ROUND_TRIPS if "axis" not in way])
def test_the_identity_is_kept(way: str):
    np.testing.assert_allclose(ROUND_TRIPS[way](ONE[None]), ONE[None], atol=1e-9)


@pytest.mark.parametrize("way", ROUND_TRIPS)
@given(seed=seeds)
@thorough
def test_products_and_inverses_go_through(way: str, seed: int):
    """A representation of a product stands for the product of those represented."""
    first, second = some(seed, largest=1.0), some(seed + 1, largest=1.0)
    through = ROUND_TRIPS[way]
    np.testing.assert_allclose(through(first @ second), through(first) @ through(second), atol=1e-5)
    back = through(np.swapaxes(first, -1, -2))
    np.testing.assert_allclose(back @ through(first), np.tile(ONE, (20, 1, 1)), atol=1e-5)


@given(seeds)
@thorough
def test_a_quaternion_and_its_negative_are_one_rotation(seed: int):
    quaternion = in_numpy.unit_quaternions(np.random.default_rng(seed).normal(size=(9, 4)) * 7.0)
    np.testing.assert_allclose(np.linalg.norm(quaternion, axis=-1), 1.0)
    matrices = in_numpy.matrices_from_quaternions(quaternion)
    np.testing.assert_allclose(in_numpy.matrices_from_quaternions(-quaternion), matrices)
    found = in_numpy.quaternions_from_matrices(matrices)
    np.testing.assert_allclose(np.abs(np.sum(found * quaternion, -1)), 1.0)
    assert (found[:, 3] >= 0.0).all()
    steady = in_numpy.continuous(quaternion * np.array([1, -1, 1, -1, 1, 1, -1, 1, 1])[:, None])
    assert (np.sum(steady[1:] * steady[:-1], -1) >= 0.0).all()


@given(seeds, st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
@thorough
def test_turns_about_one_axis_add_up(seed: int, first: float, second: float):
    axis = in_numpy.unit(np.random.default_rng(seed).normal(size=3))
    about = lambda angle: in_numpy.matrices_about_axes(axis, np.asarray(angle))  # noqa: E731
    np.testing.assert_allclose(about(first) @ about(second), about(first + second), atol=1e-12)
    np.testing.assert_allclose(in_numpy.apply(about(first), axis), axis, atol=1e-12)
    vector = in_numpy.rotation_vectors(about(first)[None])[0]
    np.testing.assert_allclose(vector, axis * first, atol=1e-9)
    for name, unit in zip("xyz", ONE, strict=True):
        expected = in_numpy.matrices_about_axes(unit, np.asarray(first))
        np.testing.assert_allclose(in_numpy.axis_rotation(name, first), expected, atol=1e-12)


@given(seeds)
@thorough
def test_the_angle_does_not_depend_on_the_axes_it_is_seen_in(seed: int):
    turn, seen_from = some(seed, largest=2.5), some(seed + 1)
    conjugated = seen_from @ turn @ np.swapaxes(seen_from, -1, -2)
    size = lambda m: np.linalg.norm(in_numpy.rotation_vectors(m), axis=-1)  # noqa: E731
    np.testing.assert_allclose(size(conjugated), size(turn), atol=1e-8)
    np.testing.assert_allclose(
        in_torch.geodesic_angle(torch.from_numpy(seen_from), torch.from_numpy(seen_from @ turn)),
        size(turn),
        atol=1e-5,
    )


@given(seeds)
@thorough
def test_the_two_rooms_agree(seed: int):
    sixd = np.random.default_rng(seed).normal(size=(20, 6))
    np.testing.assert_allclose(
        _torch(in_torch.matrix_from_sixd)(sixd), in_numpy.matrices_from_sixd(sixd), atol=1e-9
    )
    small = some(seed, largest=1e-4)
    np.testing.assert_allclose(
        _torch(in_torch.vee)(small), in_numpy.rotation_vectors(small), atol=1e-11
    )
    turns = some(seed, largest=1.0)
    np.testing.assert_allclose(
        _torch(in_torch.log_so3)(turns), in_numpy.rotation_vectors(turns), atol=1e-6
    )


def test_a_frame_is_right_handed_and_has_the_direction_first():
    frame = in_numpy.frame_from(np.array([0.0, 2.0, 0.0]), np.array([1.0, 1.0, 0.0]))
    np.testing.assert_allclose(frame, np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1.0]]), atol=1e-12)


def _rigid(seed: int) -> list[transforms.Transform]:
    random = np.random.default_rng(seed)
    quaternions = in_numpy.unit_quaternions(random.normal(size=(3, 4)))
    return [
        (*p, *q)
        for p, q in zip(random.normal(size=(3, 3)).tolist(), quaternions.tolist(), strict=True)
    ]


def _assert_same(first: transforms.Transform, second: transforms.Transform) -> None:
    np.testing.assert_allclose(first[:3], second[:3], atol=1e-12)
    assert abs(np.dot(first[3:], second[3:])) == pytest.approx(1.0, abs=1e-12)


@given(seeds)
@thorough
def test_rigid_transforms_are_a_group(seed: int):
    a, b, c = _rigid(seed)
    compose, inverse = transforms.compose, transforms.inverse
    _assert_same(compose(compose(a, b), c), compose(a, compose(b, c)))
    _assert_same(compose(a, transforms.IDENTITY), a)
    _assert_same(compose(transforms.IDENTITY, a), a)
    _assert_same(compose(a, inverse(a)), transforms.IDENTITY)
    _assert_same(inverse(compose(a, b)), compose(inverse(b), inverse(a)))
    point = compose(a, (*b[:3], 0.0, 0.0, 0.0, 1.0))[:3]
    turned = in_numpy.apply(in_numpy.matrices_from_quaternions(np.array(a[3:])), np.array(b[:3]))
    np.testing.assert_allclose(point, np.array(a[:3]) + turned, atol=1e-12)
