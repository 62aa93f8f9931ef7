# SPDX-License-Identifier: Apache-2.0
"""Rotations that the limbs' bones are to have: direction from the joints, twist from the bend."""

from __future__ import annotations

import math

import numpy as np

from kinest_ros.retarget.targets.human import ENDS, HINGES, ROOTS, Human

#: rad, bends between which the twist passes from SMPL's rotation to the plane of the bend.
UNSURE, SURE = math.radians(6.0), math.radians(14.0)
_D = np.array([(0.0, -1.0, 0.0), (0.0, -1.0, 0.0), (1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)])
#: Flexion axes of knees and elbows at T-pose in SMPL axes.
_A = np.array([(1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 1.0, 0.0)])
#: (4, 3, 3) rows: direction, flexion axis, their product, at T-pose.
_REST = np.stack([_D, _A, np.cross(_D, _A)], axis=1)
_BOTH_REST = np.concatenate([_REST, _REST])
#: Where the eight bones begin and end.
_ROOTS, _ENDS = np.concatenate([ROOTS, HINGES]), np.concatenate([HINGES, ENDS])
_Vector = tuple[float, float, float]


def bone_rotations(human: Human) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the rotations of upper and lower bones (8, 3, 3), and what they are made of.

    A rotation takes SMPL's T-pose axes into the world: first the four upper bones, then the four
    lower ones, each legs before arms, left before right.

    Returns:
        rotations (8, 3, 3); frames (8, 3, 3) whose columns are direction, flexion axis, product;
        directions (8, 3); bends (4,), rad.
    """
    bones = (human.positions[_ENDS] - human.positions[_ROOTS]).tolist()
    told = (human.rotations[ROOTS] @ _A[:, :, None])[:, :, 0].tolist()
    # Numbers one by one: numpy's calls on arrays this small take several times as long.
    upper: list[float] = []
    lower: list[float] = []
    bends: list[float] = []
    for index in range(4):
        first, second = _unit(*bones[index]), _unit(*bones[4 + index])
        bend, axis = _flexion(first, second, told[index])
        upper += _frame(first, axis)
        lower += _frame(second, axis)
        bends.append(bend)
    rows = np.array(upper + lower).reshape(8, 3, 3)
    frames = rows.transpose(0, 2, 1)
    return frames @ _BOTH_REST, frames, rows[:, 0], np.array(bends)


def _flexion(upper: _Vector, lower: _Vector, told: list[float]) -> tuple[float, _Vector]:
    """Return the bend of a limb, rad, and the axis about which it bends.

    Args:
        upper: direction of the upper bone.
        lower: of the lower one.
        told: the axis by the upper bone's SMPL rotation.
    """
    x, y, z = _cross(upper, lower)
    sine = math.sqrt(x * x + y * y + z * z)
    bend = math.atan2(sine, upper[0] * lower[0] + upper[1] * lower[1] + upper[2] * lower[2])
    size = max(sine, 1e-9)
    x, y, z = x / size, y / size, z / size
    # A limb folded the wrong way, or straight, lies in no plane that says how it is twisted.
    agree = x * told[0] + y * told[1] + z * told[2]
    weight = _share((bend - UNSURE) / (SURE - UNSURE))
    # All but folded onto itself it lies in no plane either.
    weight *= _share((math.pi - bend - UNSURE) / (SURE - UNSURE))
    weight *= _share(2.0 * agree + 0.5)
    rest = 1.0 - weight
    return bend, (
        weight * x + rest * told[0],
        weight * y + rest * told[1],
        weight * z + rest * told[2],
    )


def _frame(along: _Vector, axis: _Vector) -> tuple[float, ...]:
    """Return a bone's direction, its flexion axis at right angles to it, and their product."""
    share = along[0] * axis[0] + along[1] * axis[1] + along[2] * axis[2]
    across = _unit(
        axis[0] - share * along[0], axis[1] - share * along[1], axis[2] - share * along[2]
    )
    return (*along, *across, *_cross(along, across))


def _unit(x: float, y: float, z: float) -> _Vector:
    """Return a vector at length one; zero stays zero."""
    size = max(math.sqrt(x * x + y * y + z * z), 1e-9)
    return x / size, y / size, z / size


def _cross(a: _Vector, b: _Vector) -> _Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)
