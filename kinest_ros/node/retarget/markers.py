# SPDX-License-Identifier: Apache-2.0
"""The robot drawn for viewers, which need neither its meshes nor a robot_state_publisher."""

from __future__ import annotations

import mujoco
import numpy as np
from geometry_msgs.msg import Point
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from kinest_ros.retarget.live.sample import Sample
from kinest_ros.retarget.robot.robot import Robot

#: m: thickness of links, size of joints; links shorter than this are not drawn.
_THICK, _JOINT, _SHORT = 0.035, 0.05, 0.01
_LINKS, _JOINTS = ColorRGBA(r=0.95, g=0.55, b=0.15, a=1.0), ColorRGBA(r=0.5, g=0.5, b=0.55, a=1.0)


class RobotMarkers:
    """Makes one MarkerArray of a sample: lines from link to link, and dots where joints are."""

    def __init__(self, robot: Robot) -> None:
        """Choose the links."""
        self._robot, self._data = robot, mujoco.MjData(robot.model)
        model, root = robot.model, robot.parts.root_body
        bodies = [
            b for b in range(1, model.nbody) if model.body_rootid[b] == model.body_rootid[root]
        ]
        self._ends = np.array(
            [
                (model.body_parentid[body], body)
                for body in bodies
                if body != root and np.linalg.norm(model.body_pos[body]) > _SHORT
            ]
        ).reshape(-1, 2)
        self._moved = np.array([body for body in bodies if model.body_jntnum[body]])
        self._array = MarkerArray(
            markers=[_marker(0, Marker.LINE_LIST, _THICK), _marker(1, Marker.SPHERE_LIST, _JOINT)]
        )
        self._array.markers[0].color, self._array.markers[1].color = _LINKS, _JOINTS

    def of(self, sample: Sample, world_frame: str) -> MarkerArray:
        """Return a sample's markers, in the world's frame; valid until the next call."""
        robot, data = self._robot, self._data
        if robot.free_base:
            data.qpos[:3] = sample.base_position
            data.qpos[3:7] = sample.base_rotation[[3, 0, 1, 2]]
        data.qpos[robot.qpos_addresses] = sample.joints
        mujoco.mj_kinematics(robot.model, data)
        seconds, rest = divmod(sample.stamp_ns, 1_000_000_000)
        places = (data.xpos[self._ends].reshape(-1, 3), data.xpos[self._moved])
        for marker, points in zip(self._array.markers, places, strict=True):
            marker.header.frame_id = world_frame
            marker.header.stamp.sec, marker.header.stamp.nanosec = seconds, rest
            marker.points = [Point(x=x, y=y, z=z) for x, y, z in points.tolist()]
        return self._array


def _marker(index: int, kind: int, size: float) -> Marker:
    marker = Marker(ns="robot", id=index, type=kind, action=Marker.ADD)
    marker.scale.x = marker.scale.y = marker.scale.z = size
    marker.pose.orientation.w = 1.0
    return marker
