# SPDX-License-Identifier: Apache-2.0
"""The reference space of a WebXR session, its recentrings, and ROS's axes.

The wearer may recentre: the headset then has a new origin, and tells how it lies in the old one.
What we hand on stays in the space that the session began with, so nothing moves that did not.
"""

from __future__ import annotations

import numpy as np

from kinest_ros.body.rotations_numpy import matrices_from_quaternions, quaternions_from_matrices
from kinest_ros.tracking.devices.basis import basis_matrices, to_ros_basis

#: WebXR has OpenXR's axes: x right, y up, z backward; of the world and of devices.
_BASIS = "openxr"
_ROS_FROM_WEBXR, _ = basis_matrices(_BASIS)


class Space:
    """From the page's reference space, as it is now, to the one that the session began with.

    Attributes:
        resets: recentrings since the beginning that the headset told of.
    """

    def __init__(self) -> None:
        """Begin: both are the same."""
        self._turn, self._shift = np.eye(3), np.zeros(3)
        self._quaternion = np.array((0.0, 0.0, 0.0, 1.0))
        self.resets = 0

    def reset(self, position: np.ndarray, quaternion: np.ndarray) -> None:
        """Take a recentring.

        Args:
            position: (3,) m, the new origin in the space until now, in WebXR's axes.
            quaternion: (4,) xyzw, likewise; of unit length.
        """
        old_from_new = matrices_from_quaternions(np.asarray(quaternion, dtype=float))
        self._shift = self._turn @ np.asarray(position, dtype=float) + self._shift
        self._turn = self._turn @ old_from_new
        self._quaternion = quaternions_from_matrices(self._turn)
        self.resets += 1

    def to_ros(self, position: np.ndarray, quaternion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return poses of the page in ROS's axes, in the space that the session began with.

        Args:
            position: (n, 3) m, in WebXR's axes.
            quaternion: (n, 4) xyzw.

        Returns:
            position (n, 3) and quaternion (n, 4) xyzw.
        """
        if self.resets:
            position = position @ self._turn.T + self._shift
            quaternion = _product(self._quaternion, quaternion)
        return to_ros_basis(position, quaternion, _BASIS)

    def to_page(self, positions: np.ndarray) -> np.ndarray:
        """Return positions (n, 3) m in ROS's axes as the page has them now."""
        webxr: np.ndarray = positions @ _ROS_FROM_WEBXR
        if self.resets:
            webxr = (webxr - self._shift) @ self._turn
        return webxr


def _product(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the quaternions (n, 4) xyzw of turning by `second` (n, 4) and then `first` (4,)."""
    x, y, z, w = first
    left = np.array(((w, -z, y, x), (z, w, -x, y), (-y, x, w, z), (-x, -y, -z, w)))
    product: np.ndarray = second @ left.T
    return product
