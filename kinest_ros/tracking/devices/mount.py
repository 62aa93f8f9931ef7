# SPDX-License-Identifier: Apache-2.0
"""Where the body link is, seen from the device that is strapped to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinest_ros.body.roll_pitch_yaw import matrix_from_rpy, rpy_from_matrix
from kinest_ros.errors import KinestError

#: The most that a coordinate of a mount may be, m; beyond, it was surely not meant in metres.
MAX_OFFSET = 10.0
#: The most that an angle of a mount may be, rad: one turn; beyond, it was surely meant in degrees.
MAX_ANGLE = 6.3


@dataclass(frozen=True)
class Mount:
    """tracker_from_link: pose of the body link in the tracker's axes (ROS basis).

    world_from_link = world_from_tracker @ tracker_from_link.

    Attributes:
        xyz: position of the link's origin in the tracker's axes, m.
        rpy: roll, pitch, yaw about the fixed x, y, z axes, rad (as in URDF):
            R = Rz(yaw) Ry(pitch) Rx(roll).
    """

    xyz: Sequence[float] = (0.0, 0.0, 0.0)
    rpy: Sequence[float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            KinestError: not three finite numbers each, a coordinate beyond MAX_OFFSET, or an angle
                beyond MAX_ANGLE.
        """
        for name, values in (("xyz", self.xyz), ("rpy", self.rpy)):
            numbers = tuple(float(value) for value in values)
            if len(numbers) != 3 or not all(map(math.isfinite, numbers)):
                raise KinestError(f"mount {name} is {numbers}; give three finite numbers")
            object.__setattr__(self, name, numbers)
        for name, values, most, unit in (
            ("xyz", self.xyz, MAX_OFFSET, "metres"),
            ("rpy", self.rpy, MAX_ANGLE, "radians"),
        ):
            if max(map(abs, values)) > most:
                raise KinestError(
                    f"mount {name} is {values}; give {unit}, between -{most:g} and {most:g}"
                )

    @classmethod
    def from_rotation(cls, xyz: Sequence[float] | np.ndarray, rotation: np.ndarray) -> Mount:
        """Return the mount with a rotation matrix (3, 3); at a pitch of 90 degrees, yaw is 0."""
        return cls(tuple(float(value) for value in xyz), rpy_from_matrix(rotation))

    @property
    def rotation(self) -> np.ndarray:
        """The rotation matrix (3, 3) of tracker_from_link."""
        return matrix_from_rpy(self.rpy)
