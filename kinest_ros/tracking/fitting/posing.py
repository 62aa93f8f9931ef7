# SPDX-License-Identifier: Apache-2.0
"""Poses as world rotations of all joints, the form in which they are corrected here.

Turning one joint in the world leaves the others as they are, so corrections do not add up along
the chain; local rotations are formed once, at the end.
"""

from __future__ import annotations

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, LEVELS, NUM_JOINTS, PARENTS

HEAD = JOINT_INDEX["head"]
_PARENTS = np.array(PARENTS[1:])
#: For each depth below the pelvis: the joints' slice and their parents.
_STEPS = tuple((slice(start, stop), _PARENTS[start - 1 : stop - 1]) for start, stop in LEVELS[1:])


def _chain_sums() -> np.ndarray:
    """Return (22, 22): row j adds up the bones from the pelvis to j, relative to the head."""
    sums = np.zeros((NUM_JOINTS, NUM_JOINTS))
    for joint in range(NUM_JOINTS):
        if PARENTS[joint] >= 0:
            sums[joint] = sums[PARENTS[joint]]
        sums[joint, joint] = 1.0
    from_head: np.ndarray = sums - sums[HEAD]
    return from_head


_FROM_HEAD = _chain_sums()


def world_rotations(local_rotations: np.ndarray) -> np.ndarray:
    """Return world_from_joint (..., 22, 3, 3) of parent_from_joint (..., 22, 3, 3)."""
    world = np.array(local_rotations, dtype=np.float64)
    for joints, parents in _STEPS:
        above = world.take(parents, axis=-3)
        world[..., joints, :, :] = above @ world[..., joints, :, :]
    return world


def local_rotations(world: np.ndarray) -> np.ndarray:
    """Return parent_from_joint (..., 22, 3, 3) of world_from_joint (..., 22, 3, 3)."""
    local = np.array(world)
    local[..., 1:, :, :] = np.swapaxes(world[..., _PARENTS, :, :], -1, -2) @ world[..., 1:, :, :]
    return local


def positions_from_head(
    world: np.ndarray, rest_offsets: np.ndarray, head_position: np.ndarray
) -> np.ndarray:
    """Return joint positions (..., 22, 3) of a body hung from its head joint.

    Args:
        world: world_from_joint (..., 22, 3, 3).
        rest_offsets: (22, 3) m.
        head_position: (..., 3) m.
    """
    bones = np.zeros((*world.shape[:-2], 3))
    bones[..., 1:, :] = (world[..., _PARENTS, :, :] @ rest_offsets[1:, :, None])[..., 0]
    positions: np.ndarray = head_position[..., None, :] + _FROM_HEAD @ bones
    return positions
