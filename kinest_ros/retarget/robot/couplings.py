# SPDX-License-Identifier: Apache-2.0
"""Joints that follow other joints: mimic joints of URDF, joint equalities of MJCF."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

_JOINT = int(mujoco.mjtEq.mjEQ_JOINT)


@dataclass(frozen=True)
class Coupling:
    """follower = offset + factor * leader, in rad or m.

    Attributes:
        follower: joint id.
        leader: joint id; -1 where the follower stands still.
        offset: rad or m.
        factor: without unit.
    """

    follower: int
    leader: int
    offset: float
    factor: float


def find_couplings(model: mujoco.MjModel) -> tuple[dict[int, Coupling], list[str]]:
    """Return the couplings by the follower's joint id, and notes on what was left out.

    Chains of followers are resolved: leaders follow nothing. Polynomials of higher degree
    (`polycoef` of MJCF) are taken as linear.
    """
    direct: dict[int, Coupling] = {}
    notes = []
    for index in range(model.neq):
        if model.eq_type[index] != _JOINT:
            notes.append(
                f"equality {model.equality(index).name or index} is ignored: it does not "
                "couple two joints"
            )
            continue
        follower, leader = int(model.eq_obj1id[index]), int(model.eq_obj2id[index])
        data = model.eq_data[index]
        if np.any(np.abs(data[2:5]) > 1e-9):
            notes.append(f"coupling of {model.joint(follower).name}: taken as linear")
        first = float(model.qpos0[model.jnt_qposadr[follower]])
        if leader < 0:
            direct[follower] = Coupling(follower, -1, first + float(data[0]), 0.0)
            continue
        second = float(model.qpos0[model.jnt_qposadr[leader]])
        offset = first + float(data[0]) - float(data[1]) * second
        direct[follower] = Coupling(follower, leader, offset, float(data[1]))
    return {joint: _resolved(direct, joint) for joint in direct}, notes


def _resolved(direct: dict[int, Coupling], joint: int) -> Coupling:
    """Follow leaders that follow others; circles end where they close."""
    found = direct[joint]
    leader, offset, factor, seen = found.leader, found.offset, found.factor, {joint}
    while leader in direct and leader not in seen:
        seen.add(leader)
        above = direct[leader]
        offset, factor, leader = offset + factor * above.offset, factor * above.factor, above.leader
    return Coupling(joint, -1 if leader in seen else leader, offset, factor)
