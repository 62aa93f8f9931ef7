# SPDX-License-Identifier: Apache-2.0
"""Joint rotations as revolute angles: exact, unwrapped, continuous."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_NAMES, MIRROR
from kinest_ros.human_description.angles import clearance, compose, decompose, decompose_sequence
from kinest_ros.human_description.revolutes import (
    AXIS_ORDER,
    CHAINS,
    JOINT_AXES,
    JOINT_STATE_NAMES,
    TILTS,
)
from tests.search import examples

EXACT = 1e-9
seeds = st.integers(0, 2**32 - 1)
thorough = settings(max_examples=examples(30))
MIDDLE = 3 * np.arange(21) + CHAINS[:, 1]
FIRST = 3 * np.arange(21) + CHAINS[:, 0]
THIRD = 3 * np.arange(21) + CHAINS[:, 2]


def matrices(quaternions: np.ndarray) -> np.ndarray:
    flat = Rotation.from_quat(np.reshape(quaternions, (-1, 4))).as_matrix()
    return flat.reshape(*np.shape(quaternions)[:-1], 3, 3)


def with_root(quaternions: np.ndarray) -> np.ndarray:
    root = np.broadcast_to([0.0, 0.0, 0.0, 1.0], (*quaternions.shape[:-2], 1, 4))
    return np.concatenate([root, quaternions], axis=-2)


def random_bodies(rng: np.random.Generator, *shape: int) -> np.ndarray:
    q = rng.normal(size=(*shape, 22, 4))
    return q / np.linalg.norm(q, axis=-1, keepdims=True)


def near_singular_angles(rng: np.random.Generator, distance: float) -> np.ndarray:
    angles = rng.uniform(-3.0, 3.0, 63)
    angles[MIDDLE] = TILTS + rng.choice([-1, 1], 21) * (np.pi / 2 - distance)
    return angles


def rotation_error(angles: np.ndarray, bodies: np.ndarray) -> float:
    return float(np.abs(matrices(compose(angles)) - matrices(bodies[..., 1:, :])).max())


@given(seeds)
@thorough
def test_compose_turns_about_the_axes_in_their_order(seed: int) -> None:
    angles = np.random.default_rng(seed).uniform(-7.0, 7.0, 63)
    composed = matrices(compose(angles))
    for joint, order in enumerate(AXIS_ORDER):
        chain = np.eye(3)
        for axis in order:
            k = "xyz".index(axis)
            chain = (
                chain
                @ Rotation.from_rotvec(JOINT_AXES[joint, k] * angles[3 * joint + k]).as_matrix()
            )
        in_link_axes = JOINT_FROM_LINK.T @ composed[joint] @ JOINT_FROM_LINK
        np.testing.assert_allclose(in_link_axes, chain, atol=1e-12)


@given(seeds, st.booleans())
@thorough
def test_decompose_is_exact_for_any_rotation(seed: int, has_previous: bool) -> None:
    rng = np.random.default_rng(seed)
    bodies = random_bodies(rng)
    previous = rng.uniform(-20.0, 20.0, 63) if has_previous else None
    assert rotation_error(decompose(bodies, previous), bodies) < EXACT


@given(seeds, st.floats(-17.0, -1.0), st.booleans())
@thorough
def test_decompose_is_exact_at_any_distance_from_the_singularity(
    seed: int, exponent: float, at_it: bool
) -> None:
    rng = np.random.default_rng(seed)
    bodies = with_root(compose(near_singular_angles(rng, 0.0 if at_it else 10.0**exponent)))
    angles = decompose(bodies, rng.uniform(-9.0, 9.0, 63))
    assert np.isfinite(angles).all()
    assert rotation_error(angles, bodies) < EXACT
    sequence = np.stack([bodies, random_bodies(rng), bodies])
    assert rotation_error(decompose_sequence(sequence), sequence) < EXACT


def test_decompose_is_exact_for_quarter_turns() -> None:
    turns = Rotation.create_group("O").as_quat()
    for first, second in itertools.product(turns, turns[:6]):
        bodies = np.tile(first, (22, 1))
        previous = decompose(np.tile(second, (22, 1)))
        assert rotation_error(decompose(bodies, previous), bodies) < EXACT


def test_length_of_the_quaternion_does_not_matter() -> None:
    bodies = random_bodies(np.random.default_rng(0))
    scale = np.random.default_rng(1).uniform(-3.0, 3.0, (22, 1))
    np.testing.assert_allclose(decompose(bodies * scale), decompose(bodies), atol=1e-12)


def test_t_pose_is_zero() -> None:
    angles = decompose(np.tile([0.0, 0.0, 0.0, 1.0], (22, 1)))
    np.testing.assert_allclose(angles, np.zeros(63), atol=1e-15)


@given(seeds)
@thorough
def test_first_angles_are_the_nearest_to_the_t_pose(seed: int) -> None:
    bodies = random_bodies(np.random.default_rng(seed))
    angles = decompose(bodies)
    assert (np.abs(angles[FIRST]) <= np.pi + 1e-12).all()
    assert (np.abs(angles[THIRD]) <= np.pi + 1e-12).all()
    other = angles.copy()
    other[MIDDLE] = np.pi + 2.0 * TILTS - other[MIDDLE]
    other[FIRST] += np.pi
    other[THIRD] += np.pi
    assert rotation_error(other, bodies) < EXACT  # it is the other branch
    wrapped = np.arctan2(np.sin(other), np.cos(other)).reshape(21, 3)
    ours = np.square(angles.reshape(21, 3)).sum(axis=-1)
    assert (ours <= np.square(wrapped).sum(axis=-1) + 1e-9).all()


def smooth(rng: np.random.Generator, steps: int, amplitude: np.ndarray) -> np.ndarray:
    """A random smooth path (steps, n) that stays within ±amplitude (n,)."""
    t = np.linspace(0.0, 1.0, steps)[:, None]
    speed = rng.uniform(0.5, 2.0, (2, len(amplitude)))
    phase = rng.uniform(0.0, 2 * np.pi, (2, len(amplitude)))
    waves = np.sin(2 * np.pi * speed[0] * t + phase[0]) + np.sin(
        2 * np.pi * speed[1] * t + phase[1]
    )
    return 0.5 * amplitude * waves


@given(seeds)
@thorough
def test_smooth_motion_off_the_singularity_gives_back_its_angles(seed: int) -> None:
    rng = np.random.default_rng(seed)
    amplitude = np.full(63, 3.0 * np.pi)  # windings of the outer angles included
    amplitude[MIDDLE] = np.radians(85.0)
    path = smooth(rng, 800, amplitude)
    # Half of the joints run on the other branch, where the middle angle is around 180°.
    path[:, MIDDLE] += TILTS + np.pi * rng.integers(0, 2, 21)
    bodies = with_root(compose(path))
    np.testing.assert_allclose(decompose_sequence(bodies, path[0]), path, atol=1e-7)


@given(seeds)
@thorough
def test_motion_straight_through_the_singularity_gives_back_its_angles(seed: int) -> None:
    rng = np.random.default_rng(seed)
    path = np.tile(rng.uniform(-3.0, 3.0, 63), (400, 1))
    path[:, MIDDLE] = TILTS + smooth(rng, 400, np.full(21, 2.5))
    middle = path[:, MIDDLE] - TILTS
    path[200:203, MIDDLE] = TILTS + np.sign(middle[200:203]) * np.pi / 2  # and stop there
    bodies = with_root(compose(path))
    np.testing.assert_allclose(decompose_sequence(bodies, path[0]), path, atol=1e-6)


@given(seeds)
@thorough
def test_small_turns_give_small_steps_outside_five_degrees(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bodies = random_bodies(rng)
    turns = rng.normal(size=(22, 3))
    turns *= 1e-3 / np.linalg.norm(turns, axis=-1, keepdims=True)
    moved = (Rotation.from_quat(bodies) * Rotation.from_rotvec(turns)).as_quat()
    before = decompose(bodies)
    after = decompose(moved, before)
    steps = np.abs(after - before).reshape(21, 3).max(axis=-1)
    clear = np.minimum(clearance(before), clearance(after)) > np.radians(5.0)
    assert clear.any()
    assert (steps[clear] < 1.1e-3 / np.sin(np.radians(5.0))).all()


@given(seeds, st.floats(-np.pi, np.pi))
@thorough
def test_the_ambiguous_angle_is_frozen_at_the_singularity(seed: int, slide: float) -> None:
    rng = np.random.default_rng(seed)
    previous = near_singular_angles(rng, 0.0)
    # Sliding along the ambiguity leaves the rotation what it is.
    slid = previous.copy()
    parity = np.where((CHAINS[:, 1] - CHAINS[:, 0]) % 3 == 1, 1.0, -1.0)
    sense = parity * np.sign(previous[MIDDLE] - TILTS)
    slid[FIRST] += slide
    slid[THIRD] -= sense * slide
    bodies = with_root(compose(slid))
    assert rotation_error(previous, bodies) < EXACT
    np.testing.assert_allclose(decompose(bodies, previous), previous, atol=1e-7)


@given(seeds)
@thorough
def test_a_sequence_is_the_same_as_frame_after_frame(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bodies = random_bodies(rng, 30)
    # From one singular pose to the opposite one either way is as near: such ties are left out.
    middle = near_singular_angles(rng, 0.0)[MIDDLE]
    for frame in (0, 1, 7, 8, 9, 29):
        singular = rng.uniform(-3.0, 3.0, 63)
        singular[MIDDLE] = middle
        bodies[frame] = with_root(compose(singular))
    start = rng.uniform(-9.0, 9.0, 63)
    frames, previous = [], start
    for body in bodies:
        previous = decompose(body, previous)
        frames.append(previous)
    np.testing.assert_allclose(decompose_sequence(bodies, start), frames, atol=1e-6)
    np.testing.assert_allclose(decompose_sequence(bodies[:1])[0], decompose(bodies[0]), atol=1e-12)


@given(seeds)
@thorough
def test_a_sequence_continues_across_a_split(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bodies = random_bodies(rng, 20)
    whole = decompose_sequence(bodies)
    cut = int(rng.integers(1, 20))
    rest = decompose_sequence(bodies[cut:], whole[cut - 1])
    np.testing.assert_allclose(rest, whole[cut:], atol=1e-9)


def test_an_empty_sequence_has_no_angles() -> None:
    assert decompose_sequence(np.zeros((0, 22, 4))).shape == (0, 63)


def test_inputs_are_left_alone() -> None:
    bodies = random_bodies(np.random.default_rng(0), 3)
    previous = np.arange(63.0)
    copies = bodies.copy(), previous.copy()
    decompose(bodies[0], previous)
    decompose_sequence(bodies, previous)
    compose(previous)
    assert np.array_equal(bodies, copies[0])
    assert np.array_equal(previous, copies[1])


@given(seeds)
@thorough
def test_the_mirrored_body_has_mirrored_angles(seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.uniform(-0.8, 0.8, (22, 3))
    mirrored = vectors[list(MIRROR)] * (1.0, -1.0, -1.0)  # left and right are SMPL's X
    angles = decompose(Rotation.from_rotvec(vectors).as_quat()).reshape(21, 3)
    twin = decompose(Rotation.from_rotvec(mirrored).as_quat()).reshape(21, 3)
    expected = angles[np.array(MIRROR[1:]) - 1] * (-1.0, 1.0, -1.0)
    np.testing.assert_allclose(twin, expected, atol=1e-9)


@given(seeds, st.floats(0.0, 90.0))
@thorough
def test_clearance_is_the_distance_of_the_middle_angle(seed: int, degrees: float) -> None:
    angles = near_singular_angles(np.random.default_rng(seed), np.radians(degrees))
    np.testing.assert_allclose(clearance(angles), np.radians(degrees), atol=1e-9)
    # The same rotation on the other branch and after whole turns is as far away.
    angles[MIDDLE] = np.pi + 2.0 * TILTS - angles[MIDDLE] + 2.0 * np.pi
    np.testing.assert_allclose(clearance(angles), np.radians(degrees), atol=1e-9)


@pytest.mark.parametrize(
    ("joint", "turn", "name", "angle"),
    [
        # SMPL axes: X left, Y up, Z forward. A bent elbow brings the forearm forward.
        ("left_elbow", (0.0, -90.0, 0.0), "left_elbow_z", -90.0),
        ("right_elbow", (0.0, 90.0, 0.0), "right_elbow_z", 90.0),
        ("left_knee", (90.0, 0.0, 0.0), "left_knee_y", 90.0),
        ("spine1", (30.0, 0.0, 0.0), "spine1_y", 30.0),
        ("head", (0.0, 60.0, 0.0), "head_z", 60.0),
        ("neck", (0.0, 0.0, 20.0), "neck_x", 20.0),
        ("left_shoulder", (80.0, 0.0, 0.0), "left_shoulder_y", 80.0),
        ("right_shoulder", (0.0, 70.0, 0.0), "right_shoulder_z", 70.0),
    ],
)
def test_a_turn_about_one_axis_is_that_angle_alone(
    joint: str, turn: tuple[float, float, float], name: str, angle: float
) -> None:
    bodies = np.tile([0.0, 0.0, 0.0, 1.0], (22, 1))
    bodies[JOINT_NAMES.index(joint)] = Rotation.from_rotvec(turn, degrees=True).as_quat()
    expected = np.zeros(63)
    expected[JOINT_STATE_NAMES.index(name)] = np.radians(angle)
    np.testing.assert_allclose(decompose(bodies), expected, atol=1e-12)
