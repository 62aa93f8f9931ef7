# SPDX-License-Identifier: Apache-2.0
"""How a robot's description was interpreted, in words and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinest_ros.retarget.robot.parts import Limb
from kinest_ros.retarget.robot.robot import UNLIMITED, Robot


def description(robot: Robot) -> dict[str, Any]:
    """Return the interpretation, ready for JSON; lengths in m, angles in rad."""
    model, parts = robot.model, robot.parts

    def joint_names(ids: tuple[int, ...]) -> list[str]:
        return [model.joint(joint).name for joint in ids]

    followers = {
        model.joint(c.follower).name: {
            "leader": model.joint(c.leader).name if c.leader >= 0 else "",
            "factor": c.factor,
            "offset": c.offset,
        }
        for c in robot.couplings.values()
    }
    limits = {
        name: [_number(low), _number(high)]
        for name, low, high in zip(robot.names, robot.lower, robot.upper, strict=True)
    }
    return {
        "robot": robot.name,
        "format": "URDF" if robot.urdf else "MJCF",
        "base": robot.base_name,
        "floating": robot.floating,
        "forward": [round(float(value), 6) for value in parts.facing[:, 0]],
        "pelvis": model.body(parts.pelvis_body).name,
        "chest": model.body(parts.chest_body).name,
        "head": None if parts.head_body is None else model.body(parts.head_body).name,
        "waist_joints": joint_names(parts.waist),
        "head_joints": joint_names(parts.head),
        "limbs": {limb.name: _limb(robot, limb) for limb in (*parts.legs, *parts.arms)},
        "coupled_joints": followers,
        "tree_order": list(robot.names),
        "isaac_lab_order": [robot.names[index] for index in robot.breadth_first()],
        "limits": limits,
        "velocity": {
            name: _number(value) for name, value in zip(robot.names, robot.velocity, strict=True)
        },
        "notes": list(robot.notes),
    }


def _limb(robot: Robot, limb: Limb) -> dict[str, Any]:
    model = robot.model
    found: dict[str, Any] = {
        "joints": [model.joint(joint).name for joint in limb.joints],
        "hinge": model.joint(limb.hinge).name,
        "straight": round(limb.straight, 4),
        "flexes": "+" if limb.sign > 0 else "-",
        "end": model.body(limb.end_body).name,
        "upper_length": round(limb.upper_length, 4),
        "lower_length": round(limb.lower_length, 4),
    }
    if limb.sole is not None:
        found["sole_length"] = round(float(np.linalg.norm(limb.sole.toe - limb.sole.heel)), 4)
        across = limb.sole.corners[0] - limb.sole.corners[1]
        found["sole_width"] = round(float(np.linalg.norm(across)), 4)
        found["ankle_height"] = round(limb.sole.height, 4)
    return found


def lines(robot: Robot) -> list[str]:
    """Return the same for people."""
    found = description(robot)
    place = {name: index for index, name in enumerate(found["isaac_lab_order"])}
    text = [
        f"{found['robot']} ({found['format']}): {len(robot.names)} joints, base {found['base']}, "
        + ("which moves freely" if robot.floating else "which stands still"),
        f"  pelvis {found['pelvis']}, chest {found['chest']}, head {found['head'] or '(fixed)'}; "
        f"waist: {', '.join(found['waist_joints']) or 'none'}",
    ]
    for name, limb in found["limbs"].items():
        sole = ""
        if "sole_length" in limb:
            sole = (
                f"; sole {100 * limb['sole_length']:.1f} x {100 * limb['sole_width']:.1f} cm, "
                f"ankle {100 * limb['ankle_height']:.1f} cm above it"
            )
        text.append(
            f"  {name.replace('_', ' ')}: {len(limb['joints'])} joints to {limb['end']}; hinge "
            f"{limb['hinge']}, straight at {limb['straight']:.2f} rad, flexes {limb['flexes']}; "
            f"{limb['upper_length']:.3f} + {limb['lower_length']:.3f} m{sole}"
        )
    if found["coupled_joints"]:
        text.append(f"  coupled: {', '.join(found['coupled_joints'])}")
    text += [f"  note: {note}" for note in found["notes"]]
    text.append(
        f"  {'tree':>4} {'Isaac':>5}  {'joint':32} {'lower':>8} {'upper':>8}  rad, "
        f"{'most':>6} rad/s"
    )
    for index, name in enumerate(robot.names):
        low, high = found["limits"][name]
        most = found["velocity"][name]
        text.append(
            f"  {index:4d} {place[name]:5d}  {name:32} {_text(low):>8} {_text(high):>8}       "
            f"{_text(most):>6}"
        )
    return text


def _number(value: float) -> float | None:
    return None if not np.isfinite(value) or abs(value) >= UNLIMITED else round(float(value), 6)


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
