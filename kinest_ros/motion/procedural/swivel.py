# SPDX-License-Identifier: Apache-2.0
"""How fast an elbow may turn about the line from shoulder to wrist."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d
from scipy.spatial.transform import Rotation

from kinest_ros.body.rotations_numpy import unit
from kinest_ros.motion.procedural.curves import smooth

#: rad/s; faster, and the pole has come so near to the line that its side of it is chance.
_FASTEST = 20.0
#: s; standard deviation of the low-pass. Half a turn at once then takes 10 rad/s.
_CALM = 0.12


def calm_swivel(line: np.ndarray, pole: np.ndarray, fps: float) -> np.ndarray:
    """Return poles that lead a middle joint steadily round the line of its limb.

    Where a pole crosses its line, the middle joint would jump to the other side. There, and only
    there, it goes round at a human pace instead.

    Args:
        line: (N, 3) unit vectors from the first joint to the end.
        pole: (N, 3) where the middle joint would point.
        fps: Frames per second.

    Returns:
        (N, 3) poles.
    """
    aside = unit(pole - np.sum(pole * line, -1, keepdims=True) * line)
    turn = _turns(line, aside)
    fast = np.abs(turn) * fps > _FASTEST
    if not fast.any():
        return pole
    reach = int(np.ceil(4.0 * _CALM * fps))
    near = smooth(maximum_filter1d(fast.astype(float), 2 * reach + 1, mode="nearest"), 0.05, fps)
    angle = np.cumsum(turn)
    change = near * (smooth(angle, _CALM, fps) - angle)
    calm = Rotation.from_rotvec(line * change[:, None]).apply(aside)
    return np.where(near[:, None] > 0.0, calm, pole)


def _turns(line: np.ndarray, aside: np.ndarray) -> np.ndarray:
    """(N,) rad: turn about the line since the frame before, beyond what the line's own does."""
    before, after = line[:-1], line[1:]
    # The least rotation from one line to the next carries the direction aside along.
    axis = np.cross(before, after)
    cos = np.sum(before * after, -1, keepdims=True)
    carried = aside[:-1] * cos + np.cross(axis, aside[:-1])
    carried += axis * np.sum(axis * aside[:-1], -1, keepdims=True) / (1.0 + cos)
    sine = np.sum(np.cross(carried, aside[1:]) * after, -1)
    return np.concatenate([[0.0], np.arctan2(sine, np.sum(carried * aside[1:], -1))])
