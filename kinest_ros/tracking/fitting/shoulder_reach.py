# SPDX-License-Identifier: Apache-2.0
"""Shoulders give way to hands that a straight arm does not reach, as shoulder blades do.

Whoever reaches far brings the shoulder forward or up, by several centimetres; a network of which
only the stature is known has arms that are a little too short, besides. The collar bone turns
towards the tracker by the smallest angle with which the straight arm gets there.
"""

from __future__ import annotations

import math

import numpy as np

from kinest_ros.body.joints import left_and_right
from kinest_ros.body.per_bones import per_bones
from kinest_ros.body.rotations_numpy import matrices_about_axes

COLLARS, _SHOULDERS, _ELBOWS, _WRISTS = (
    left_and_right(name) for name in ("collar", "shoulder", "elbow", "wrist")
)
#: rad that a collar bone turns at the most: of 30 degrees that it has, the network uses some.
MOST_TURN = math.radians(25.0)


def reach_with_shoulders(
    world: np.ndarray,
    positions: np.ndarray,
    rest_offsets: np.ndarray,
    targets: np.ndarray,
    sides: np.ndarray,
) -> None:
    """Turn the collar bones of chosen arms that do not reach their targets; in place.

    The arms keep their rotations in the world and move along with their shoulders.

    Args:
        world: world_from_joint (22, 3, 3).
        positions: (22, 3) joint positions, m.
        rest_offsets: (22, 3) m.
        targets: (2, 3) wrist positions, left and right, m.
        sides: (2,) bool, the arms that are to reach theirs.
    """
    arms = _arm_lengths(rest_offsets)
    shoulders, goals, chosen = positions[_SHOULDERS].tolist(), targets.tolist(), sides.tolist()
    for side in range(2):
        if not chosen[side] or math.dist(goals[side], shoulders[side]) <= arms[side]:
            continue
        collar, shoulder, elbow, wrist = (
            _joints(each)[side] for each in (COLLARS, _SHOULDERS, _ELBOWS, _WRISTS)
        )
        bone = positions[shoulder] - positions[collar]
        turn = _turn(bone, targets[side] - positions[collar], arms[side])
        if turn is None:
            continue
        world[collar] = turn @ world[collar]
        positions[[shoulder, elbow, wrist]] += turn @ bone - bone


@per_bones
def _arm_lengths(rest_offsets: np.ndarray) -> list[float]:
    upper, lower = rest_offsets[_ELBOWS].tolist(), rest_offsets[_WRISTS].tolist()
    return [math.hypot(*one) + math.hypot(*other) for one, other in zip(upper, lower, strict=True)]


def _joints(pair: slice) -> range:
    return range(22)[pair]


def _turn(bone: np.ndarray, goal: np.ndarray, arm: float) -> np.ndarray | None:
    """Return the turn (3, 3) of a bone after which an arm at its end reaches a goal (3,)."""
    axis = np.cross(bone, goal)
    sine = math.sqrt(float(axis @ axis))
    length, far = math.sqrt(float(bone @ bone)), math.sqrt(float(goal @ goal))
    if sine < 1e-9 or length < 1e-9:
        return None
    between = math.atan2(sine, float(bone @ goal))
    # The angle between bone and goal at which the arm just reaches (law of cosines).
    cosine = (length**2 + far**2 - arm**2) / (2.0 * length * far)
    enough = math.acos(cosine) if cosine < 1.0 else 0.0
    angle = min(max(between - enough, 0.0), MOST_TURN)
    return matrices_about_axes(axis / sine, np.asarray(angle))
