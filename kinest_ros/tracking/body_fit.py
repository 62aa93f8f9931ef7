# SPDX-License-Identifier: Apache-2.0
"""Puts a body of given joint rotations where the trackers are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinest_ros.tracking.posing import HEAD, positions_from_head
from kinest_ros.tracking.wrist_snap import WRISTS, snap_wrists


@dataclass(frozen=True)
class WorldPose:
    """A posed body: world_from_joint (22, 3, 3) in SMPL axes and positions (22, 3) in m."""

    world: np.ndarray
    positions: np.ndarray


@dataclass(frozen=True)
class Anchors:
    """What the body is to meet at one tick.

    Attributes:
        head: (3,) position of the head joint, m.
        wrists: (2, 3) positions of the wrist joints, left and right, m.
        sides: (2,) bool, the wrists to be met.
    """

    head: np.ndarray
    wrists: np.ndarray
    sides: np.ndarray


def fit(world: np.ndarray, rest_offsets: np.ndarray, anchors: Anchors) -> WorldPose:
    """Return the body hung from the head's anchor, with the arms moved onto theirs.

    Args:
        world: world_from_joint (22, 3, 3).
        rest_offsets: (22, 3) m.
        anchors: the positions to meet.
    """
    positions = positions_from_head(world, rest_offsets, anchors.head)
    return with_snapped_wrists(WorldPose(world, positions), rest_offsets, anchors)


def with_snapped_wrists(hung: WorldPose, rest_offsets: np.ndarray, anchors: Anchors) -> WorldPose:
    """Return a body that hangs from the head's anchor already, with the arms moved onto theirs."""
    return WorldPose(
        *snap_wrists(hung.world, hung.positions, rest_offsets, anchors.wrists, anchors.sides)
    )


def with_tracked_rotations(
    world: np.ndarray, head: np.ndarray, wrists: np.ndarray, sides: np.ndarray
) -> np.ndarray:
    """Return world_from_joint with the head's and the chosen wrists' rotations replaced.

    Args:
        world: world_from_joint (22, 3, 3).
        head: (3, 3) world_from_head_joint.
        wrists: (2, 3, 3) world_from_wrist_joint, left and right.
        sides: (2,) bool, the wrists to replace.
    """
    world = world.copy()
    world[HEAD] = head
    world[WRISTS][sides] = wrists[sides]
    return world
