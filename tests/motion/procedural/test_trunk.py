# SPDX-License-Identifier: Apache-2.0
"""Heads turn as far as necks go."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.motion.procedural.trunk import turn_head

#: Tilt, nod and look aside, rad.
LIMIT = np.array((0.55, 0.95, 1.25))


def turned(wanted: np.ndarray, share: float = 0.4) -> np.ndarray:
    """Turns (N, 3) of head against chest where some (N, 3) are wanted, rad."""
    chest = np.tile(Rotation.from_euler("zyx", (2.0, 0.3, -0.2)).as_matrix(), (len(wanted), 1, 1))
    neck, head = turn_head(chest, chest @ Rotation.from_rotvec(wanted).as_matrix(), share)
    return Rotation.from_matrix(neck @ head).as_rotvec()


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_neck_goes_no_further_than_its_limit(axis: int, sign: float) -> None:
    angles = np.linspace(0.0, 3.1, 60)
    found = turned(sign * angles[:, None] * np.eye(3)[axis])
    assert np.abs(np.delete(found, axis, axis=1)).max() < 1e-9
    reached = sign * found[:, axis]
    assert (np.diff(reached) > 0.0).all()  # and never turns back
    assert 0.95 * LIMIT[axis] < reached[-1] < LIMIT[axis]


def test_it_goes_no_further_whatever_is_wanted() -> None:
    wanted = Rotation.random(500, random_state=1).as_rotvec()
    found = turned(wanted)
    assert (np.abs(found) < LIMIT).all()
    assert (np.sign(found) == np.sign(wanted)).all()


def test_small_turns_are_followed_and_shared() -> None:
    wanted = np.random.default_rng(2).normal(scale=0.05, size=(50, 3))
    np.testing.assert_allclose(turned(wanted), wanted, atol=6e-3)
    still = np.tile(np.eye(3), (50, 1, 1))
    neck, head = turn_head(still, Rotation.from_rotvec(wanted).as_matrix(), 0.4)
    angles = [Rotation.from_matrix(part).magnitude() for part in (neck, head)]
    np.testing.assert_allclose(angles[0] * 0.6, angles[1] * 0.4, atol=1e-9)
