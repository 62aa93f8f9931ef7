# SPDX-License-Identifier: Apache-2.0
"""Hears every robot that follows a body: its description, its joints and its base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from kinest_ros.node.clients.topic_search import as_they_turn_up
from kinest_ros.node.outputs.advertise import LATCHED

_ODOMETRY, _TEXT = "nav_msgs/msg/Odometry", "std_msgs/msg/String"


class Listener(Protocol):
    """Takes what is heard."""

    def robot(self, name: str, description: str) -> None:
        """Take a robot's description, URDF or MJCF."""

    def joints(self, name: str, positions: dict[str, float]) -> None:
        """Take its joints, rad or m by name."""

    def base(self, name: str, position: np.ndarray, rotation: np.ndarray) -> None:
        """Take the pose of its base link in the world: (3,) m and (4,) xyzw."""


def _robots(topics: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the names under which robots publish."""
    for topic, types in topics.items():
        base, _, last = topic.rpartition("/")
        described = _TEXT in topics.get(f"{base}/robot_description", ())
        if last == "odometry" and _ODOMETRY in types and described:
            yield base


class RobotListener:
    """Subscribes to every robot, as they turn up.

    A robot is who publishes `robot_description` and `odometry` under one name, as
    `kinest_retarget` does; the body itself has no odometry.
    """

    def __init__(self, node: Node, listener: Listener) -> None:
        """Look for topics once a second, on the node's executor.

        Args:
            node: subscribes.
            listener: takes what is heard.
        """
        self._node, self._listener = node, listener
        as_they_turn_up(node, _robots, self._hear)

    def _hear(self, base: str) -> None:
        name = base.strip("/").replace("/", " ") or "robot"
        hear = self._node.create_subscription
        sensor = qos_profile_sensor_data
        described = partial(self._on_description, name)
        hear(String, f"{base}/robot_description", described, LATCHED)
        hear(JointState, f"{base}/joint_states", partial(self._on_joints, name), sensor)
        hear(Odometry, f"{base}/odometry", partial(self._on_odometry, name), sensor)

    def _on_description(self, name: str, message: Any) -> None:
        self._listener.robot(name, message.data)

    def _on_joints(self, name: str, message: Any) -> None:
        self._listener.joints(name, dict(zip(message.name, message.position, strict=False)))

    def _on_odometry(self, name: str, message: Any) -> None:
        place, turn = message.pose.pose.position, message.pose.pose.orientation
        self._listener.base(
            name,
            np.array((place.x, place.y, place.z)),
            np.array((turn.x, turn.y, turn.z, turn.w)),
        )
