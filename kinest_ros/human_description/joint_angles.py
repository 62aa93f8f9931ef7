# SPDX-License-Identifier: Apache-2.0
"""Joint angles and velocities of a stream of bodies, as JointState carries them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kinest_ros.human_description.angles import JOINT_STATE_NAMES, decompose
from kinest_ros.tracking.body_pose import BodyPose

__all__ = ["JOINT_STATE_NAMES", "JointAngles"]

#: Ticks are 1/60 s apart; a longer step than this (s) is a gap, and a speed over it means nothing.
MAX_STEP = 0.1


class JointAngles:
    """Angles unwrapped against the previous body, and their backward-difference velocities.

    After a gap the velocities are zero; after a jump back in time the angles start afresh too.
    """

    def __init__(
        self, solve: Callable[[BodyPose, np.ndarray | None], np.ndarray] | None = None
    ) -> None:
        """Start with no body seen.

        Args:
            solve: returns a body's angles (N,) in rad, those nearest to the previous ones (N,) or
                None; by default the 63 revolutes of JOINT_STATE_NAMES.
        """
        self._solve = solve or _revolutes
        self._angles: np.ndarray | None = None
        self._stamp_ns = 0

    def reset(self) -> None:
        """Forget the previous body."""
        self._angles = None

    def update(self, body: BodyPose) -> tuple[np.ndarray, np.ndarray]:
        """Return positions (N,) in rad and velocities (N,) in rad/s."""
        step = (body.stamp_ns - self._stamp_ns) * 1e-9
        previous = self._angles if step > 0.0 else None
        angles = self._solve(body, previous)
        if previous is None or step > MAX_STEP:
            velocity = np.zeros_like(angles)
        else:
            velocity = (angles - previous) / step
        self._angles, self._stamp_ns = angles, body.stamp_ns
        return angles, velocity


def _revolutes(body: BodyPose, previous: np.ndarray | None) -> np.ndarray:
    return decompose(body.local_rotations, previous)
