# SPDX-License-Identifier: Apache-2.0
"""Two-bone inverse kinematics of one limb in plain floats, for the tracker's tick.

The same solution as `two_bone_ik`, which says what it is. A tick has two limbs to move, and numpy
takes longer to be called on arrays that small than Python does to work the numbers out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kinest_ros.body.two_bone_ik import STRAIGHT, two_bone_ik

#: Three or, row after row, nine numbers.
Numbers = Sequence[float]
#: Limbs with bones shorter than this, m, are for numpy, which divides by zero without a word.
_TINY = 1e-9
_HALF_PI = 0.5 * math.pi


class Limb(NamedTuple):
    """A limb's bones in their own axes.

    Attributes:
        upper: (3,) m, the middle joint in the upper bone's axes.
        lower: (3,) m, the end in the lower bone's axes.
        hinge: (3,) unit axis in the upper bone's axes, about which a straight limb bends.
    """

    upper: Numbers
    lower: Numbers
    hinge: Numbers


def bend_limb(
    limb: Limb,
    upper_rotation: Numbers,
    lower_rotation: Numbers,
    reach: Numbers,
    least_bend: float = 0.0,
) -> tuple[Numbers, Numbers]:
    """Turn a limb's two bones so that the limb's end comes to a target; see `two_bone_ik`.

    Args:
        limb: its bones.
        upper_rotation: world rotation (9,) of the upper bone, row after row.
        lower_rotation: world rotation (9,) of the lower bone.
        reach: (3,) m, from the root joint to the target, in the world.
        least_bend: rad, see `two_bone_ik`.

    Returns:
        New world rotations (9,) of the upper and of the lower bone.
    """
    upper, lower = rotated(upper_rotation, limb.upper), rotated(lower_rotation, limb.lower)
    upper_length, lower_length = math.hypot(*upper), math.hypot(*lower)
    product = upper_length * lower_length
    if not _TINY < product < math.inf:
        return _in_numpy(limb, upper_rotation, lower_rotation, reach, least_bend)
    reach_length = math.hypot(*reach)
    hinge = rotated(upper_rotation, limb.hinge)
    normal = cross(upper, lower)
    if least_bend > 0.0:
        lacking = least_bend - _signed_angle(dot(normal, hinge), dot(upper, lower))
        if lacking > 0.0:
            end = (upper[0] + lower[0], upper[1] + lower[1], upper[2] + lower[2])
            change = abs(reach_length - math.hypot(*end)) / (upper_length + lower_length)
            share = min(change / (0.5 * least_bend**2), 1.0)
            # Beginning without a kink over the least bend.
            far = lacking >= least_bend
            angle = lacking - 0.5 * least_bend if far else lacking * lacking / (2.0 * least_bend)
            turn = about(hinge, share * angle)
            bent = rotated(turn, lower)
            to_end = (upper[0] + bent[0], upper[1] + bent[1], upper[2] + bent[2])
            back = about(*_shortest_turn(to_end, end, hinge))
            upper_rotation = times(back, upper_rotation)
            lower_rotation = times(times(back, turn), lower_rotation)
            upper, lower = rotated(back, upper), rotated(back, bent)
            hinge = rotated(back, hinge)
            normal = cross(upper, lower)
    sine = math.hypot(*normal)
    if sine > STRAIGHT * product:
        normal = (normal[0] / sine, normal[1] / sine, normal[2] / sine)
    else:
        normal = hinge
    # Angles in the limb's plane: of the bend, and from the upper bone to the end's direction.
    bend = math.atan2(sine, dot(upper, lower))
    # Law of cosines, with what cannot be reached clamped to a straight or a folded limb.
    cosine = (reach_length**2 - upper_length**2 - lower_length**2) / (2.0 * product)
    new_bend = math.acos(min(max(cosine, -1.0), 1.0))
    fold = _lean(upper_length, lower_length, bend) - _lean(upper_length, lower_length, new_bend)
    # A limb folded back onto its root points nowhere; its upper bone stands in.
    end = (upper[0] + lower[0], upper[1] + lower[1], upper[2] + lower[2])
    least = STRAIGHT * upper_length
    if not math.hypot(*end) > least:
        end = upper
    turn = about(*_shortest_turn(end, reach if reach_length > least else end, normal))
    return (
        times(times(turn, about(normal, fold)), upper_rotation),
        times(times(turn, about(normal, fold + new_bend - bend)), lower_rotation),
    )


def rotated(m: Numbers, v: Numbers) -> tuple[float, float, float]:
    """Return a rotation (9,) times a vector (3,)."""
    a, b, c, d, e, f, g, h, i = m
    x, y, z = v
    return a * x + b * y + c * z, d * x + e * y + f * z, g * x + h * y + i * z


def times(first: Numbers, second: Numbers) -> Numbers:
    """Return the product (9,) of two rotations (9,)."""
    a, b, c, d, e, f, g, h, i = first
    j, k, m, n, o, p, q, r, s = second
    return (
        a * j + b * n + c * q, a * k + b * o + c * r, a * m + b * p + c * s,
        d * j + e * n + f * q, d * k + e * o + f * r, d * m + e * p + f * s,
        g * j + h * n + i * q, g * k + h * o + i * r, g * m + h * p + i * s,
    )  # fmt: skip


def about(axis: Numbers, angle: float) -> Numbers:
    """Return the rotation (9,) about a unit axis (3,) by an angle, rad (Rodrigues' formula)."""
    x, y, z = axis
    half = math.sin(0.5 * angle)
    sine, rest = math.sin(angle), 2.0 * half * half
    xx, yy, zz = x * x, y * y, z * z
    xy, xz, yz = rest * x * y, rest * x * z, rest * y * z
    return (
        1.0 - rest * (yy + zz), xy - sine * z, xz + sine * y,
        xy + sine * z, 1.0 - rest * (xx + zz), yz - sine * x,
        xz - sine * y, yz + sine * x, 1.0 - rest * (xx + yy),
    )  # fmt: skip


def cross(first: Numbers, second: Numbers) -> tuple[float, float, float]:
    """Return the cross product of two vectors (3,)."""
    a, b, c = first
    x, y, z = second
    return b * z - c * y, c * x - a * z, a * y - b * x


def dot(first: Numbers, second: Numbers) -> float:
    """Return the inner product of two vectors (3,)."""
    return first[0] * second[0] + first[1] * second[1] + first[2] * second[2]


def _signed_angle(sine: float, cosine: float) -> float:
    return math.atan2(-cosine, sine) + _HALF_PI


def _lean(upper_length: float, lower_length: float, bend: float) -> float:
    """Return the angle from the upper bone to the direction of the limb's end."""
    return math.atan2(lower_length * math.sin(bend), upper_length + lower_length * math.cos(bend))


def _shortest_turn(start: Numbers, goal: Numbers, half_turn_axis: Numbers) -> tuple[Numbers, float]:
    """Return axis (3,) and angle of the smallest turn of one vector (3,) onto another."""
    axis = cross(start, goal)
    sine, cosine = math.hypot(*axis), dot(start, goal)
    angle = math.atan2(sine, cosine)
    if sine > 1e-9 * abs(cosine):
        return (axis[0] / sine, axis[1] / sine, axis[2] / sine), angle
    return half_turn_axis, angle


def _in_numpy(
    limb: Limb,
    upper_rotation: Numbers,
    lower_rotation: Numbers,
    reach: Numbers,
    least_bend: float,
) -> tuple[Numbers, Numbers]:
    upper, lower = two_bone_ik(
        np.reshape(upper_rotation, (3, 3)),
        np.reshape(lower_rotation, (3, 3)),
        np.array(limb.upper, dtype=np.float64),
        np.array(limb.lower, dtype=np.float64),
        np.array(reach, dtype=np.float64),
        np.array(limb.hinge, dtype=np.float64),
        least_bend,
    )
    return upper.ravel().tolist(), lower.ravel().tolist()
