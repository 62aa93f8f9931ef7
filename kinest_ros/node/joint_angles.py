# SPDX-License-Identifier: Apache-2.0
"""Joint angles and velocities of a stream of bodies, as JointState carries them."""

from __future__ import annotations

from array import array

import numpy as np

from kinest_ros.body.angles import JOINT_STATE_NAMES, decompose
from kinest_ros.tracking.body_pose import BodyPose

__all__ = ["JOINT_STATE_NAMES", "JointAngles"]

#: Ticks are 1/60 s apart; a longer step than this (s) is a gap, and a speed over it means nothing.
MAX_STEP = 0.1


class JointAngles:
    """Angles unwrapped against the previous body, and their backward-difference velocities.

    After a gap the velocities are zero; after a jump back in time the angles start afresh too.
    """

    def __init__(self) -> None:
        self._angles: np.ndarray | None = None
        self._stamp_ns = 0

    def reset(self) -> None:
        """Forget the previous body."""
        self._angles = None

    def update(self, body: BodyPose) -> tuple[array, array]:
        """Return positions (63,) in rad and velocities (63,) in rad/s as ``array('d')``.

        ``array`` because rclpy copies it into a message several times faster than an ndarray.
        """
        step = (body.stamp_ns - self._stamp_ns) * 1e-9
        previous = self._angles if step > 0.0 else None
        angles = decompose(body.local_rotations, previous)
        if previous is None or step > MAX_STEP:
            velocity = np.zeros_like(angles)
        else:
            velocity = (angles - previous) / step
        self._angles, self._stamp_ns = angles, body.stamp_ns
        return array("d", angles.tobytes()), array("d", velocity.tobytes())
