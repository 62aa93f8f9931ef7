# SPDX-License-Identifier: Apache-2.0
"""Puts a body of given joint rotations where the trackers are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinest_ros.body.joints import FOOT_SLOTS, HAND_SLOTS, HEAD_SLOT, PELVIS_SLOT
from kinest_ros.tracking.fitting.leg_snap import ANKLES, TOES, snap_ankles
from kinest_ros.tracking.fitting.posing import HEAD, positions_from_head
from kinest_ros.tracking.fitting.spine_snap import PELVIS, join_spine, turn_pelvis
from kinest_ros.tracking.fitting.wrist_snap import WRISTS, snap_wrists

_HANDS = [(WRISTS.start + side, HAND_SLOTS.start + side) for side in range(2)]


@dataclass(frozen=True)
class WorldPose:
    """A posed body: world_from_joint (22, 3, 3) in SMPL axes and positions (22, 3) in m."""

    world: np.ndarray
    positions: np.ndarray


@dataclass(frozen=True)
class Anchors:
    """What the body is to meet at one tick, by slot.

    Attributes:
        positions: (6, 3) of the joints that the slots are bound to, m; anything where not met.
        met: (6,) bool, the joints to be met. The head always is.
    """

    positions: np.ndarray
    met: np.ndarray

    @property
    def head(self) -> np.ndarray:
        """(3,) position of the head joint, m."""
        head: np.ndarray = self.positions[HEAD_SLOT]
        return head

    def with_pelvis_of(self, pose: WorldPose) -> Anchors:
        """Return the same with the pelvis to be where a pose has it."""
        positions = self.positions.copy()
        positions[PELVIS_SLOT] = pose.positions[PELVIS]
        return Anchors(positions, self.met)


def fit(world: np.ndarray, rest_offsets: np.ndarray, anchors: Anchors) -> WorldPose:
    """Return the body hung from the head's anchor, the rest of it moved onto the other anchors.

    Args:
        world: world_from_joint (22, 3, 3).
        rest_offsets: (22, 3) m.
        anchors: the positions to meet.
    """
    if anchors.met[PELVIS_SLOT]:
        reach = anchors.head - anchors.positions[PELVIS_SLOT]
        world = join_spine(world, rest_offsets, reach)
    positions = positions_from_head(world, rest_offsets, anchors.head)
    return with_snapped_limbs(WorldPose(world, positions), rest_offsets, anchors)


def with_snapped_limbs(hung: WorldPose, rest_offsets: np.ndarray, anchors: Anchors) -> WorldPose:
    """Return a body that hangs in its place, with legs and arms moved onto their anchors."""
    legs = snap_ankles(
        hung.world, hung.positions, rest_offsets,
        anchors.positions[FOOT_SLOTS], anchors.met[FOOT_SLOTS],
    )  # fmt: skip
    return WorldPose(
        *snap_wrists(*legs, rest_offsets, anchors.positions[HAND_SLOTS], anchors.met[HAND_SLOTS])
    )


def with_tracked_rotations(
    world: np.ndarray, rotations: np.ndarray, slots: np.ndarray
) -> np.ndarray:
    """Return world_from_joint with the rotations of tracked joints replaced.

    The spine shares the turn of the pelvis, and toes turn with their foot.

    Args:
        world: world_from_joint (22, 3, 3).
        rotations: (6, 3, 3) world_from_joint of the joints that the slots are bound to.
        slots: (6,) bool, the ones to replace.
    """
    world = world.copy()
    replaced = slots.tolist()
    if replaced[HEAD_SLOT]:
        world[HEAD] = rotations[HEAD_SLOT]
    for joint, slot in _HANDS:
        if replaced[slot]:
            world[joint] = rotations[slot]
    if replaced[PELVIS_SLOT]:
        turn_pelvis(world, rotations[PELVIS_SLOT])
    if any(replaced[FOOT_SLOTS]):
        feet = slots[FOOT_SLOTS]
        turned = rotations[FOOT_SLOTS][feet]
        before = np.swapaxes(world[ANKLES][feet], -1, -2)
        world[TOES][feet] = turned @ before @ world[TOES][feet]
        world[ANKLES][feet] = turned
    return world
