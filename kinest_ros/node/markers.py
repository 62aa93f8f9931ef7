# SPDX-License-Identifier: Apache-2.0
"""Bones, joints and trackers as RViz markers, refilled in place."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, Vector3
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from kinest_ros.body.joints import NUM_JOINTS, PARENTS
from kinest_ros.node.messages import set_stamp
from kinest_ros.tracking.body_pose import BodyPose

#: RViz drops the markers by itself after this time (ns), so a lost body does not stand frozen.
LIFETIME_NS = 300_000_000

_SURE = np.array((0.20, 0.75, 0.35, 1.0))
_UNSURE = np.array((0.95, 0.35, 0.15, 1.0))


class BodyMarkers:
    """Lines for the bones, spheres coloured by confidence, cubes where the trackers are."""

    def __init__(self, body_id: str = "") -> None:
        namespace = f"{body_id}/kinest" if body_id else "kinest"
        self._points = [Point() for _ in range(NUM_JOINTS)]
        self._colors = [ColorRGBA() for _ in range(NUM_JOINTS)]
        bones = self._marker(namespace, 0, Marker.LINE_LIST, 0.025)
        bones.color = ColorRGBA(r=0.85, g=0.85, b=0.9, a=1.0)
        # The same Point objects appear in every bone that ends there: one write moves them all.
        bones.points = [
            self._points[end]
            for joint, parent in enumerate(PARENTS)
            if parent >= 0
            for end in (parent, joint)
        ]
        joints = self._marker(namespace, 1, Marker.SPHERE_LIST, 0.05)
        joints.points, joints.colors = self._points, self._colors
        self._trackers = self._marker(namespace, 2, Marker.CUBE_LIST, 0.07)
        self._trackers.color = ColorRGBA(r=0.2, g=0.5, b=1.0, a=0.8)
        self.message = MarkerArray(markers=[bones, joints, self._trackers])

    def fill(self, body: BodyPose, world_frame: str) -> MarkerArray:
        """Write one body into the message and return it."""
        for marker in self.message.markers:
            set_stamp(marker.header.stamp, body.stamp_ns)
            marker.header.frame_id = world_frame
        for point, (x, y, z) in zip(self._points, body.positions.tolist(), strict=True):
            point.x, point.y, point.z = x, y, z
        blend = np.clip(np.asarray(body.confidence, dtype=np.float64), 0.0, 1.0)[:, None]
        mixed = blend * _SURE + (1.0 - blend) * _UNSURE
        for color, (r, g, b, a) in zip(self._colors, mixed.tolist(), strict=True):
            color.r, color.g, color.b, color.a = r, g, b, a
        valid = np.asarray(body.tracker_positions)[np.asarray(body.tracker_valid, dtype=bool)]
        self._trackers.points = [Point(x=x, y=y, z=z) for x, y, z in valid.tolist()]
        # RViz refuses a list marker without points.
        self._trackers.action = Marker.ADD if len(valid) else Marker.DELETE
        return self.message

    @staticmethod
    def _marker(namespace: str, number: int, kind: int, size: float) -> Marker:
        marker = Marker(ns=namespace, id=number, type=kind, action=Marker.ADD)
        marker.scale = Vector3(x=size, y=size, z=size)
        marker.pose.orientation.w = 1.0
        marker.lifetime = Duration(sec=0, nanosec=LIFETIME_NS)
        return marker
