# SPDX-License-Identifier: Apache-2.0
"""Moves the legs so that the ankles are somewhere else: where the foot trackers say, above all."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from kinest_ros.body.joints import left_and_right
from kinest_ros.body.limb_ik import Limb, Numbers, bend_limb, rotated
from kinest_ros.body.per_bones import per_bones
from kinest_ros.runtime.native import kernels

HIPS, KNEES, ANKLES, TOES = (left_and_right(name) for name in ("hip", "knee", "ankle", "foot"))
#: In SMPL's T-pose the legs hang along -Y; flexing brings the shin back, to -Z.
_KNEE_HINGE = (1.0, 0.0, 0.0)
#: From a leg's joint to the next one.
_STRIDE = KNEES.start - HIPS.start
#: m before a leg is straight, from which it follows a foot ever less: otherwise its knee would
#: leap where a foot goes out of reach. A quarter of it is left to a foot that is just in reach;
#: with less, knees jitter: straight legs turn a millimetre at the foot into centimetres there.
SOFT_REACH = 0.008


class Leg(NamedTuple):
    """A leg's bones.

    Attributes:
        limb: thigh and shin.
        toe: (3,) m, the toe joint in the ankle's axes.
        length: m, of the straight leg.
        bones: (12,) all of them, for `kernels.bend`.
    """

    limb: Limb
    toe: Numbers
    length: float
    bones: kernels.Place


@per_bones
def legs_of(rest_offsets: np.ndarray) -> list[Leg]:
    """Return the left and the right leg of bones (22, 3), m."""
    return [
        Leg(
            Limb(thigh, shin, _KNEE_HINGE),
            toe,
            math.hypot(*thigh) + math.hypot(*shin),
            kernels.place(np.array((*thigh, *shin, *_KNEE_HINGE, *toe))),
        )
        for thigh, shin, toe in zip(
            *(rest_offsets[joints].tolist() for joints in (KNEES, ANKLES, TOES)), strict=True
        )
    ]


def move_ankles(
    world: np.ndarray,
    positions: np.ndarray,
    rest_offsets: np.ndarray,
    reach: list[Numbers | None],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pose with its ankles moved, as far as the legs reach.

    The feet keep their rotation in the world, the knees their swivel.

    Args:
        world: world_from_joint (22, 3, 3).
        positions: (22, 3) joint positions, m.
        rest_offsets: (22, 3) m.
        reach: for the left and the right leg, from the hip to where the ankle is to be, (3,) m;
            None where the leg stays.

    Returns:
        world_from_joint (22, 3, 3) and positions (22, 3), as new arrays.
    """
    legs = legs_of(rest_offsets)
    if kernels.COMPILED:
        turned, moved = world.copy(), positions.copy()
        places_of = kernels.place(turned), kernels.place(moved)
        if all(
            goal is None or kernels.bend(*places_of, HIPS.start + side, _STRIDE, leg.bones, goal)
            for side, (leg, goal) in enumerate(zip(legs, reach, strict=True))
        ):
            return turned, moved
    world, positions = world.copy(), positions.copy()
    turns: list[Numbers] = [*world[: TOES.stop].reshape(-1, 9).tolist()]
    places: list[Numbers] = positions[: TOES.stop].tolist()
    for side, (leg, goal) in enumerate(zip(legs, reach, strict=True)):
        if goal is None:
            continue
        hip, knee, ankle, toe = (joints.start + side for joints in (HIPS, KNEES, ANKLES, TOES))
        thigh, shin = bend_limb(leg.limb, turns[hip], turns[knee], goal)
        turns[hip], turns[knee] = thigh, shin
        places[knee] = _along(places[hip], rotated(thigh, leg.limb.upper))
        places[ankle] = _along(places[knee], rotated(shin, leg.limb.lower))
        places[toe] = _along(places[ankle], rotated(turns[ankle], leg.toe))
    world[: KNEES.stop] = np.array(turns[: KNEES.stop]).reshape(-1, 3, 3)
    positions[: TOES.stop] = places
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
    chosen = sides.tolist()
    if not any(chosen):
        return world, positions
    reach: list[Numbers | None] = [None, None]
    given = (targets - positions[HIPS]).tolist()
    for side, leg in enumerate(legs_of(rest_offsets)):
        if chosen[side]:
            length = math.hypot(*given[side])
            reach[side] = scaled(given[side], softened(length, leg.length, SOFT_REACH), length)
    return move_ankles(world, positions, rest_offsets, reach)


def softened(length: float, longest: float, margin: float) -> float:
    """Return a reach (m) shortened to what a leg does, without a kink where it ends.

    Args:
        length: m, from the hip.
        longest: m, of the straight leg.
        margin: m before a leg is straight, from which it follows ever less; a quarter of it is
            left to what is just in reach.
    """
    beyond = min(max(length - longest + margin, 0.0), 2.0 * margin)
    return min(length, longest + margin) - beyond * beyond / (4.0 * margin)


def scaled(vector: Numbers, to: float, length: float) -> Numbers:
    """Return a vector (3,) of a length brought to another one."""
    factor = to / max(length, 1e-9)
    return vector[0] * factor, vector[1] * factor, vector[2] * factor


def _along(start: Numbers, bone: Numbers) -> Numbers:
    return start[0] + bone[0], start[1] + bone[1], start[2] + bone[2]
