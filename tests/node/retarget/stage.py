# SPDX-License-Identifier: Apache-2.0
"""The retargeting node in its own process, and a client that publishes bodies and listens."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Point, Quaternion
from nav_msgs.msg import Odometry
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, String
from tf2_msgs.msg import TFMessage
from trajectory_msgs.msg import JointTrajectory
from visualization_msgs.msg import MarkerArray

from kinest_ros.body.joints import PARENTS
from kinest_ros.body.rotations_numpy import quaternions_from_matrices
from kinest_ros.msg import FullBodyState
from kinest_ros.retarget.motions import BodyMotion
from tests.node.node_process import NodeProcess


class RobotProcess(NodeProcess):
    """kinest_retarget in a process of its own."""

    def __init__(self, *parameters: str) -> None:
        super().__init__(*parameters, module="kinest_ros.node.retarget.main")


class Listener:
    """Publishes bodies and keeps what the node publishes."""

    def __init__(self, domain: int) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node = rclpy.create_node("robot_listener", context=self._context)
        self.joint_states: list[JointState] = []
        self.odometry: list[Odometry] = []
        self.trajectories: list[JointTrajectory] = []
        self.transforms: list[TFMessage] = []
        self.statuses: list[DiagnosticArray] = []
        self.descriptions: list[String] = []
        self.markers: list[MarkerArray] = []
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        listen, name = self.node.create_subscription, "/kinest_retarget"
        self._kept = [
            listen(JointState, f"{name}/joint_states", self.joint_states.append, 1000),
            listen(Odometry, f"{name}/odometry", self.odometry.append, 1000),
            listen(JointTrajectory, f"{name}/joint_trajectory", self.trajectories.append, 1000),
            listen(TFMessage, "/tf", self.transforms.append, 1000),
            listen(DiagnosticArray, "/diagnostics", self.statuses.append, 100),
            listen(MarkerArray, f"{name}/markers", self.markers.append, 10),
            listen(String, f"{name}/robot_description", self.descriptions.append, latched),
        ]
        self.bodies = self.node.create_publisher(FullBodyState, "/kinest/body", 10)
        self.enable = self.node.create_publisher(Bool, f"{name}/enable", 10)
        self.state = self.node.create_publisher(JointState, "/joint_states", 10)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._running = True
        self._thread = threading.Thread(target=self._spin)
        self._thread.start()

    def _spin(self) -> None:
        while self._running:
            self._executor.spin_once(timeout_sec=0.05)

    def close(self) -> None:
        """Leave the network."""
        self._running = False
        self._thread.join()
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)

    def send(self, messages: Sequence[FullBodyState], pressed: bool | None = None) -> None:
        """Publish bodies at 60 Hz."""
        begin = time.monotonic()
        for index, message in enumerate(messages):
            wait = begin + index / 60.0 - time.monotonic()
            if wait > 0.0:
                time.sleep(wait)
            if pressed is not None:
                self.enable.publish(Bool(data=pressed))
            self.bodies.publish(message)

    def status(self) -> tuple[int, str, dict[str, str]]:
        """The node's last status: level, message, values."""
        found = [s for array in self.statuses for s in array.status if "retarget" in s.name]
        last = found[-1]
        level = last.level if isinstance(last.level, int) else ord(last.level)
        return level, last.message, {pair.key: pair.value for pair in last.values}


def body_messages(motion: BodyMotion, start_ns: int = 10_000_000_000) -> list[FullBodyState]:
    """Return a motion as messages, a tick apart."""
    world = motion.rotations
    local = world.copy()
    for joint in range(1, 22):
        local[:, joint] = np.einsum("nji,njk->nik", world[:, PARENTS[joint]], world[:, joint])
    quaternions = quaternions_from_matrices(local)
    found = []
    for frame in range(len(motion)):
        message = FullBodyState()
        stamp = start_ns + round(frame * 1e9 / 60)
        message.header.frame_id = "world"
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp, 1_000_000_000)
        message.local_rotations = [
            Quaternion(x=q[0], y=q[1], z=q[2], w=q[3]) for q in quaternions[frame].tolist()
        ]
        message.positions = [
            Point(x=p[0], y=p[1], z=p[2]) for p in motion.positions[frame].tolist()
        ]
        message.contacts = motion.contacts[frame].astype(np.float32)
        found.append(message)
    return found
