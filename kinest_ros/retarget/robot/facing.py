# SPDX-License-Identifier: Apache-2.0
"""Which way the robot faces, and which limbs are legs: knees fold backward, elbows forward."""

from __future__ import annotations

from collections.abc import Mapping

import mujoco
import numpy as np

from kinest_ros.retarget.robot.axes import straight_and_flexion, straight_angle
from kinest_ros.retarget.robot.extent import outline
from kinest_ros.retarget.robot.limbs import Chain, find_chains, hinge_index
from kinest_ros.retarget.robot.tree import Node

Pair = tuple[Chain, Chain]
_AXES = {"x": (1.0, 0.0), "-x": (-1.0, 0.0), "y": (0.0, 1.0), "-y": (0.0, -1.0)}


def find_facing(
    model: mujoco.MjModel, data: mujoco.MjData, root: Node, overrides: Mapping[str, str]
) -> tuple[np.ndarray, Pair | None, Pair | None, list[str]]:
    """Return the robot's axes, its legs and its arms (left, right), and notes.

    The axes (3, 3), columns forward, left, up, are in the root body's axes; it stands upright at
    zero.
    """
    up = np.array((0.0, 0.0, 1.0))
    pairs, lateral = _pairs(root, overrides)
    forward = np.cross(lateral, up)
    legs, arms = _legs_and_arms(model, data, pairs, forward)
    notes = []
    if "forward" not in overrides and legs is not None:
        votes = sum(_fold(model, data, chain, forward) for chain in legs)
        toes = sum(_toe(model, data, chain, forward) for chain in legs)
        # Where both say so, the base link looks backward.
        if votes > 0 and toes < -0.01:
            forward, lateral = -forward, -lateral
            legs, arms = legs[::-1], arms[::-1] if arms else None
            notes.append("the base link's x axis points backward: corrected")
    world = np.column_stack([forward, lateral, up])
    return data.xmat[root.body].reshape(3, 3).T @ world, legs, arms, notes


def _pairs(root: Node, overrides: Mapping[str, str]) -> tuple[list[Pair], np.ndarray]:
    if "forward" in overrides:
        x, y = _AXES[overrides["forward"]]
        lateral = np.array((-y, x, 0.0))
        return find_chains(root, lateral), lateral
    for lateral in (np.array((0.0, 1.0, 0.0)), np.array((-1.0, 0.0, 0.0))):
        pairs = find_chains(root, lateral)
        if pairs:
            return pairs, lateral
    return [], np.array((0.0, 1.0, 0.0))


def _legs_and_arms(
    model: mujoco.MjModel, data: mujoco.MjData, pairs: list[Pair], forward: np.ndarray
) -> tuple[Pair | None, Pair | None]:
    if not pairs:
        return None, None
    if len(pairs) > 1:
        # The lowest ends are the legs', the farthest of the others the arms'.
        lowest = pairs[0]
        rest = max(pairs[1:], key=lambda pair: pair[0].reach)
        return lowest, rest
    pair = pairs[0]
    named = _named_kind(model, pair)
    folds = sum(_fold(model, data, chain, forward) for chain in pair)
    legs = named == "leg" if named else folds < 0
    return (pair, None) if legs else (None, pair)


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


def _fold(model: mujoco.MjModel, data: mujoco.MjData, chain: Chain, forward: np.ndarray) -> float:
    """Return +1 where the limb's hinge folds it forward, -1 for backward, 0 if it is not clear."""
    joints = [joint for node in chain.nodes for joint in node.joints]
    end = chain.nodes[-1].points.mean(axis=0)
    index = hinge_index(model, data, joints, end, "limb")
    joint = joints[index]
    axis, anchor = data.xaxis[joint], data.xanchor[joint]
    lower = end - anchor
    low, high = model.jnt_range[joint] if model.jnt_limited[joint] else (-np.pi, np.pi)
    angle = straight_angle(axis, anchor - data.xanchor[joints[0]], lower)
    _, sign = straight_and_flexion(angle, low, high)
    moved = sign * float(np.cross(axis, anchor - data.xanchor[joints[0]]) @ forward)
    return float(np.sign(moved)) if abs(moved) > 0.02 else 0.0


def _toe(model: mujoco.MjModel, data: mujoco.MjData, chain: Chain, forward: np.ndarray) -> float:
    """Return how much farther a foot reaches forward of its ankle than backward, m."""
    node = chain.nodes[-1]
    ankle = data.xanchor[node.joints[0]]
    reach = (outline(model, data, node.bodies) - ankle) @ forward
    return float(reach.max() + reach.min())
