# SPDX-License-Identifier: Apache-2.0
"""A body as REP-155 has it: /humans/bodies/<id>/joint_states, and the list of tracked bodies.

The frame ``body_<id>`` is part of the message on /tf. The other frames come from the URDF of the
package human_description and robot_state_publisher, as the REP wants it:

    xacro human-tpl.xacro id:=<id> height:=1.7 > body.urdf
    robot_state_publisher body.urdf --ros-args -r joint_states:=/humans/bodies/<id>/joint_states
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import JointState

from kinest_ros.bags.body_messages import JointStateMessage
from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.rotations_numpy import matrices_from_quaternions
from kinest_ros.human_description.joint_angles import JointAngles
from kinest_ros.human_description.rep155 import joint_names, rep155_angles
from kinest_ros.node.outputs.advertise import Advertiser
from kinest_ros.tracking.body_pose import BodyPose

_BODIES = "/humans/bodies"


class Rep155JointStates:
    """Publishes the 20 angles of the human model; what they leave out: rep155.py."""

    def __init__(self, advertiser: Advertiser, body_id: str) -> None:
        """Advertise the topic of one body."""
        self._angles = JointAngles(_solve)
        self._message = JointStateMessage(joint_names(body_id))
        self._publisher = advertiser.advertise(JointState, f"{_BODIES}/{body_id}/joint_states", 100)

    def publish(self, body: BodyPose) -> None:
        """Publish one body."""
        angles, velocities = self._angles.update(body)
        self._publisher.publish(self._message.fill(body.stamp_ns, angles, velocities))

    def reset(self) -> None:
        """Start the angles afresh."""
        self._angles.reset()


class TrackedBodies:
    """Publishes /humans/bodies/tracked where the package hri_msgs is installed.

    The list holds this node's bodies alone: REP-155 knows one publisher of it.
    """

    def __init__(self, node: LifecycleNode, advertiser: Advertiser) -> None:
        """Advertise the topic, if hri_msgs is there."""
        self._node = node
        self._seen: set[str] = set()
        self._publisher: Any = None
        try:
            self._kind = importlib.import_module("hri_msgs.msg").IdsList
        except ImportError:
            node.get_logger().info(
                f"{_BODIES}/tracked is not published: the package hri_msgs is not installed"
            )
            return
        self._publisher = advertiser.advertise(self._kind, f"{_BODIES}/tracked", 10)

    def saw(self, body_id: str) -> None:
        """Note that a body was published; one that is new is announced at once."""
        if body_id not in self._seen:
            self._seen.add(body_id)
            self._publish()

    def tick(self) -> None:
        """Publish who was seen since the last call, and begin anew; called once a second."""
        self._publish()
        self._seen.clear()

    def _publish(self) -> None:
        if self._publisher is not None:
            message = self._kind(ids=sorted(self._seen))
            message.header.stamp = self._node.get_clock().now().to_msg()
            self._publisher.publish(message)


def _solve(body: BodyPose, previous: np.ndarray | None) -> np.ndarray:
    links = matrices_from_quaternions(body.world_rotations) @ JOINT_FROM_LINK
    return rep155_angles(body.positions, links, previous)
