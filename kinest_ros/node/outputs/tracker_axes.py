# SPDX-License-Identifier: Apache-2.0
"""The axes of the tracked links as measured, as one RViz marker: red, green, blue for x, y, z."""

from __future__ import annotations

from typing import Any

import numpy as np
from geometry_msgs.msg import Point
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker

from kinest_ros.body.joints import JOINT_INDEX, NUM_SLOTS
from kinest_ros.tracking.body_pose import BodyPose

#: Behind a body's namespace, so that RViz can hide the axes alone.
NAMESPACE = "tracker_axes"
#: Length of an axis, m.
LENGTH = 0.12
_XYZ = tuple(
    ColorRGBA(r=r, g=g, b=b, a=1.0)
    for r, g, b in ((0.9, 0.2, 0.2), (0.2, 0.8, 0.2), (0.25, 0.45, 1.0))
)
_HEAD = JOINT_INDEX["head"]
_GREY = ColorRGBA(r=0.5, g=0.5, b=0.5, a=0.7)


class TrackerAxes:
    """A LINE_LIST of 36 points: by slot, by axis (x, y, z), the origin and the tip.

    A tracker that is not valid stays where it was last valid, in grey. One that never was has lines
    of no length, at the head.
    """

    def __init__(self, marker: Marker) -> None:
        """Fill a marker's points and colours for good.

        Args:
            marker: an empty LINE_LIST.
        """
        self._ends = np.zeros((NUM_SLOTS, 3, 2, 3))
        self._seen = np.zeros(NUM_SLOTS, bool)
        self._points = [Point() for _ in range(self._ends.size // 3)]
        self._colours = [_GREY] * len(self._points)
        marker.points, marker.colors = self._points, self._colours

    def reset(self) -> None:
        """Forget where trackers were."""
        self._seen[:] = False

    def fill(self, body: BodyPose) -> None:
        """Write one body's trackers into the marker."""
        valid = np.asarray(body.tracker_valid, dtype=bool)
        if body.tracker_matrices is not None and valid.any():
            origins = body.tracker_positions[valid]
            tips = LENGTH * body.tracker_matrices[valid]
            self._ends[valid] = origins[:, None, None]
            self._ends[valid, :, 1] += tips.transpose(0, 2, 1)
            self._seen |= valid
        self._ends[~self._seen] = body.positions[_HEAD]
        for point, (x, y, z) in zip(self._points, self._ends.reshape(-1, 3).tolist(), strict=True):
            point.x, point.y, point.z = x, y, z
        for slot, good in enumerate(valid.tolist()):
            for axis in range(3):
                first = 6 * slot + 2 * axis
                self._colours[first] = self._colours[first + 1] = _XYZ[axis] if good else _GREY


def decoded(marker: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return positions (6, 3), m, and rotations (6, 3, 3), world_from_link, of a marker.

    Of a tracker that never was valid, both are NaN. A marker of another shape holds no tracker.
    """
    ends = np.array([(p.x, p.y, p.z) for p in marker.points])
    if ends.size != NUM_SLOTS * 18:
        return np.full((NUM_SLOTS, 3), np.nan), np.full((NUM_SLOTS, 3, 3), np.nan)
    ends = ends.reshape(NUM_SLOTS, 3, 2, 3)
    along = ends[:, :, 1] - ends[:, :, 0]
    length = np.linalg.norm(along, axis=-1, keepdims=True)
    known = (length > 0.5 * LENGTH).all(axis=(1, 2))
    positions = np.where(known[:, None], ends[:, 0, 0], np.nan)
    axes = np.where(known[:, None, None], along / np.maximum(length, 1e-9), np.nan)
    return positions, axes.transpose(0, 2, 1)
