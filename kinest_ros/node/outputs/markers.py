# SPDX-License-Identifier: Apache-2.0
"""Bones, joints, tracked joints and ground contacts as RViz markers, refilled in place."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, Vector3
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from kinest_ros.body.joints import JOINT_INDEX, NUM_JOINTS, PARENTS
from kinest_ros.node.outputs import tracker_axes
from kinest_ros.tracking.body_pose import BodyPose

#: RViz drops the markers by itself after this time (ns), so a lost body does not stand frozen.
LIFETIME_NS = 300_000_000

_SURE = np.array((0.20, 0.75, 0.35, 1.0))
_UNSURE = np.array((0.95, 0.35, 0.15, 1.0))
_TOES = (JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"])


class BodyMarkers:
    """What RViz shows of a body.

    Lines for the bones and spheres for the joints, from red to green with their confidence; cubes
    where the trackers, with their mounts applied, say that the tracked joints are, and the axes of
    those joints' links there (`tracker_axes`); and at the toes plates that are the more opaque the
    more surely the foot is on the ground.
    """

    def __init__(self, namespace: str = "kinest") -> None:
        self._points = [Point() for _ in range(NUM_JOINTS)]
        self._colors = [ColorRGBA() for _ in range(NUM_JOINTS)]
        bones = self._marker(namespace, 0, Marker.LINE_LIST, (0.025, 0.0, 0.0))
        # The same objects appear in every bone that ends there: one write moves them all.
        ends = [
            end for joint, parent in enumerate(PARENTS) if parent >= 0 for end in (parent, joint)
        ]
        bones.points = [self._points[end] for end in ends]
        bones.colors = [self._colors[end] for end in ends]
        joints = self._marker(namespace, 1, Marker.SPHERE_LIST, (0.05, 0.05, 0.05))
        joints.points, joints.colors = self._points, self._colors
        self._trackers = self._marker(namespace, 2, Marker.CUBE_LIST, (0.07, 0.07, 0.07))
        self._trackers.color = ColorRGBA(r=0.2, g=0.5, b=1.0, a=0.8)
        contacts = self._marker(namespace, 3, Marker.CUBE_LIST, (0.14, 0.14, 0.015))
        contacts.points = [self._points[toe] for toe in _TOES]
        self._contacts = [ColorRGBA(r=1.0, g=0.8, b=0.1) for _ in _TOES]
        contacts.colors = self._contacts
        axes = self._marker(
            f"{namespace}/{tracker_axes.NAMESPACE}", 4, Marker.LINE_LIST, (0.008, 0.0, 0.0)
        )
        self._axes = tracker_axes.TrackerAxes(axes)
        self.message = MarkerArray(markers=[bones, joints, self._trackers, contacts, axes])

    def fill(self, body: BodyPose, world_frame: str) -> MarkerArray:
        """Write one body into the message and return it."""
        for marker in self.message.markers:
            stamp = marker.header.stamp
            stamp.sec, stamp.nanosec = divmod(body.stamp_ns, 1_000_000_000)
            marker.header.frame_id = world_frame
        for point, (x, y, z) in zip(self._points, body.positions.tolist(), strict=True):
            point.x, point.y, point.z = x, y, z
        blend = np.clip(np.asarray(body.confidence, dtype=np.float64), 0.0, 1.0)[:, None]
        mixed = blend * _SURE + (1.0 - blend) * _UNSURE
        for color, (r, g, b, a) in zip(self._colors, mixed.tolist(), strict=True):
            color.r, color.g, color.b, color.a = r, g, b, a
        for color, probability in zip(self._contacts, body.contacts.tolist(), strict=True):
            color.a = probability
        valid = np.asarray(body.tracker_positions)[np.asarray(body.tracker_valid, dtype=bool)]
        self._trackers.points = [Point(x=x, y=y, z=z) for x, y, z in valid.tolist()]
        # RViz refuses a list marker without points.
        self._trackers.action = Marker.ADD if len(valid) else Marker.DELETE
        self._axes.fill(body)
        return self.message

    def reset(self) -> None:
        """Forget where trackers were."""
        self._axes.reset()

    @staticmethod
    def _marker(namespace: str, number: int, kind: int, size: tuple[float, float, float]) -> Marker:
        marker = Marker(ns=namespace, id=number, type=kind, action=Marker.ADD)
        marker.scale = Vector3(x=size[0], y=size[1], z=size[2])
        marker.pose.orientation.w = 1.0
        marker.lifetime = Duration(sec=0, nanosec=LIFETIME_NS)
        return marker
