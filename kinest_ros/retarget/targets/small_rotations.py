# SPDX-License-Identifier: Apache-2.0
"""One rotation at a time, for the few of each frame: vectors in arrays of three."""

from __future__ import annotations

import math

import numpy as np


def turn(vector: np.ndarray) -> np.ndarray:
    """Return the matrix (3, 3) of a rotation vector (3,), rad: the exponential map (Rodrigues)."""
    x, y, z = (float(value) for value in vector)
    angle = math.sqrt(x * x + y * y + z * z)
    if angle < 1e-9:
        return np.array(((1.0, -z, y), (z, 1.0, -x), (-y, x, 1.0)))
    s, c = math.sin(angle) / angle, (1.0 - math.cos(angle)) / (angle * angle)
    return np.array(
        (
            (1.0 - c * (y * y + z * z), c * x * y - s * z, c * x * z + s * y),
            (c * x * y + s * z, 1.0 - c * (x * x + z * z), c * y * z - s * x),
            (c * x * z - s * y, c * y * z + s * x, 1.0 - c * (x * x + y * y)),
        )
    )


def turn_of(matrix: np.ndarray) -> np.ndarray:
    """Return the rotation vector (3,), rad, of a matrix (3, 3); not for half a turn or near it.

    There the antisymmetric part, of which the axis is taken, vanishes.
    """
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    x, y, z = h - f, c - g, d - b
    sine = math.sqrt(x * x + y * y + z * z)
    angle = math.atan2(sine, a + e + i - 1.0)
    factor = angle / sine if sine > 1e-9 else 0.5
    return np.array((factor * x, factor * y, factor * z))
