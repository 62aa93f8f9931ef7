# SPDX-License-Identifier: Apache-2.0
"""Takes the tremor out of the predicted posture without holding the body back.

The body hangs from the head tracker and turns with the head's heading, neither of which is
touched: what is smoothed is the posture relative to the heading, in which walking, turning and
leaning with the head do not show. The filter is the 1-euro filter (Casiez et al., CHI 2012) on
rotations: the faster a joint turns, the less it is smoothed.
"""

from __future__ import annotations

import math

import numpy as np

from kinest_ros.body.frames import heading_yaw
from kinest_ros.body.joints import JOINT_INDEX, NUM_JOINTS
from kinest_ros.body.rotations_numpy import axis_rotation, nearest_rotations

#: Cut-off for a joint at rest, Hz, and what each rad/s adds to it.
SLOWEST, PER_SPEED = 3.0, 2.0
#: Cut-off for the speed itself, Hz.
SPEED_CUTOFF = 3.0
#: rad, a turn in one tick that is no tremor: the joint starts anew.
LEAP = 0.5
#: The head and the wrists keep to their trackers.
_SMOOTHED = [
    joint
    for joint in range(NUM_JOINTS)
    if joint not in (JOINT_INDEX["head"], JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"])
]


class PostureSmoother:
    """Smooths joint rotations relative to the heading; carries the tick before."""

    def __init__(self, tick_rate: float) -> None:
        """Start with nothing seen.

        Args:
            tick_rate: ticks per second.
        """
        self._tick_rate = tick_rate
        self._speed_share = self._share(np.array(SPEED_CUTOFF))
        self.reset()

    def reset(self) -> None:
        """Forget the tick before: the next pose passes as it is."""
        self._last: np.ndarray | None = None
        self._raw = np.zeros((0, 3, 3))
        self._speed = np.zeros(len(_SMOOTHED))

    def smooth(self, world: np.ndarray, head_link: np.ndarray) -> np.ndarray:
        """Return world_from_joint (22, 3, 3) with all joints but head and wrists smoothed.

        Args:
            world: world_from_joint (22, 3, 3), as predicted.
            head_link: (3, 3) world_from_link of the head tracker, for its heading.
        """
        heading = axis_rotation("z", float(heading_yaw(head_link)))
        raw = heading.T @ world[_SMOOTHED]
        if self._last is None:
            self._last = self._raw = raw
            return world
        step = _angles(self._raw, raw)
        self._speed += self._speed_share * (step * self._tick_rate - self._speed)
        share = self._share(SLOWEST + PER_SPEED * self._speed)[:, None, None]
        blended = nearest_rotations(self._last + share * (raw - self._last))
        leaps = _angles(self._last, raw) > LEAP
        self._last = np.where(leaps[:, None, None], raw, blended)
        self._raw = raw
        smoothed = world.copy()
        smoothed[_SMOOTHED] = heading @ self._last
        return smoothed

    def _share(self, cutoff: np.ndarray) -> np.ndarray:
        """Return how much of a new value a first-order low-pass of a cut-off (Hz) takes."""
        return 1.0 / (1.0 + self._tick_rate / (2.0 * math.pi * cutoff))


def _angles(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the angles (...,) between rotations (..., 3, 3), rad: |A - B| = sqrt(8) sin(a/2)."""
    distance = np.sqrt(np.square(first - second).sum(axis=(-2, -1)))
    angle: np.ndarray = 2.0 * np.arcsin(np.minimum(distance / math.sqrt(8.0), 1.0))
    return angle
