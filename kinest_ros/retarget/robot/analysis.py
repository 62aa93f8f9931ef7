# SPDX-License-Identifier: Apache-2.0
"""Finds a robot's limbs from its joint tree at zero, without using names."""

from __future__ import annotations

from collections.abc import Mapping

import mujoco

from kinest_ros.errors import KinestError
from kinest_ros.retarget.robot.facing import find_facing
from kinest_ros.retarget.robot.limb_geometry import describe_limb
from kinest_ros.retarget.robot.overrides import body_of
from kinest_ros.retarget.robot.parts import Parts
from kinest_ros.retarget.robot.tree import HINGE, Node, build_tree, common_ancestor


def zero_pose(model: mujoco.MjModel) -> mujoco.MjData:
    """Return the kinematics with every joint at zero and the base where the file puts it."""
    data = mujoco.MjData(model)
    data.qpos[:] = model.qpos0
    for joint in range(model.njnt):
        if model.jnt_type[joint] in (HINGE, 2):
            data.qpos[model.jnt_qposadr[joint]] = 0.0
    mujoco.mj_kinematics(model, data)
    mujoco.mj_comPos(model, data)
    return data


def analyse(model: mujoco.MjModel, overrides: Mapping[str, str]) -> Parts:
    """Return the robot's base, limbs, waist and head.

    Args:
        model: compiled.
        overrides: link or joint by what it is, see `overrides.py`.

    Raises:
        KinestError: naming the assumption that failed and what to give instead.
    """
    data = zero_pose(model)
    root_body = _root_body(model)
    root = build_tree(model, data, root_body)
    found = find_facing(model, data, root, overrides)
    facing, legs, arms = found.axes, found.legs, found.arms
    if legs is None and arms is None:
        raise KinestError(
            "assumed a robot with two legs or two arms that mirror each other at zero, left at +y, "
            "and found neither. Give the ends in an override file, such as left_hand: LINK and "
            "right_hand: LINK, left_foot: LINK and right_foot: LINK. One arm alone is not enough"
        )
    pelvis = common_ancestor(legs[0].nodes[0], legs[1].nodes[0]) if legs else root
    chest = common_ancestor(arms[0].nodes[0], arms[1].nodes[0]) if arms else pelvis
    pelvis = _override_node(model, root, overrides, "pelvis", pelvis)
    chest = _override_node(model, root, overrides, "chest", chest)
    in_world = data.xmat[root_body].reshape(3, 3) @ facing
    sides = ("left", "right")
    limbs = {
        f"{side}_{kind}": describe_limb(model, data, chain, f"{side}_{kind}", in_world, overrides)
        for kind, pair in (("leg", legs), ("arm", arms))
        for side, chain in zip(sides, pair or (), strict=False)
    }
    taken = {joint for limb in limbs.values() for joint in limb.joints}
    waist = _between(pelvis, chest)
    head_nodes = _head(root, chest, taken, set(waist), pelvis)
    return Parts(
        root_body,
        facing,
        tuple(limb for name, limb in limbs.items() if name.endswith("leg")),
        tuple(limb for name, limb in limbs.items() if name.endswith("arm")),
        pelvis.body,
        chest.body,
        head_nodes[-1].body if head_nodes else None,
        tuple(waist),
        tuple(joint for node in head_nodes for joint in node.joints),
        tuple(found.notes),
    )


def _root_body(model: mujoco.MjModel) -> int:
    """Return the child of the world with the most joints below it."""
    roots = [body for body in range(1, model.nbody) if model.body_parentid[body] == 0]
    counts = dict.fromkeys(roots, 0)
    for joint in range(model.njnt):
        counts[int(model.body_rootid[model.jnt_bodyid[joint]])] += 1
    best = max(roots, key=lambda body: counts[body], default=0)
    if not best or counts[best] < 4:
        found = f"only {counts[best]}" if best and counts[best] else "no"
        raise KinestError(
            f"the description has {found} joints: give a robot with legs or arms, not an empty "
            "scene or a part"
        )
    if sum(counts[body] > 2 for body in roots) > 1:
        raise KinestError(
            "assumed one tree of joints below one base link, and the description has several: "
            + ", ".join(model.body(body).name for body in roots if counts[body] > 2)
        )
    return best


def _override_node(
    model: mujoco.MjModel, root: Node, overrides: Mapping[str, str], name: str, found: Node
) -> Node:
    if name not in overrides:
        return found
    body = body_of(model, overrides, name)
    return next(node for node in root.below() if body in node.bodies)


def _between(first: Node, second: Node) -> list[int]:
    """Return the joints on the way from one piece to another."""
    top = common_ancestor(first, second)
    joints = []
    for end in (first, second):
        nodes = end.path()
        for node in nodes[nodes.index(top) + 1 :]:
            joints += node.joints
    return joints


def _head(root: Node, chest: Node, taken: set[int], waist: set[int], pelvis: Node) -> list[Node]:
    """Return the pieces above the chest that lead to the highest end which is no limb."""
    if chest is pelvis and not chest.children:
        return []
    free = [
        node
        for node in chest.below()
        if node is not chest and node.joints and not (set(node.joints) & (taken | waist))
    ]
    # What a limb carries (fingers) is none of the head.
    free = [
        node
        for node in free
        if not any(set(above.joints) & (taken | waist) for above in node.path())
        or (
            chest in node.path()
            and not any(
                set(above.joints) & taken for above in node.path()[node.path().index(chest) + 1 :]
            )
        )
    ]
    above = [node for node in free if node.points[:, 2].max() > chest.points[:, 2].max() - 0.05]
    if not above:
        return []
    top = max(above, key=lambda node: (len(node.path()), node.mass))
    nodes = top.path()
    # Eyes and jaws turn too; the head is what they are in.
    nodes = nodes[nodes.index(chest) + 1 :][:3]
    while len(nodes) > 1 and nodes[-1].mass < 0.2 * nodes[-2].mass:
        nodes.pop()
    return nodes
