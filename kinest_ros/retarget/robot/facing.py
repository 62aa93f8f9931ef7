# SPDX-License-Identifier: Apache-2.0
"""Which way the robot faces, and which limbs are legs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import mujoco
import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.retarget.robot.clues import Clues
from kinest_ros.retarget.robot.limbs import Chain, arm_chain, chains_to, leg_chain
from kinest_ros.retarget.robot.overrides import body_of
from kinest_ros.retarget.robot.pairs import Roots, find_pairs, legs_and_rest
from kinest_ros.retarget.robot.tree import Node

Pair = tuple[Chain, Chain]
_AXES = {"x": (1.0, 0.0), "-x": (-1.0, 0.0), "y": (0.0, 1.0), "-y": (0.0, -1.0)}


@dataclass
class Facing:
    """The robot's axes and limbs.

    Attributes:
        axes: (3, 3) columns forward, left, up in the root body's axes.
        legs: left and right, where there are any.
        arms: likewise.
        notes: what is worth telling.
    """

    axes: np.ndarray
    legs: Pair | None
    arms: Pair | None
    notes: list[str] = field(default_factory=list)


def find_facing(
    model: mujoco.MjModel, data: mujoco.MjData, root: Node, overrides: Mapping[str, str]
) -> Facing:
    """Return the robot's axes, its legs and its arms; it stands upright at zero.

    Raises:
        KinestError: a walker on four legs, or an override that does not fit.
    """
    up = np.array((0.0, 0.0, 1.0))
    given = {
        end: _given(model, root, overrides, end)
        for end in ("foot", "hand")
        if any(f"{side}_{end}" in overrides for side in ("left", "right"))
    }
    pairs, lateral = _pairs(root, overrides, given)
    forward = np.cross(lateral, up)
    clues = Clues(model, data, root)
    legs, arms, notes = _legs_and_arms(model, clues, pairs, forward, bool(given))
    legs, arms = given.get("foot", legs), given.get("hand", arms)
    if "forward" not in overrides and not given:
        turn, note = clues.turned(legs, arms, forward)
        if turn:
            forward, lateral = -forward, -lateral
            legs, arms = legs[::-1] if legs else None, arms[::-1] if arms else None
        notes += [note] if note else []
    world = np.column_stack([forward, lateral, up])
    return Facing(data.xmat[root.body].reshape(3, 3).T @ world, legs, arms, notes)


def _given(model: mujoco.MjModel, root: Node, overrides: Mapping[str, str], end: str) -> Pair:
    """Return a pair of limbs whose ends an override names."""
    left, right = f"left_{end}", f"right_{end}"
    if not (left in overrides and right in overrides):
        raise KinestError(f"override: give both {left} and {right}, or neither")
    bodies = body_of(model, overrides, left), body_of(model, overrides, right)
    return chains_to(root, bodies, (left, right))


def _pairs(
    root: Node, overrides: Mapping[str, str], given: Mapping[str, Pair]
) -> tuple[list[Roots], np.ndarray]:
    """Return the pairs of limbs, and the axis to the robot's left, as far as it is known."""
    if "forward" in overrides:
        x, y = _AXES[overrides["forward"]]
        lateral = np.array((-y, x, 0.0))
        return find_pairs(root, lateral), lateral
    for left, right in given.values():
        apart = _place(left) - _place(right)
        lateral = np.zeros(3)
        axis = int(np.argmax(np.abs(apart[:2])))
        lateral[axis] = 1.0 if apart[axis] > 0.0 else -1.0
        return find_pairs(root, lateral), lateral
    for lateral in (np.array((0.0, 1.0, 0.0)), np.array((-1.0, 0.0, 0.0))):
        pairs = find_pairs(root, lateral)
        if pairs:
            return pairs, lateral
    return [], np.array((0.0, 1.0, 0.0))


def _place(chain: Chain) -> np.ndarray:
    """Return where a limb begins (3,), m, whose first joint may be anywhere on its axis."""
    return np.asarray(np.concatenate([node.anchors for node in chain.nodes[:3]]).mean(axis=0))


def _legs_and_arms(
    model: mujoco.MjModel, clues: Clues, pairs: list[Roots], forward: np.ndarray, told: bool
) -> tuple[Pair | None, Pair | None, list[str]]:
    if not pairs:
        return None, None, []
    if len(pairs) > 1:
        lowest, too, rest = legs_and_rest(pairs)
        if too and not rest and not told:
            names = ", ".join(model.body(node.body).name for pair in pairs for node in pair)
            raise KinestError(
                f"assumed two legs, and {2 + 2 * len(too)} limbs reach the floor ({names}). Give "
                "the two that walk in an override file: left_foot: LINK and right_foot: LINK"
            )
        left_out = [*too, *rest[1:]]
        names = ", ".join(model.body(node.body).name for pair in left_out for node in pair)
        notes = [f"more limbs than two legs and two arms: {names} stand still"] if names else []
        legs = leg_chain(lowest[0]), leg_chain(lowest[1])
        arms = (arm_chain(rest[0][0]), arm_chain(rest[0][1])) if rest else None
        return legs, arms, notes
    (pair,) = pairs
    legs, arms = (leg_chain(pair[0]), leg_chain(pair[1])), (arm_chain(pair[0]), arm_chain(pair[1]))
    named = _named_kind(model, arms)
    folds = sum(clues.fold(chain, forward) for chain in arms)
    walks = named == "leg" if named else folds < 0
    return (legs, None, []) if walks else (None, arms, [])


def _named_kind(model: mujoco.MjModel, pair: Pair) -> str:
    """Return what the names of a lone pair of limbs say, where they say something."""
    text = " ".join(
        model.body(body).name.lower()
        for chain in pair
        for node in chain.nodes
        for body in node.bodies
    )
    leg = sum(text.count(word) for word in ("leg", "hip", "knee", "ankle", "foot", "thigh"))
    arm = sum(text.count(word) for word in ("arm", "shoulder", "elbow", "wrist", "hand"))
    return "leg" if leg > arm else "arm" if arm > leg else ""
