# SPDX-License-Identifier: Apache-2.0
"""Roll, pitch and yaw, as ROS has them (REP 103): about the fixed axes x, y, z in this order.

R = Rz(yaw) Ry(pitch) Rx(roll), as in URDF. Where ROS provides tf_transformations it does the work,
so that mounts mean what they mean to every other ROS program; elsewhere SciPy does the same.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from typing import Protocol

import numpy as np

#: The axes by the name that tf_transformations gives them: static, x y z.
_AXES = "sxyz"


class Angles(Protocol):
    """Both ways between angles and matrices."""

    def matrix(self, rpy: Sequence[float]) -> np.ndarray:
        """Return the rotation matrix (3, 3) of roll, pitch, yaw in rad."""

    def angles(self, rotation: np.ndarray) -> tuple[float, float, float]:
        """Return roll, pitch, yaw in rad of a matrix (3, 3); at a pitch of 90 degrees, yaw is 0."""


class ByTfTransformations:
    """With the package that ROS provides.

    Raises:
        ImportError: it is not there, or does not load with this NumPy.
    """

    def __init__(self) -> None:
        """Load it."""
        try:
            import tf_transformations
        except AttributeError as error:  # releases of transforms3d before 0.4.2 use np.float
            raise ImportError(str(error)) from error
        self._package = tf_transformations

    def matrix(self, rpy: Sequence[float]) -> np.ndarray:
        """See `Angles`."""
        return np.array(self._package.euler_matrix(*rpy, _AXES)[:3, :3], dtype=np.float64)

    def angles(self, rotation: np.ndarray) -> tuple[float, float, float]:
        """See `Angles`."""
        roll, pitch, yaw = self._package.euler_from_matrix(rotation, _AXES)
        return float(roll), float(pitch), float(yaw)


class ByScipy:
    """With SciPy."""

    def __init__(self) -> None:
        """Load it."""
        from scipy.spatial.transform import Rotation

        self._rotation = Rotation

    def matrix(self, rpy: Sequence[float]) -> np.ndarray:
        """See `Angles`."""
        matrix: np.ndarray = self._rotation.from_euler("xyz", rpy).as_matrix()
        return matrix

    def angles(self, rotation: np.ndarray) -> tuple[float, float, float]:
        """See `Angles`."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Gimbal lock")  # yaw is 0 then: as documented
            roll, pitch, yaw = self._rotation.from_matrix(rotation).as_euler("xyz")
        return float(roll), float(pitch), float(yaw)


@cache
def _provided() -> Angles:
    try:
        return ByTfTransformations()
    except ImportError:
        return ByScipy()


def matrix_from_rpy(rpy: Sequence[float]) -> np.ndarray:
    """Return the rotation matrix (3, 3) of roll, pitch, yaw in rad."""
    if not any(rpy):
        return np.eye(3)
    return _provided().matrix(rpy)


def rpy_from_matrix(rotation: np.ndarray) -> tuple[float, float, float]:
    """Return roll, pitch, yaw in rad of a rotation matrix (3, 3).

    At a pitch of 90 degrees roll and yaw turn about the same axis: yaw is 0 then.
    """
    return _provided().angles(rotation)
