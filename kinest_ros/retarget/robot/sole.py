# SPDX-License-Identifier: Apache-2.0
"""The sole of a foot: the rectangle on which it stands."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from kinest_ros.retarget.robot.extent import geometry_points, outline

#: m above the lowest point, within which a point belongs to the sole.
_THICKNESS = 0.012
#: Least length and width of a sole as shares of the ankle's height over it, and in m.
_LEAST = 0.02


@dataclass(frozen=True)
class Sole:
    """Corners in the foot body's axes.

    Attributes:
        corners: (4, 3) m: toe left, toe right, heel left, heel right.
        height: m, of the ankle above the sole.
    """

    corners: np.ndarray
    height: float

    @property
    def toe(self) -> np.ndarray:
        """Middle of the front edge (3,), m."""
        return self.corners[:2].mean(axis=0)

    @property
    def heel(self) -> np.ndarray:
        """Middle of the rear edge (3,), m."""
        return self.corners[2:].mean(axis=0)


def find_sole(
    model: mujoco.MjModel,
    data: mujoco.MjData,
    bodies: list[int],
    ankle: np.ndarray,
    facing: np.ndarray,
    point: bool = False,
) -> Sole:
    """Return the sole of a foot.

    Args:
        model: compiled.
        data: kinematics at zero, the foot flat.
        bodies: fixed together; the first one's axes are those of the result.
        ankle: (3,) m, in the world.
        facing: (3, 3) columns forward, left, up in the world.
        point: whether it is a shin that stands on a point.
    """
    points = outline(model, data, bodies) @ facing
    known = len(geometry_points(model, data, bodies)) > 0
    place = facing.T @ ankle
    low = float(points[:, 2].min())
    near = points[points[:, 2] < low + _THICKNESS]
    if not known:
        # A box of equal inertia is larger than a foot: it is hollow above, and long rather than
        # wide. Its centre of mass lies a good half of the ankle's height below it.
        middle = points.mean(axis=0)
        low = max(low, place[2] - 1.6 * max(place[2] - middle[2], 0.012) - 0.005)
        near = middle + 0.9 * (points - middle)
        half = 0.25 * np.ptp(near[:, 0])
        near[:, 1] = np.clip(near[:, 1], middle[1] - half, middle[1] + half)
    (back, right), (front, left) = near[:, :2].min(axis=0), near[:, :2].max(axis=0)
    if front - back < _LEAST:
        back, front = points[:, 0].min(), points[:, 0].max()
    if left - right < _LEAST:
        right, left = points[:, 1].min(), points[:, 1].max()
    if point:
        half = 0.5 * _LEAST
        back, front, right, left = (
            place[0] - half,
            place[0] + half,
            place[1] - half,
            place[1] + half,
        )
    low = min(low, place[2] - 0.015)
    corners = np.array(
        [(front, left, low), (front, right, low), (back, left, low), (back, right, low)]
    )
    body = bodies[0]
    local = (corners @ facing.T - data.xpos[body]) @ data.xmat[body].reshape(3, 3)
    return Sole(local, float(place[2] - low))
