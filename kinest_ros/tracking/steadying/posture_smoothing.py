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

from kinest_ros.body.frames import heading_of
from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.rotations_numpy import nearest_rotations
from kinest_ros.runtime.native import kernels

#: Cut-off for a joint at rest, Hz, and what each rad/s adds to it.
SLOWEST, PER_SPEED = 3.0, 2.0
#: Cut-off for the speed itself, Hz.
SPEED_CUTOFF = 3.0
#: rad, a turn in one tick that is no tremor: the joint starts anew.
LEAP = 0.5
#: The head and the wrists keep to their trackers. The wrists come last; the head is put back.
_HEAD, _SMOOTHED = JOINT_INDEX["head"], JOINT_INDEX["left_wrist"]
_LEAP_SQUARE = (math.sqrt(8.0) * math.sin(0.5 * LEAP)) ** 2
#: What is blended is a rotation all but for (distance / 4) ** 2; within this, two of Newton's steps
#: leave less than 1e-13 of that.
_NEAR_SQUARE = 0.002


class PostureSmoother:
    """Smooths joint rotations relative to the heading; carries the tick before."""

    def __init__(self, tick_rate: float) -> None:
        """Start with nothing seen.

        Args:
            tick_rate: ticks per second.
        """
        self._tick_rate = tick_rate
        self._speed_share = self._share(np.array(SPEED_CUTOFF))
        self._settings = kernels.place(
            np.array((tick_rate, SLOWEST, PER_SPEED, self._speed_share, _LEAP_SQUARE, _NEAR_SQUARE))
        )
        self.reset()

    def reset(self) -> None:
        """Forget the tick before: the next pose passes as it is."""
        self._memory = kernels.place(np.zeros(kernels.POSTURE))
        self._last: np.ndarray | None = None
        self._raw = np.zeros((0, 3, 3))
        self._speed = np.zeros(_SMOOTHED)

    def smooth(self, world: np.ndarray, head_link: np.ndarray) -> np.ndarray:
        """Return world_from_joint (22, 3, 3) with all joints but head and wrists smoothed.

        Args:
            world: world_from_joint (22, 3, 3), as predicted.
            head_link: (3, 3) world_from_link of the head tracker, for its heading.
        """
        if kernels.COMPILED:
            smoothed = world.copy()
            kernels.smooth(self._settings, self._memory, head_link, smoothed)
            return smoothed
        yaw = heading_of(head_link)
        sine, cosine = math.sin(yaw), math.cos(yaw)
        heading = np.array(((cosine, -sine, 0.0), (sine, cosine, 0.0), (0.0, 0.0, 1.0)))
        raw = heading.T @ world[:_SMOOTHED]
        if self._last is None:
            self._last = self._raw = raw
            return world
        step = _angles(raw - self._raw)
        self._speed += self._speed_share * (step * self._tick_rate - self._speed)
        share = self._share(SLOWEST + PER_SPEED * self._speed)[:, None, None]
        off = raw - self._last
        distances = _squares(off)
        farthest = float(distances.max())
        steps = 2 if farthest < _NEAR_SQUARE else 3
        blended = nearest_rotations(self._last + share * off, steps)
        if farthest > _LEAP_SQUARE:
            blended = np.where((distances > _LEAP_SQUARE)[:, None, None], raw, blended)
        self._last, self._raw = blended, raw
        smoothed = world.copy()
        smoothed[:_SMOOTHED] = heading @ blended
        smoothed[_HEAD] = world[_HEAD]
        return smoothed

    def _share(self, cutoff: np.ndarray) -> np.ndarray:
        """Return how much of a new value a first-order low-pass of a cut-off (Hz) takes."""
        return 1.0 / (1.0 + self._tick_rate / (2.0 * math.pi * cutoff))


def _squares(differences: np.ndarray) -> np.ndarray:
    """Return the squares (n,) of the norms of matrices (n, 3, 3)."""
    flat = differences.reshape(-1, 9)
    squares: np.ndarray = np.einsum("ij,ij->i", flat, flat)
    return squares


def _angles(differences: np.ndarray) -> np.ndarray:
    """Return the angles (n,) between rotations by their differences (n, 3, 3), rad.

    |A - B| = sqrt(8) sin(a / 2).
    """
    angle: np.ndarray = 2.0 * np.arcsin(np.minimum(np.sqrt(0.125 * _squares(differences)), 1.0))
    return angle
