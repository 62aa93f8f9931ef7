# SPDX-License-Identifier: Apache-2.0
"""The camera of the pictures."""

from __future__ import annotations

import numpy as np


class View:
    """An orthographic camera that looks at the world (ROS axes) from a direction."""

    def __init__(self, azimuth: float, elevation: float) -> None:
        """Place the camera.

        Args:
            azimuth: where the camera is, degrees from the x axis towards y.
            elevation: degrees above the ground.
        """
        a, e = np.radians((azimuth, elevation))
        right = np.array((-np.sin(a), np.cos(a), 0.0))
        towards = np.array((np.cos(a) * np.cos(e), np.sin(a) * np.cos(e), np.sin(e)))
        self._axes = np.stack((right, np.cross(towards, right)), axis=1)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return picture coordinates (..., 2) of world points (..., 3)."""
        return np.asarray(points) @ self._axes
