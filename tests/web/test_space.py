# SPDX-License-Identifier: Apache-2.0
"""WebXR's axes and recentrings: the same place in the room, whatever the origin."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.web.space import Space

AHEAD = (0.0, 0.0, -1.0)
LEVEL = (0.0, 0.0, 0.0, 1.0)


def to_ros(space: Space, position, quaternion=LEVEL):
    positions, quaternions = space.to_ros(np.array([position]), np.array([quaternion]))
    return positions[0], quaternions[0]


def test_axes_are_renamed():
    assert to_ros(Space(), AHEAD)[0] == pytest.approx((1.0, 0.0, 0.0))
    assert to_ros(Space(), (1.0, 0.0, 0.0))[0] == pytest.approx((0.0, -1.0, 0.0))
    assert to_ros(Space(), (0.0, 1.6, 0.0))[0] == pytest.approx((0.0, 0.0, 1.6))


def test_a_turn_to_the_left_is_one():
    left = Rotation.from_euler("y", 30, degrees=True).as_quat()
    _, quaternion = to_ros(Space(), AHEAD, left)
    assert Rotation.from_quat(quaternion).as_euler("zyx", degrees=True) == pytest.approx((30, 0, 0))


def test_a_recentring_moves_nothing():
    """Two in a row, with turns and heights: what stands in the room stays where it was."""
    random = np.random.default_rng(3)
    space, plain = Space(), Space()
    world = Rotation.random(8, random), random.normal(size=(8, 3))
    old_from_new = (Rotation.identity(), np.zeros(3))
    for turn in (40.0, -110.0):
        step = (Rotation.from_euler("y", turn, degrees=True), random.normal(size=3))
        space.reset(step[1], step[0].as_quat())
        old_from_new = (
            old_from_new[0] * step[0],
            old_from_new[0].apply(step[1]) + old_from_new[1],
        )
    seen_rotation = old_from_new[0].inv() * world[0]
    seen_position = old_from_new[0].inv().apply(world[1] - old_from_new[1])
    positions, quaternions = space.to_ros(seen_position, seen_rotation.as_quat())
    expected, expected_quaternions = plain.to_ros(world[1], world[0].as_quat())
    assert positions == pytest.approx(expected)
    left = Rotation.from_quat(quaternions).inv() * Rotation.from_quat(expected_quaternions)
    assert left.magnitude() == pytest.approx(0.0, abs=1e-6)
    # And back: the page draws the body where its wearer is.
    assert space.to_page(positions) == pytest.approx(seen_position)
    assert plain.to_page(expected) == pytest.approx(world[1])
