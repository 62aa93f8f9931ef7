# SPDX-License-Identifier: Apache-2.0
"""What belongs to an arm or a leg: its pieces, and which joint is knee or elbow."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.retarget.robot.pairs import branch_size, lowest
from kinest_ros.retarget.robot.tree import HINGE, Node

#: Most joints of a limb that are followed.
MOST = 10
#: Share of the mass below a fork of an arm under which the other branches are rods, not fingers.
_BRANCH = 0.25
#: Shares of a leg's height: a last link this long is a shin on a point foot; a distance this long
#: below a joint beyond the knee makes that joint part of the shin.
_SHIN, _SEGMENT = 0.3, 0.15
#: Likewise, within which branches reach equally low.
_AS_LOW = 0.1


@dataclass(frozen=True)
class Chain:
    """The pieces of a limb from its root to hand or foot; fingers and toes are cut off."""

    nodes: tuple[Node, ...]

    @property
    def joints(self) -> list[int]:
        """MuJoCo's ids of its joints, in order."""
        return [joint for node in self.nodes for joint in node.joints]


def leg_chain(root: Node) -> Chain:
    """Return a leg: at each fork it goes on where the robot reaches lowest."""
    nodes = [root]
    while nodes[-1].children and len(nodes) < MOST:
        below = nodes[-1].children
        low, top = min(map(lowest, below)), float(root.points[0, 2])
        # Of rods that reach as low as the shin, the shin is the heavier one.
        limit = low + _AS_LOW * max(top - low, 0.0) + 1e-6
        reach = [child for child in below if lowest(child) < limit]
        nodes.append(max(reach, key=branch_size))
    return Chain(tuple(nodes))


def arm_chain(root: Node) -> Chain:
    """Return an arm, up to where fingers branch off or a gripper slides."""
    nodes, joints = [root], len(root.joints)
    while nodes[-1].children and joints < MOST:
        children = sorted(nodes[-1].children, key=branch_size, reverse=True)
        others = sum(map(branch_size, children[1:]))
        fingers = others > _BRANCH * (branch_size(children[0]) + others)
        # Before the limb's middle joint it cannot end yet.
        if joints > 3 and (children[0].slides or fingers):
            break
        nodes.append(children[0])
        joints += len(children[0].joints)
    return Chain(tuple(nodes))


def chains_to(root: Node, ends: tuple[int, int], names: tuple[str, str]) -> tuple[Chain, Chain]:
    """Return the limbs that end in given bodies, left and right.

    Raises:
        KinestError: a body is none of the robot, or one limb is part of the other.
    """
    paths = []
    for body, name in zip(ends, names, strict=True):
        end = next((node for node in root.below() if body in node.bodies), None)
        if end is None:
            raise KinestError(f"override {name}: the link is not part of the robot's tree")
        paths.append(end.path())
    shared = sum(a is b for a, b in zip(*paths, strict=False))
    left, right = (path[shared:] for path in paths)
    if not left or not right:
        raise KinestError(
            f"override: {names[0]} and {names[1]} are no ends of two limbs: one carries the other"
        )
    return Chain(tuple(left)), Chain(tuple(right))


def point_foot(chain: Chain) -> bool:
    """Return whether a leg ends in a shin that stands on a point, without an ankle."""
    top, last = chain.nodes[0].anchors[0, 2], chain.nodes[-1]
    low = float(last.points[:, 2].min())
    return bool(last.anchors[-1, 2] - low > _SHIN * (top - low))


def shin_joints(data: mujoco.MjData, chain: Chain, index: int) -> int:
    """Return how many joints beyond a knee belong to the shin.

    Those of a knee that rolls on two axes, or of a leg of three segments.
    """
    joints = chain.joints
    places = data.xanchor[joints][:, 2]
    height = max(float(places[0] - places.min()), 1e-6)
    axis, count = data.xaxis[joints[index]], 0
    for place in range(index + 1, len(joints) - 1):
        parallel = abs(float(axis @ data.xaxis[joints[place]])) > 0.9
        below = float(places[place] - places[place + 1 :].min())
        if not parallel or below < _SEGMENT * height:
            break
        count += 1
    return count


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
