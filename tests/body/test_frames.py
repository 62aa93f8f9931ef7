# SPDX-License-Identifier: Apache-2.0
"""Link axes, and the heading that survives looking straight down."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import JOINT_FROM_LINK, heading_yaw
from tests.search import examples

seeds = st.integers(0, 2**32 - 1)
thorough = settings(max_examples=examples(80))


def wrap(angle: np.ndarray) -> np.ndarray:
    return np.arctan2(np.sin(angle), np.cos(angle))


def turned(*steps: tuple[str, float]) -> np.ndarray:
    """World rotations one after another about the axes of the turned body, degrees."""
    total = Rotation.identity()
    for axis, degrees in steps:
        total = total * Rotation.from_euler(axis.upper(), degrees, degrees=True)
    return total.as_matrix()


def test_link_axes_are_forward_left_up_in_smpl_axes() -> None:
    left, up, forward = np.eye(3)
    np.testing.assert_array_equal(JOINT_FROM_LINK[:, 0], forward)
    np.testing.assert_array_equal(JOINT_FROM_LINK[:, 1], left)
    np.testing.assert_array_equal(JOINT_FROM_LINK[:, 2], up)
    assert np.linalg.det(JOINT_FROM_LINK) == 1.0


@given(st.floats(-179.9, 179.9))
@thorough
def test_heading_of_an_upright_link_is_its_yaw(degrees: float) -> None:
    assert abs(heading_yaw(turned(("z", degrees))) - np.radians(degrees)) < 1e-9


@given(st.floats(-179.0, 179.0), st.floats(-179.0, 179.0))
@thorough
def test_pitch_and_roll_alone_do_not_change_the_heading(yaw: float, tilt: float) -> None:
    # A tilt about any horizontal axis is a pure swing: straight down is 90 degrees of pitch.
    for axis in ("y", "x"):
        heading = heading_yaw(turned(("z", yaw), (axis, tilt)))
        assert abs(wrap(heading - np.radians(yaw))) < 1e-9


@given(seeds, st.floats(-180.0, 180.0))
@thorough
def test_a_turn_of_the_world_turns_the_heading(seed: int, degrees: float) -> None:
    rotation = Rotation.random(20, random_state=seed)
    heading = heading_yaw(rotation.as_matrix())
    world = Rotation.from_euler("z", degrees, degrees=True)
    # Upside down, a half turn about a horizontal axis, there is no heading.
    defined = 1.0 + rotation.as_matrix()[:, 2, 2] > 1e-3
    after = heading_yaw((world * rotation).as_matrix())
    difference = wrap(after - heading - np.radians(degrees))
    assert np.abs(difference[defined]).max(initial=0.0) < 1e-9


@given(seeds)
@thorough
def test_what_is_left_without_the_heading_is_a_tilt(seed: int) -> None:
    rotations = Rotation.random(20, random_state=seed)
    heading = Rotation.from_euler("z", heading_yaw(rotations.as_matrix())[:, None])
    swing = (heading.inv() * rotations).as_quat()
    assert np.abs(swing[:, 2]).max() < 1e-9


def test_heading_moves_smoothly_while_nodding_past_straight_down() -> None:
    pitches = np.linspace(0.0, 150.0, 301)
    headings = [heading_yaw(turned(("z", 30.0), ("x", 10.0), ("y", pitch))) for pitch in pitches]
    assert np.abs(np.diff(headings)).max() < np.radians(1.0)
    assert np.abs(np.array(headings) - np.radians(30.0)).max() < np.radians(45.0)


def test_leading_shapes_are_kept() -> None:
    matrices = Rotation.random(6, random_state=0).as_matrix().reshape(2, 3, 3, 3)
    headings = heading_yaw(matrices)
    assert headings.shape == (2, 3)
    assert headings[1, 2] == heading_yaw(matrices[1, 2])
    assert np.shape(heading_yaw(np.eye(3))) == ()
