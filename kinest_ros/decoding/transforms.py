# SPDX-License-Identifier: Apache-2.0
"""Rigid transforms as seven numbers: for single ones, plain floats are faster than arrays."""

from __future__ import annotations

import math

#: x, y, z in metres, then the unit quaternion x, y, z, w: parent_from_child.
Transform = tuple[float, float, float, float, float, float, float]

IDENTITY: Transform = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def normalised(transform: Transform) -> Transform:
    """Return a transform with its quaternion at unit length; one of length zero stays zero."""
    x, y, z, qx, qy, qz, qw = transform
    norm = math.sqrt(qx * qx + qy * qy + qz * qz + qw * qw) or 1.0
    return x, y, z, qx / norm, qy / norm, qz / norm, qw / norm


def compose(first: Transform, second: Transform) -> Transform:
    """Return a_from_c of a_from_b and b_from_c."""
    x, y, z, ax, ay, az, aw = first
    px, py, pz, bx, by, bz, bw = second
    # t = 2 v × p;  R p = p + w t + v × t
    tx, ty, tz = 2 * (ay * pz - az * py), 2 * (az * px - ax * pz), 2 * (ax * py - ay * px)
    return (
        x + px + aw * tx + ay * tz - az * ty,
        y + py + aw * ty + az * tx - ax * tz,
        z + pz + aw * tz + ax * ty - ay * tx,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def inverse(transform: Transform) -> Transform:
    """Return b_from_a of a_from_b."""
    x, y, z, qx, qy, qz, qw = transform
    turned = compose((0.0, 0.0, 0.0, -qx, -qy, -qz, qw), (-x, -y, -z, 0.0, 0.0, 0.0, 1.0))
    return (*turned[:3], -qx, -qy, -qz, qw)


def between(first: Transform, second: Transform, fraction: float) -> Transform:
    """Return the transform on the way: positions on a line, rotations by slerp (Shoemake 1985).

    Args:
        first: at fraction 0, with a unit quaternion; its sign does not matter.
        second: at fraction 1, likewise.
        fraction: 0 to 1.
    """
    dot = sum(a * b for a, b in zip(first[3:], second[3:], strict=True))
    sign = -1.0 if dot < 0.0 else 1.0
    angle = math.acos(min(abs(dot), 1.0))
    sine = math.sin(angle)
    if sine < 1e-6:
        start, stop = 1.0 - fraction, sign * fraction
    else:
        start = math.sin((1.0 - fraction) * angle) / sine
        stop = sign * math.sin(fraction * angle) / sine
    qx, qy, qz, qw = (start * a + stop * b for a, b in zip(first[3:], second[3:], strict=True))
    x, y, z = (a + fraction * (b - a) for a, b in zip(first[:3], second[:3], strict=True))
    return x, y, z, qx, qy, qz, qw
