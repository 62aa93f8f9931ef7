# SPDX-License-Identifier: Apache-2.0
"""Collision shapes: the robot's own, and estimates from mass and bones where it has none."""

from __future__ import annotations

import mujoco
import numpy as np

from kinest_ros.retarget.robot.extent import inertia_half_sizes
from kinest_ros.retarget.robot.parts import Limb, Parts

#: kg/m^3, what a limb with motors weighs by its volume.
_DENSITY = 1500.0
#: m, of guessed capsules.
_THINNEST, _THICKEST = 0.025, 0.09
#: Mass far from the middle makes a box of equal inertia larger than the link.
_SHRINK = 0.8
GUESSED = "kinest_guessed_"


def guess_shapes(spec: mujoco.MjSpec, model: mujoco.MjModel, parts: Parts) -> int:
    """Add shapes to the links of limbs and trunk that have none; return how many.

    Args:
        spec: to add to; its bodies are the model's.
        model: compiled of it, for masses and places.
        parts: of the analysis.
    """
    bodies = {body.name: body for body in spec.bodies}
    count = 0

    def capsule(body: int, start: np.ndarray, end: np.ndarray, radius: float) -> None:
        nonlocal count
        length = float(np.linalg.norm(end - start))
        if length < 1e-3:
            return
        # The balls at its ends are within the bone.
        inset = min(0.5 * radius, 0.3 * length) / length
        bodies[model.body(body).name].add_geom(
            name=f"{GUESSED}{count}",
            type=mujoco.mjtGeom.mjGEOM_CAPSULE,
            fromto=[*(start + inset * (end - start)), *(end - inset * (end - start))],
            size=[radius, 0.0, 0.0],
            mass=0.0,
        )
        count += 1

    def box(body: int) -> None:
        nonlocal count
        if model.body_mass[body] < 0.05:
            return
        half = np.clip(_SHRINK * inertia_half_sizes(model, body), 0.02, 0.25)
        bodies[model.body(body).name].add_geom(
            name=f"{GUESSED}{count}",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            pos=model.body_ipos[body],
            quat=model.body_iquat[body],
            size=half,
            mass=0.0,
        )
        count += 1

    for limb in (*parts.legs, *parts.arms):
        if _bare(model, limb.upper_body):
            radius = _radius(_mass_above(model, limb), limb.upper_length)
            capsule(limb.upper_body, limb.root_in_upper, limb.hinge_in_upper, radius)
        if limb.lower_body != limb.end_body and _bare(model, limb.lower_body):
            radius = _radius(float(model.body_mass[limb.lower_body]), limb.lower_length)
            capsule(limb.lower_body, limb.hinge_in_lower, limb.end_in_lower, radius)
        if _bare(model, limb.end_body):
            if limb.sole is not None:
                _foot(bodies[model.body(limb.end_body).name], limb, count)
                count += 1
            elif limb.lower_body == limb.end_body:
                radius = _radius(float(model.body_mass[limb.lower_body]), limb.lower_length)
                capsule(limb.lower_body, limb.hinge_in_lower, _far_end(limb), radius)
            else:
                direction = limb.end_from_human @ (1.0 if "left" in limb.name else -1.0, 0.0, 0.0)
                hand = float((limb.tip_in_end - limb.end_in_end) @ direction)
                reach = max(0.25 * limb.length, 0.05, hand)
                capsule(limb.end_body, limb.end_in_end, limb.end_in_end + reach * direction, 0.03)
    trunk = {parts.root_body, parts.pelvis_body, parts.chest_body}
    trunk |= {parts.head_body} if parts.head_body is not None else set()
    for body in sorted(trunk):
        if _bare(model, body):
            box(body)
    # A head that nothing turns is fixed to the chest.
    for body in range(1, model.nbody):
        fixed = model.body_weldid[body] == model.body_weldid[parts.chest_body]
        if fixed and body not in trunk and model.body_mass[body] > 0.3 and _bare(model, body):
            box(body)
    return count


def _far_end(limb: Limb) -> np.ndarray:
    """Return how far a forearm reaches with the hand that is one with it, (3,) in its body."""
    ends = np.stack([limb.end_in_end, limb.tip_in_end])
    return np.asarray(ends[np.linalg.norm(ends - limb.hinge_in_lower, axis=1).argmax()])


def _bare(model: mujoco.MjModel, body: int) -> bool:
    """Return whether neither a body nor what is fixed to it has geometry worth the name."""
    weld = model.body_weldid[body]
    geoms = [g for g in range(model.ngeom) if model.body_weldid[model.geom_bodyid[g]] == weld]
    return not any(model.geom_rbound[g] > 0.015 for g in geoms)


def _mass_above(model: mujoco.MjModel, limb: Limb) -> float:
    """Return the mass between the limb's root and its hinge, kg."""
    before = limb.joints[: limb.joints.index(limb.hinge)]
    # The first motor sits beside the trunk.
    bodies = {int(model.jnt_bodyid[joint]) for joint in before[1:]} | {limb.upper_body}
    return float(model.body_mass[list(bodies)].sum())


def _radius(mass: float, length: float) -> float:
    volume = mass / _DENSITY
    radius = np.sqrt(volume / (np.pi * max(length, 0.05)))
    return float(np.clip(radius, _THINNEST, min(_THICKEST, max(0.35 * length, _THINNEST))))


def _foot(body: mujoco.MjsBody, limb: Limb, count: int) -> None:
    """Add a box from the sole to half the ankle's height."""
    assert limb.sole is not None
    corners = limb.sole.corners
    up = limb.end_from_human @ (0.0, 1.0, 0.0)
    forward, left = corners[0] - corners[2], corners[0] - corners[1]
    half = np.array([np.linalg.norm(forward), np.linalg.norm(left), 0.5 * limb.sole.height]) / 2.0
    axes = np.column_stack([forward / max(2 * half[0], 1e-6), left / max(2 * half[1], 1e-6), up])
    quaternion = np.zeros(4)
    mujoco.mju_mat2Quat(quaternion, axes.reshape(-1))
    body.add_geom(
        name=f"{GUESSED}{count}",
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=corners.mean(axis=0) + up * half[2],
        quat=quaternion,
        size=np.maximum(half, 0.01),
        mass=0.0,
    )
