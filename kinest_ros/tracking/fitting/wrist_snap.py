# SPDX-License-Identifier: Apache-2.0
"""Moves the arms so that the wrists are where the hand trackers say."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.joints import left_and_right
from kinest_ros.body.two_bone_ik import two_bone_ik
from kinest_ros.tracking.fitting.shoulder_reach import reach_with_shoulders

SHOULDERS, ELBOWS, WRISTS = (left_and_right(name) for name in ("shoulder", "elbow", "wrist"))
#: In SMPL's T-pose the arms lie along +X (left) and -X; flexing brings the hand forward, to +Z.
ELBOW_HINGES = np.array([[0.0, -1.0, 0.0], [0.0, 1.0, 0.0]])
#: rad that an arm is bent about its elbow's hinge before it is moved; see `two_bone_ik`.
LEAST_BEND = 0.2


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
    if not sides.any():
        return world, positions
    world, positions = world.copy(), positions.copy()
    reach_with_shoulders(world, positions, rest_offsets, targets, sides)
    upper, lower = two_bone_ik(
        world[SHOULDERS],
        world[ELBOWS],
        rest_offsets[ELBOWS],
        rest_offsets[WRISTS],
        targets - positions[SHOULDERS],
        ELBOW_HINGES,
        LEAST_BEND,
    )
    elbows = positions[SHOULDERS] + (upper @ rest_offsets[ELBOWS, :, None])[..., 0]
    wrists = elbows + (lower @ rest_offsets[WRISTS, :, None])[..., 0]
    for array, joints, moved in (
        (world, SHOULDERS, upper),
        (world, ELBOWS, lower),
        (positions, ELBOWS, elbows),
        (positions, WRISTS, wrists),
    ):
        array[joints][sides] = moved[sides]
    return world, positions
