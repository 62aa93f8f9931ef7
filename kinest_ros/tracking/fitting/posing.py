# SPDX-License-Identifier: Apache-2.0
"""Poses as world rotations of all joints, the form in which they are corrected here.

Turning one joint in the world leaves the others as they are, so corrections do not add up along
the chain; local rotations are formed once, at the end.
"""

from __future__ import annotations

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, LEVELS, NUM_JOINTS, PARENTS
from kinest_ros.body.rotations_numpy import quaternions_from_matrices
from kinest_ros.runtime.native import kernels

HEAD = JOINT_INDEX["head"]
_PARENTS = np.array(PARENTS[1:])


def _ancestors() -> list[np.ndarray]:
    """Return, for 1, 2 and 4 generations, each joint's ancestor (23,); the last is the world."""
    parents = np.array([*PARENTS, NUM_JOINTS])
    parents[0] = NUM_JOINTS
    found = [parents]
    while 2 ** len(found) < len(LEVELS):
        found.append(found[-1][found[-1]])
    return found


_ANCESTORS = _ancestors()


def _chain_sums() -> np.ndarray:
    """Return (22, 21): row j adds up the bones from the pelvis to j, relative to the head."""
    sums = np.zeros((NUM_JOINTS, NUM_JOINTS))
    for joint in range(NUM_JOINTS):
        if PARENTS[joint] >= 0:
            sums[joint] = sums[PARENTS[joint]]
        sums[joint, joint] = 1.0
    # The pelvis has no bone.
    from_head: np.ndarray = np.ascontiguousarray((sums - sums[HEAD])[:, 1:])
    return from_head


_FROM_HEAD = _chain_sums()
_IDENTITY = np.eye(3)


def world_rotations(local_rotations: np.ndarray) -> np.ndarray:
    """Return world_from_joint (..., 22, 3, 3) of parent_from_joint (..., 22, 3, 3)."""
    if kernels.COMPILED and local_rotations.ndim == 3:
        return kernels.world(local_rotations)
    world = np.empty((*local_rotations.shape[:-3], NUM_JOINTS + 1, 3, 3))
    world[..., :NUM_JOINTS, :, :] = local_rotations
    world[..., NUM_JOINTS, :, :] = _IDENTITY
    # Chains of 1, 2, 4 and 8 joints: fewer products than going down joint by joint.
    for ancestors in _ANCESTORS:
        world = world.take(ancestors, axis=-3) @ world
    return world[..., :NUM_JOINTS, :, :]


def local_rotations(world: np.ndarray) -> np.ndarray:
    """Return parent_from_joint (..., 22, 3, 3) of world_from_joint (..., 22, 3, 3)."""
    local = np.array(world)
    above = world.take(_PARENTS, axis=-3)
    local[..., 1:, :, :] = above.swapaxes(-1, -2) @ world[..., 1:, :, :]
    return local


def quaternions(world: np.ndarray) -> np.ndarray:
    """Return parent_from_joint and world_from_joint (2, 22, 4) xyzw of the latter (22, 3, 3)."""
    if kernels.COMPILED:
        return kernels.quaternions(world)
    both = np.empty((2, *world.shape))
    both[0], both[1] = local_rotations(world), world
    return quaternions_from_matrices(both)


def positions_from_head(
    world: np.ndarray, rest_offsets: np.ndarray, head_position: np.ndarray
) -> np.ndarray:
    """Return joint positions (..., 22, 3) of a body hung from its head joint.

    Args:
        world: world_from_joint (..., 22, 3, 3).
        rest_offsets: (22, 3) m.
        head_position: (..., 3) m.
    """
    if kernels.COMPILED and world.ndim == 3:
        return kernels.hang(world, rest_offsets, head_position)
    bones = (world.take(_PARENTS, axis=-3) @ rest_offsets[1:, :, None])[..., 0]
    positions: np.ndarray = head_position[..., None, :] + _FROM_HEAD @ bones
    return positions
