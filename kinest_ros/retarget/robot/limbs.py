# SPDX-License-Identifier: Apache-2.0
"""Finds arms and legs in the tree: the largest pieces that lie on one side of the body."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.retarget.robot.tree import HINGE, Node

#: Fewest joints of a limb, and the most that are driven.
FEWEST, MOST = 3, 7
#: Share of the limb's mass below a fork under which a branch is a finger or a rod.
_BRANCH = 0.25


@dataclass(frozen=True)
class Chain:
    """The pieces of a limb from its root to hand or foot.

    Attributes:
        nodes: in order; fingers and toes are cut off.
        side: +1 for the side of the lateral axis, -1 for the other.
        lowest: m, height of its last piece at zero.
        reach: m, of the last piece from the first.
    """

    nodes: tuple[Node, ...]
    side: int
    lowest: float
    reach: float


def find_chains(root: Node, lateral: np.ndarray) -> list[tuple[Chain, Chain]]:
    """Return pairs of limbs (on the side of the lateral axis, on the other), the lowest first."""
    chains = [_chain(node, lateral) for node in _one_sided(root, lateral)]
    limbs = [chain for chain in chains if len(_joints(chain)) >= FEWEST]
    pairs = []
    right = [chain for chain in limbs if chain.side < 0]
    for chain in (chain for chain in limbs if chain.side > 0):
        match = min(right, key=lambda other: _unlike(chain, other, lateral), default=None)
        if match is not None and _unlike(chain, match, lateral) < 0.1:
            right.remove(match)
            pairs.append((chain, match))
    return sorted(pairs, key=lambda pair: pair[0].lowest)


def chain_to(root: Node, body: int, lateral: np.ndarray, what: str) -> Chain:
    """Return the limb that ends in a given body.

    Raises:
        KinestError: the body is none of the robot, or lies on no side.
    """
    end = next((node for node in root.below() if body in node.bodies), None)
    if end is None:
        raise KinestError(f"override {what}: the link is not part of the robot's tree")
    nodes = [node for node in end.path() if node.side(lateral) != 0]
    if not nodes:
        raise KinestError(f"override {what}: the link lies on neither side of the robot")
    return _measured(nodes, lateral)


def _one_sided(node: Node, lateral: np.ndarray) -> list[Node]:
    if node.parent is not None and node.side(lateral) != 0:
        return [node]
    return [found for child in node.children for found in _one_sided(child, lateral)]


def _chain(node: Node, lateral: np.ndarray) -> Chain:
    nodes, joints = [node], len(node.joints)
    while nodes[-1].children and joints < MOST:
        children = sorted(nodes[-1].children, key=_size, reverse=True)
        if len(children) > 1:
            total = sum(map(_size, children))
            rods = all(_size(child) < _BRANCH * total for child in children[1:])
            # Before the limb's middle joint it cannot end yet.
            if not rods and joints > 3:
                break
        nodes.append(children[0])
        joints += len(children[0].joints)
    return _measured(nodes, lateral)


def _size(node: Node) -> float:
    return sum(below.mass for below in node.below())


def _measured(nodes: list[Node], lateral: np.ndarray) -> Chain:
    end, start = nodes[-1].points, nodes[0].points
    return Chain(
        tuple(nodes),
        nodes[0].side(lateral) or nodes[-1].side(lateral),
        float(end[:, 2].min()),
        float(np.linalg.norm(end.mean(axis=0) - start[0])),
    )


def _joints(chain: Chain) -> list[int]:
    return [joint for node in chain.nodes for joint in node.joints]


def _unlike(first: Chain, second: Chain, lateral: np.ndarray) -> float:
    """Return by how much two chains are no mirror images of each other, m."""
    if len(_joints(first)) != len(_joints(second)):
        return np.inf
    mirror = np.eye(3) - 2.0 * np.outer(lateral, lateral)
    mine, other = first.nodes[0].points[0], second.nodes[0].points[0]
    return float(np.linalg.norm(mirror @ mine - other))


def hinge_index(
    model: mujoco.MjModel, data: mujoco.MjData, joints: list[int], end: np.ndarray, what: str
) -> int:
    """Return the index of knee or elbow among a limb's joints: the fourth, if it can be that.

    Args:
        model: compiled.
        data: kinematics at zero.
        joints: of the limb, in order.
        end: (3,) m, of the limb at zero.
        what: names the limb in errors.

    Raises:
        KinestError: no joint of the limb can be its hinge.
    """
    scores = [_hinge_score(model, data, joints, index, end) for index in range(len(joints))]
    if len(joints) > 3 and scores[3] > 0.15:
        return 3
    best = int(np.argmax(scores))
    if scores[best] <= 0.15 or best == 0:
        names = ", ".join(model.joint(joint).name for joint in joints)
        hinge = "knee" if "leg" in what else "elbow"
        raise KinestError(
            f"{what}: assumed that its fourth joint is the {hinge}, but of its joints ({names}) "
            f"none splits it into two bones. Give the joint in an override file: "
            f"{what.split()[0]}_{hinge}: JOINT"
        )
    return best


def _hinge_score(
    model: mujoco.MjModel, data: mujoco.MjData, joints: list[int], index: int, end: np.ndarray
) -> float:
    """Return how well a joint divides the limb: shorter by longer part, if it lies across."""
    joint = joints[index]
    if index == 0 or model.jnt_type[joint] != HINGE:
        return 0.0
    start, middle = data.xanchor[joints[0]], data.xanchor[joint]
    axis = data.xaxis[joint]
    lower = end - middle
    length = np.linalg.norm(lower)
    if length < 1e-6 or abs(axis @ lower) > 0.7 * length:
        return 0.0
    parts = float(np.linalg.norm(middle - start)), float(length)
    return min(parts) / max(*parts, 1e-6)
