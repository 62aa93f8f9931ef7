# SPDX-License-Identifier: Apache-2.0
"""Where joint axes meet, and how a hinge folds a limb."""

from __future__ import annotations

import numpy as np

#: rad, of the grid on which a limb's straight angle is refined.
_EPS = 1e-9
#: How much farther a joint turns one way than the other where its range tells the way it folds.
CLEAR = 0.15


def meeting_point(anchors: np.ndarray, axes: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return the point (3,) nearest to all axes in the least-squares sense, m.

    Where the axes leave it free (one axis, or parallel ones), the point nearest to `near`.

    Args:
        anchors: (n, 3) m, a point on each axis.
        axes: (n, 3) unit directions.
        near: (3,) m.
    """
    across = np.eye(3) - axes[:, :, None] * axes[:, None, :]
    weight = across.sum(axis=0)
    right = np.einsum("nij,nj->i", across, anchors)
    # A light pull decides what the axes do not.
    return np.linalg.solve(weight + 1e-6 * np.eye(3), right + 1e-6 * near)


def along(axis: np.ndarray, anchor: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Return the point (3,) nearest to `point` on the line through `anchor` along a unit `axis`."""
    return anchor + axis * float(axis @ (point - anchor))


def straight_angle(axis: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> float:
    """Return the hinge's angle, rad in (-pi, pi], at which the lower bone continues the upper one.

    Both bones are projected onto the plane across the axis.

    Args:
        axis: (3,) unit, of the hinge.
        upper: (3,) from the limb's root to the hinge.
        lower: (3,) from the hinge to the limb's end, at angle zero.
    """
    flat_upper = upper - axis * float(axis @ upper)
    flat_lower = lower - axis * float(axis @ lower)
    sine = float(axis @ np.cross(flat_lower, flat_upper))
    return float(np.arctan2(sine, float(flat_lower @ flat_upper) + _EPS))


def straight_and_flexion(
    straight: float, low: float, high: float, otherwise: float = 1.0
) -> tuple[float, float]:
    """Return the hinge's straight angle within its range, and the sign in which it flexes.

    Args:
        straight: rad, of the geometry.
        low: rad, the range.
        high: likewise.
        otherwise: the sign where the hinge turns about as far both ways; 0: not known.
    """
    straight = nearest_turn(straight, low, high)
    clear = lopsided(straight, low, high)
    if abs(clear) > CLEAR or otherwise == 0.0:
        otherwise = -1.0 if clear < 0.0 else 1.0
    return min(max(straight, low), high), otherwise


def nearest_turn(angle: float, low: float, high: float) -> float:
    """Return the same position, a turn further where the range (rad) says so."""
    return angle + 2.0 * np.pi * round((0.5 * (low + high) - angle) / (2.0 * np.pi))


def lopsided(straight: float, low: float, high: float) -> float:
    """Return how much farther a joint turns up than down from an angle: -1 to 1."""
    up, down = max(high - straight, 0.0), max(straight - low, 0.0)
    return (up - down) / max(up + down, _EPS)


def rotation_about(axis: np.ndarray, angle: float) -> np.ndarray:
    """Return the matrix (3, 3) of a turn about a unit axis (3,) by an angle in rad (Rodrigues)."""
    x, y, z = axis
    cross = np.array(((0.0, -z, y), (z, 0.0, -x), (-y, x, 0.0)))
    return np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross
