# SPDX-License-Identifier: Apache-2.0
"""Centres, hinge and frames of one limb, from its joint axes at zero."""

from __future__ import annotations

from collections.abc import Mapping

import mujoco
import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.retarget.robot.axes import (
    along,
    meeting_point,
    rotation_about,
    straight_and_flexion,
    straight_angle,
)
from kinest_ros.retarget.robot.extent import outline
from kinest_ros.retarget.robot.limbs import Chain, hinge_index, point_foot, shin_joints
from kinest_ros.retarget.robot.overrides import joint_of
from kinest_ros.retarget.robot.parts import Limb
from kinest_ros.retarget.robot.sole import find_sole

#: m by which joint axes may miss the point in which they are said to meet.
_MISS = 0.05
#: Lengths of a forearm without a wrist, in those of the upper arm.
_SHORT, _LONG = 0.75, 0.95
#: SMPL's axes in link axes (x forward, y left, z up): columns SMPL X, Y, Z.
_LINK_FROM_SMPL = np.array(((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))


def describe_limb(
    model: mujoco.MjModel,
    data: mujoco.MjData,
    chain: Chain,
    name: str,
    facing: np.ndarray,
    overrides: Mapping[str, str],
) -> Limb:
    """Return an arm or a leg.

    Args:
        model: compiled.
        data: kinematics at zero.
        chain: its pieces.
        name: "left_arm", "right_leg", ...
        facing: (3, 3) columns forward, left, up of the robot in the world at zero.
        overrides: may name the hinge.

    Raises:
        KinestError: a hinge that is none.
    """
    side, kind = name.split("_")
    leg = kind == "leg"
    joints = chain.joints
    stands = leg and point_foot(chain)
    outer = _outer_end(model, data, chain, leg and not stands)
    key = f"{side}_{'knee' if leg else 'elbow'}"
    if key in overrides:
        joint = joint_of(model, overrides, key)
        if joint not in joints[1:]:
            names = ", ".join(model.joint(j).name for j in joints[1:])
            raise KinestError(f"override {key}: must be one of the limb's joints {names}")
        index = joints.index(joint)
    else:
        index = hinge_index(model, data, joints, outer, f"{side} {kind}")
    hinge = joints[index]
    # Toes or a gripper may turn too: what is beyond the ankle's two or wrist's three stays put.
    shin = shin_joints(data, chain, index) if leg and not stands else 0
    joints = joints[: index + shin + (3 if leg else 4)]
    node_of = {joint: node for node in chain.nodes for joint in node.joints}
    last = joints[index + shin]
    lower_node, end_node = node_of[last], node_of[joints[-1]]
    upper_body = int(model.body_parentid[node_of[hinge].body])
    axis = data.xaxis[hinge].copy()

    proximal, distal = joints[:index], joints[index + shin + 1 :]
    anchors, axes = data.xanchor, data.xaxis
    middle = anchors[hinge].copy()
    root = _root_point(anchors, axes, proximal)
    if abs(axes[proximal[-1]] @ axis) > 0.9:
        # Sliding along its last axis, the centre comes into the plane in which the hinge folds.
        root = root + axes[proximal[-1]] * float(axes[proximal[-1]] @ (middle - root))
    end, bends = _end_point(anchors, axes, distal, root, middle, outer, leg)
    carrier = end_node.body if bends < 0 else int(model.body_parentid[model.jnt_bodyid[bends]])
    # Of all points of its axis the hinge's is the one between root and end.
    middle = along(axis, middle, 0.5 * (root + end))
    if leg and distal:
        end = end + axis * float(axis @ (middle - end)) if len(distal) == 1 else end

    low, high = model.jnt_range[hinge] if model.jnt_limited[hinge] else (-np.pi, np.pi)
    # Of a shin of several pieces the last one is the bone.
    bone = end - along(axes[last], anchors[last], middle) if shin else end - middle
    angle = straight_angle(axis, middle - root, bone)
    natural = _flexion(axis, _unit(middle - root), facing, leg)
    straight, sign = straight_and_flexion(angle, float(low), float(high), natural)
    turn = rotation_about(axis, angle)
    upper = _unit(middle - root)
    lower = _unit(turn @ bone)
    flexion = sign * axis
    human = _human_axes(side, leg)
    # The lower bone's frame is that of the straightened limb, taken back to zero.
    upper_frame = _frame(upper, flexion) @ human.T
    lower_frame = turn.T @ _frame(lower, flexion) @ human.T
    end_frame = facing @ _LINK_FROM_SMPL if leg else lower_frame
    sole = None
    if leg:
        sole = find_sole(model, data, [end_node.body, *_fixed(end_node)], end, facing, stands)
    return Limb(
        name=name,
        joints=tuple(joints),
        hinge=hinge,
        distal=tuple(distal),
        base_body=int(model.body_parentid[chain.nodes[0].body]),
        upper_body=upper_body,
        lower_body=lower_node.body,
        end_body=end_node.body,
        root_in_base=_local(data, int(model.body_parentid[chain.nodes[0].body]), root),
        root_in_upper=_local(data, upper_body, root),
        hinge_in_upper=_local(data, upper_body, middle),
        hinge_in_lower=_local(data, lower_node.body, middle),
        end_in_lower=_local(data, lower_node.body, end),
        end_in_end=_local(data, end_node.body, end),
        tip_in_end=_local(data, end_node.body, end if leg or bends >= 0 else outer),
        wrist_body=carrier,
        wrist_in_body=_local(data, carrier, end),
        straight=straight,
        sign=sign,
        upper_from_human=_axes_of(data, upper_body).T @ upper_frame,
        lower_from_human=_axes_of(data, lower_node.body).T @ lower_frame,
        end_from_human=_axes_of(data, end_node.body).T @ end_frame,
        upper_length=float(np.linalg.norm(middle - root)),
        lower_length=float(np.linalg.norm(end - middle)),
        sole=sole,
    )


def _flexion(axis: np.ndarray, upper: np.ndarray, facing: np.ndarray, leg: bool) -> float:
    """Return the sign in which a hinge folds a limb as people's do: knees back, elbows forward.

    0 where it folds to the side.
    """
    moved = np.cross(axis, upper)
    to = -facing[:, 0] if leg else facing[:, 0]
    # An arm that points forward at zero folds up.
    for way in (to, facing[:, 2]):
        if abs(moved @ way) > 0.3:
            return float(np.sign(moved @ way))
    return 0.0


def _outer_end(model: mujoco.MjModel, data: mujoco.MjData, chain: Chain, leg: bool) -> np.ndarray:
    """Return a point (3,) near the limb's end: the ankle, or the hand's middle."""
    node = chain.nodes[-1]
    if leg:
        return np.asarray(data.xanchor[node.joints[0]])
    others = [body for body in node.bodies if body != node.body]
    start = data.xpos[node.body]
    far = [data.xpos[body] for body in others if np.linalg.norm(data.xpos[body] - start) > 0.03]
    if far:
        return np.asarray(max(far, key=lambda place: float(np.linalg.norm(place - start))))
    if node.children and not leg:  # fingers: the palm
        return np.asarray(np.mean([child.points[0] for child in node.children], axis=0))
    # No hand: the forearm's far end, but for what is beyond a wrist.
    points = outline(model, data, node.bodies)
    reach, mass = points.mean(axis=0) - start, data.xipos[node.body] - start
    if np.linalg.norm(reach) < 0.2 * np.linalg.norm(mass):
        # The shapes cover but the elbow; half of the forearm lies beyond its centre of mass.
        return np.asarray(start + 1.5 * mass)
    return np.asarray(start + 0.85 * _unit(reach) * float(((points - start) @ _unit(reach)).max()))


def _root_point(anchors: np.ndarray, axes: np.ndarray, proximal: list[int]) -> np.ndarray:
    """Return hip or shoulder centre (3,): where the axes before the hinge meet.

    Where a first joint stands apart, as a collar does, the later ones say where it is.
    """
    for count in (3, 2):
        last = proximal[-count:]
        point = meeting_point(anchors[last], axes[last], anchors[last[-1]])
        away = point - anchors[last]
        misses = away - axes[last] * np.einsum("ni,ni->n", away, axes[last])[:, None]
        if np.linalg.norm(misses, axis=1).max() < _MISS:
            return point
    return point


def _end_point(
    anchors: np.ndarray,
    axes: np.ndarray,
    distal: list[int],
    root: np.ndarray,
    middle: np.ndarray,
    outer: np.ndarray,
    leg: bool,
) -> tuple[np.ndarray, int]:
    """Return wrist or ankle (3,): where the joints beyond the hinge meet.

    Where no joint bends a wrist, nothing says where the forearm ends and the hand begins: it is
    taken to end where people's do, so that the wrist's place agrees with the bones' directions.

    Returns:
        The point, and the first joint (-1: none) that bends a wrist. Where a wrist's axes miss each
        other, the point moves with what lies before that joint: it is the forearm's end.
    """
    if leg:
        if not distal:
            return outer, -1
        return meeting_point(anchors[distal], axes[distal], anchors[distal[-1]]), -1
    reach = _unit(outer - middle)
    across = [joint for joint in distal if abs(axes[joint] @ reach) < 0.7]
    if not across:  # at most a forearm that turns about itself
        upper = float(np.linalg.norm(middle - root))
        length = float(np.linalg.norm(outer - middle))
        return middle + reach * min(max(length, _SHORT * upper), _LONG * upper), -1
    return meeting_point(anchors[distal], axes[distal], anchors[across[0]]), across[0]


def _human_axes(side: str, leg: bool) -> np.ndarray:
    """Return bone direction, flexion axis and their product (columns) at T-pose in SMPL axes."""
    if leg:
        return _frame(np.array((0.0, -1.0, 0.0)), np.array((1.0, 0.0, 0.0)))
    sign = 1.0 if side == "left" else -1.0
    return _frame(np.array((sign, 0.0, 0.0)), np.array((0.0, -sign, 0.0)))


def _frame(direction: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Return columns: direction, the axis made perpendicular to it, and their product."""
    across = _unit(axis - direction * float(axis @ direction))
    return np.column_stack([direction, across, np.cross(direction, across)])


def _fixed(node: object) -> list[int]:
    return [body for body in node.bodies if body != node.body]  # type: ignore[attr-defined]


def _axes_of(data: mujoco.MjData, body: int) -> np.ndarray:
    return np.asarray(data.xmat[body]).reshape(3, 3)


def _local(data: mujoco.MjData, body: int, point: np.ndarray) -> np.ndarray:
    return np.asarray((point - data.xpos[body]) @ _axes_of(data, body))


def _unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12))
