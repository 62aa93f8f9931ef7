# SPDX-License-Identifier: Apache-2.0
"""The tree of a robot's links, with links that are fixed to each other taken as one."""

from __future__ import annotations

from dataclasses import dataclass, field

import mujoco
import numpy as np

HINGE, SLIDE = int(mujoco.mjtJoint.mjJNT_HINGE), int(mujoco.mjtJoint.mjJNT_SLIDE)
FREE, BALL = int(mujoco.mjtJoint.mjJNT_FREE), int(mujoco.mjtJoint.mjJNT_BALL)
#: kg, over which a link's centre of mass says where the link is.
_HEAVY = 1e-3


@dataclass
class Node:
    """One rigid piece: a body that moves against its parent, and all that is fixed to it.

    Attributes:
        body: MuJoCo's id of the body that carries the joints.
        parent: the piece above; None for the root.
        children: the pieces below.
        joints: MuJoCo's ids of the hinges and slides that carry it.
        bodies: ids of the bodies fixed together, `body` first.
        points: (n, 3) m, places of the bodies at zero: origins and centres of mass.
        anchors: (n, 3) m, a place on each joint's axis at zero.
        axes: (n, 3) unit, their directions.
        slides: whether a joint slides.
        mass: kg.
    """

    body: int
    parent: Node | None
    children: list[Node] = field(default_factory=list)
    joints: list[int] = field(default_factory=list)
    bodies: list[int] = field(default_factory=list)
    points: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    anchors: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    axes: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    slides: bool = False
    mass: float = 0.0

    def below(self) -> list[Node]:
        """Return this piece and all below it."""
        return [self, *(node for child in self.children for node in child.below())]

    def path(self) -> list[Node]:
        """Return the pieces from the root to this one."""
        return [*(self.parent.path() if self.parent else []), self]


def build_tree(model: mujoco.MjModel, data: mujoco.MjData, root_body: int) -> Node:
    """Return the root piece; `data` holds the kinematics at zero."""
    root = Node(root_body, None)
    owner = {root_body: root}
    root.bodies.append(root_body)
    for body in range(root_body + 1, model.nbody):
        above = owner.get(int(model.body_parentid[body]))
        if above is None:
            continue  # another tree: an object beside the robot
        first, count = int(model.body_jntadr[body]), int(model.body_jntnum[body])
        joints = [
            joint
            for joint in range(first, first + count)
            if model.jnt_type[joint] in (HINGE, SLIDE)
        ]
        if joints:
            node = Node(body, above, joints=joints)
            above.children.append(node)
            owner[body] = node
        else:
            owner[body] = above
        owner[body].bodies.append(body)
    for node in root.below():
        # Frames of next to no mass may have their centre anywhere.
        heavy = [body for body in node.bodies if model.body_mass[body] > _HEAVY]
        node.points = np.concatenate([data.xpos[node.bodies], data.xipos[heavy]])
        node.anchors, node.axes = data.xanchor[node.joints], data.xaxis[node.joints]
        node.slides = bool(np.any(model.jnt_type[node.joints] == SLIDE))
        node.mass = float(model.body_mass[node.bodies].sum())
    return root


def common_ancestor(first: Node, second: Node) -> Node:
    """Return the lowest piece that both stand on."""
    shared = [a for a, b in zip(first.path(), second.path(), strict=False) if a is b]
    return shared[-1]
