# SPDX-License-Identifier: Apache-2.0
"""Finds the pairs of limbs in the tree: branches of one piece that mirror each other."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from kinest_ros.retarget.robot.tree import Node

#: Fewest joints of a limb.
FEWEST = 3
#: Most branches of one piece that are compared with each other.
_MOST = 50
#: Joints from the limb's root that are compared with the other side's.
_COMPARED = 4
#: m by which they may miss their mirror images.
_UNLIKE = 0.1
#: Share of the robot's extent under which a branch is an antenna or a finger, no limb.
_SHORTEST = 0.12
#: Share of its height, within which ends are equally low.
_AS_LOW = 0.1

#: Roots of two limbs, on the side of the lateral axis and on the other.
Roots = tuple[Node, Node]


def find_pairs(root: Node, lateral: np.ndarray) -> list[Roots]:
    """Return the roots of limbs that mirror each other, those that reach lowest first."""
    points = np.concatenate([node.points for node in root.below()])
    extent = float(np.linalg.norm(np.ptp(points, axis=0)))
    found: list[Roots] = []

    def look(node: Node) -> None:
        options = []
        branches = [child for child in node.children if len(_spine(child)) >= FEWEST]
        for first, second in combinations(branches[:_MOST], 2):
            unlike, apart = _compare(first, second, lateral)
            if unlike < _UNLIKE and abs(apart) > 0.01 and _length(first) > _SHORTEST * extent:
                pair = (first, second) if apart > 0.0 else (second, first)
                options.append((unlike, pair))
        paired: list[Node] = []
        for _, pair in sorted(options, key=lambda option: option[0]):
            if not any(node is other for node in pair for other in paired):
                paired += pair
                found.append(pair)
        for child in node.children:
            if not any(child is other for other in paired):
                look(child)

    look(root)
    return sorted(found, key=lambda pair: lowest(pair[0]))


def legs_and_rest(pairs: list[Roots]) -> tuple[Roots, list[Roots], list[Roots]]:
    """Return the lowest pair, others that reach as low as it, and the rest, the highest first."""
    legs = pairs[0]
    top = max(float(pair[0].points[0, 2]) for pair in pairs)
    low = lowest(legs[0])
    limit = low + _AS_LOW * max(top - low, 1e-6)
    too = [pair for pair in pairs[1:] if lowest(pair[0]) < limit]
    rest = [pair for pair in pairs[1:] if lowest(pair[0]) >= limit]
    return legs, too, sorted(rest, key=lambda pair: -float(pair[0].points[0, 2]))


def lowest(node: Node) -> float:
    """Return the height of the lowest piece from here on, m."""
    return min(float(below.points[:, 2].min()) for below in node.below())


def _spine(node: Node) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return place (3,) and axis (3,) of the first joints of a branch, at most `_COMPARED`."""
    found = list(zip(node.anchors, node.axes, strict=True))
    while node.children and len(found) < _COMPARED:
        node = max(node.children, key=branch_size)
        found += zip(node.anchors, node.axes, strict=True)
    return found[:_COMPARED]


def _compare(first: Node, second: Node, lateral: np.ndarray) -> tuple[float, float]:
    """Return by how much two branches are no mirror images, m, and how far the first is aside."""
    mine, other = _spine(first), _spine(second)
    if len(mine) != len(other):
        return np.inf, 0.0
    mirror = np.eye(3) - 2.0 * np.outer(lateral, lateral)
    places = np.concatenate([[place for place, _ in mine], [place for place, _ in other]])
    plane = float((places @ lateral).mean())
    misses = []
    for (place, axis), (there, along) in zip(mine, other, strict=True):
        off = mirror @ place + 2.0 * plane * lateral - there
        # A joint may be anywhere on its axis.
        miss = float(np.linalg.norm(off - along * float(along @ off)))
        misses.append(miss + 0.1 * float(np.linalg.norm(np.cross(mirror @ axis, along))))
    apart = float((np.array([place for place, _ in mine]) @ lateral).mean()) - plane
    return float(np.mean(misses)), apart


def _length(node: Node) -> float:
    start = node.points[0]
    return max(float(np.linalg.norm(below.points - start, axis=1).max()) for below in node.below())


def branch_size(node: Node) -> float:
    """Return the mass of a branch, kg, or, without masses, a number that grows with its pieces."""
    return sum(below.mass + 1e-4 for below in node.below())
