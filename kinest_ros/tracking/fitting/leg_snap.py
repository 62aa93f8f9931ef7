# SPDX-License-Identifier: Apache-2.0
"""Moves the legs so that the ankles are somewhere else: where the foot trackers say, above all."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.joints import left_and_right
from kinest_ros.body.two_bone_ik import two_bone_ik

HIPS, KNEES, ANKLES, TOES = (left_and_right(name) for name in ("hip", "knee", "ankle", "foot"))
#: In SMPL's T-pose the legs hang along -Y; flexing brings the shin back, to -Z.
_KNEE_HINGE = np.array([1.0, 0.0, 0.0])
#: m before a leg is straight, from which it follows a foot ever less: otherwise its knee would
#: leap where a foot goes out of reach. A quarter of it is left to a foot that is just in reach;
#: with less, knees jitter: straight legs turn a millimetre at the foot into centimetres there.
SOFT_REACH = 0.008


def move_ankles(
    world: np.ndarray, positions: np.ndarray, rest_offsets: np.ndarray, reach: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pose with its ankles moved, as far as the legs reach.

    The feet keep their rotation in the world, the knees their swivel.

    Args:
        world: world_from_joint (22, 3, 3).
        positions: (22, 3) joint positions, m.
        rest_offsets: (22, 3) m.
        reach: (2, 3) m, from the left and the right hip to where the ankle is to be.

    Returns:
        world_from_joint (22, 3, 3) and positions (22, 3), as new arrays.
    """
    world, positions = world.copy(), positions.copy()
    upper, lower = two_bone_ik(
        world[HIPS], world[KNEES], rest_offsets[KNEES], rest_offsets[ANKLES], reach, _KNEE_HINGE
    )
    knees = positions[HIPS] + (upper @ rest_offsets[KNEES, :, None])[..., 0]
    ankles = knees + (lower @ rest_offsets[ANKLES, :, None])[..., 0]
    toes = ankles + (world[ANKLES] @ rest_offsets[TOES, :, None])[..., 0]
    world[HIPS], world[KNEES] = upper, lower
    positions[KNEES], positions[ANKLES], positions[TOES] = knees, ankles, toes
    return world, positions


def snap_ankles(
    world: np.ndarray,
    positions: np.ndarray,
    rest_offsets: np.ndarray,
    targets: np.ndarray,
    sides: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pose with the chosen ankles on their targets, or as near as the leg reaches.

    Args:
        world: world_from_joint (22, 3, 3).
        positions: (22, 3) joint positions, m.
        rest_offsets: (22, 3) m.
        targets: (2, 3) ankle positions, left and right, m; any finite values where not chosen.
        sides: (2,) bool, the legs to move.
    """
    if not sides.any():
        return world, positions
    reach = np.where(sides[:, None], targets, positions[ANKLES]) - positions[HIPS]
    moved = move_ankles(world, positions, rest_offsets, softened(reach, rest_offsets, SOFT_REACH))
    if sides.all():
        return moved
    for array, still in zip(moved, (world, positions), strict=True):
        for joints in (HIPS, KNEES, ANKLES, TOES):
            array[joints][~sides] = still[joints][~sides]
    return moved


def softened(reach: np.ndarray, rest_offsets: np.ndarray, margin: float) -> np.ndarray:
    """Return reaches (2, 3) shortened to what a leg does, without a kink where it ends.

    Args:
        reach: (2, 3) m, from the left and the right hip.
        rest_offsets: (22, 3) m.
        margin: m before a leg is straight, from which it follows ever less; a quarter of it is
            left to what is just in reach.
    """
    bones = (
        rest_offsets[[KNEES.start, KNEES.stop - 1]],
        rest_offsets[[ANKLES.start, ANKLES.stop - 1]],
    )
    longest = sum(np.sqrt(np.einsum("ij,ij->i", bone, bone)) for bone in bones)
    length = np.sqrt(np.einsum("ij,ij->i", reach, reach))
    beyond = np.clip(length - longest + margin, 0.0, 2.0 * margin)
    most = np.minimum(length, longest + margin) - beyond * beyond / (4.0 * margin)
    shortened: np.ndarray = reach * (most / np.maximum(length, 1e-9))[:, None]
    return shortened
