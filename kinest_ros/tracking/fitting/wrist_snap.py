# SPDX-License-Identifier: Apache-2.0
"""Moves the arms so that the wrists are where the hand trackers say."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.joints import left_and_right
from kinest_ros.body.limb_ik import Limb, Numbers, bend_limb, rotated
from kinest_ros.body.per_bones import per_bones
from kinest_ros.runtime.native import kernels
from kinest_ros.tracking.fitting.shoulder_reach import reach_with_shoulders

SHOULDERS, ELBOWS, WRISTS = (left_and_right(name) for name in ("shoulder", "elbow", "wrist"))
#: In SMPL's T-pose the arms lie along +X (left) and -X; flexing brings the hand forward, to +Z.
ELBOW_HINGES = np.array([[0.0, -1.0, 0.0], [0.0, 1.0, 0.0]])
#: rad that an arm is bent about its elbow's hinge before it is moved; see `two_bone_ik`.
LEAST_BEND = 0.2
#: From an arm's joint to the next one.
_STRIDE = ELBOWS.start - SHOULDERS.start
#: The joints that turn, and those that move: left and right, one pair after the other.
_TURNED, _MOVED = slice(SHOULDERS.start, ELBOWS.stop), slice(ELBOWS.start, WRISTS.stop)


def snap_wrists(
    world: np.ndarray,
    positions: np.ndarray,
    rest_offsets: np.ndarray,
    targets: np.ndarray,
    sides: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pose with the chosen wrists on their targets, or as near as the arm reaches.

    Only the upper arm and the forearm turn, and the collar bone where a straight arm is too short;
    the elbow keeps its swivel, and the hand its rotation in the world.

    Args:
        world: world_from_joint (22, 3, 3).
        positions: (22, 3) joint positions, m.
        rest_offsets: (22, 3) m.
        targets: (2, 3) wrist positions, left and right, m; any finite values where not chosen.
        sides: (2,) bool, the arms to move.

    Returns:
        world_from_joint (22, 3, 3) and positions (22, 3), as new arrays.
    """
    chosen = sides.tolist()
    if not any(chosen):
        return world, positions
    world, positions = world.copy(), positions.copy()
    reach_with_shoulders(world, positions, rest_offsets, targets, sides)
    if kernels.COMPILED:
        bent = world.copy(), positions.copy()
        bent_at = kernels.place(bent[0]), kernels.place(bent[1])
        reaches = (targets - positions[SHOULDERS]).tolist()
        if all(
            not chosen[side]
            or kernels.bend(*bent_at, SHOULDERS.start + side, _STRIDE, bones, reach, LEAST_BEND)
            for side, (bones, reach) in enumerate(zip(_bones(rest_offsets), reaches, strict=True))
        ):
            return bent
    turned: list[Numbers] = [*world[_TURNED].reshape(4, 9).tolist()]
    moved: list[Numbers] = positions[_MOVED].tolist()
    shoulders = positions[SHOULDERS].tolist()
    arms, goals = _arms(rest_offsets), targets.tolist()
    for side in range(2):
        if not chosen[side]:
            continue
        arm, (x, y, z), (to_x, to_y, to_z) = arms[side], shoulders[side], goals[side]
        reach = (to_x - x, to_y - y, to_z - z)
        upper, lower = bend_limb(arm, turned[side], turned[side + 2], reach, LEAST_BEND)
        (a, b, c), (d, e, f) = rotated(upper, arm.upper), rotated(lower, arm.lower)
        turned[side], turned[side + 2] = upper, lower
        moved[side], moved[side + 2] = (x + a, y + b, z + c), (x + a + d, y + b + e, z + c + f)
    world[_TURNED] = np.array(turned).reshape(4, 3, 3)
    positions[_MOVED] = moved
    return world, positions


@per_bones
def _bones(rest_offsets: np.ndarray) -> list[kernels.Place]:
    """Return the same, each (9,) for `kernels.bend`."""
    return [
        kernels.place(np.array((*arm.upper, *arm.lower, *arm.hinge))) for arm in _arms(rest_offsets)
    ]


@per_bones
def _arms(rest_offsets: np.ndarray) -> list[Limb]:
    """Return the left and the right arm."""
    upper, lower = rest_offsets[ELBOWS].tolist(), rest_offsets[WRISTS].tolist()
    return [Limb(*each) for each in zip(upper, lower, ELBOW_HINGES.tolist(), strict=True)]
