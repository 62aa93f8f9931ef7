# SPDX-License-Identifier: Apache-2.0
"""Spine, neck and head from a few angles. Link axes: x forward, y left, z up."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from kinest_ros.body.rotations_numpy import axis_rotation

# Largest turn of head against chest about x, y, z (rad): tilt, nod, look aside.
_NECK_LIMIT = np.array([0.55, 0.95, 1.25])


def bend(pitch: np.ndarray, roll: np.ndarray, yaw: np.ndarray) -> np.ndarray:
    """Rotation (N, 3, 3): yaw about z, then roll about x, then pitch about y (all rad)."""
    return axis_rotation("z", yaw) @ axis_rotation("x", roll) @ axis_rotation("y", pitch)


def bend_spine(
    pitch: np.ndarray, roll: np.ndarray, yaw: np.ndarray, shares: np.ndarray
) -> list[np.ndarray]:
    """Local rotations of spine1, spine2, spine3 that share a bend, each (N, 3, 3).

    Args:
        pitch: (N,) rad, forward bend of the whole spine.
        roll: (N,) rad, bend to the right.
        yaw: (N,) rad, turn to the left.
        shares: (3, 3) share of each joint (row) in pitch, roll and yaw (column).
    """
    return [bend(pitch * a, roll * b, yaw * c) for a, b, c in shares]


def turn_head(
    world_from_chest: np.ndarray, world_from_head: np.ndarray, neck_share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Local rotations (N, 3, 3) of neck and head.

    They turn the head as far towards the wanted orientation as a neck goes.
    """
    chest_from_head = np.swapaxes(world_from_chest, -1, -2) @ world_from_head
    turn = Rotation.from_matrix(chest_from_head).as_rotvec()
    turn = _NECK_LIMIT * np.tanh(turn / _NECK_LIMIT)
    neck = Rotation.from_rotvec(turn * neck_share).as_matrix()
    head = Rotation.from_rotvec(turn * (1.0 - neck_share)).as_matrix()
    return neck, head
