# SPDX-License-Identifier: Apache-2.0
"""A source, a node and a robot's node in processes of their own, and whoever hears them all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import JointState

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.msg import FullBodyState
from tests.campaign.chaos_source import place
from tests.node.node_process import NodeProcess
from tests.node.pose_messages import stamp_of

#: s without the head after which nothing may be published (tracker_timeout).
TIMEOUT = 0.25
#: s that a machine may take for what is not judged: starting programs.
PATIENCE = 240.0


@dataclass
class Heard:
    """What was published, in the order of its arrival: bodies and samples of the robot."""

    bodies: list[tuple[int, float]] = field(default_factory=list)
    robot: list[tuple[int, int, np.ndarray]] = field(default_factory=list)


class Stage:
    """A source, a node, a robot's node and whoever listens to all of them."""

    def __init__(self, domain: int) -> None:
        os.environ["ROS_DOMAIN_ID"] = str(domain)
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        node = rclpy.create_node("chaos_listener", context=self._context)
        self.heard, self.broken = Heard(), []
        self.worst: Counter[str] = Counter()
        self._kept = (
            node.create_subscription(FullBodyState, "/kinest/body", self._body, 5000),
            node.create_subscription(
                JointState, "/kinest_retarget/joint_states", self._sample, 5000
            ),
        )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(node)
        self._running = True
        self._thread = threading.Thread(target=self._spin)
        self._thread.start()
        self.children: list[subprocess.Popen] = []
        self.node = self.start_node()
        self.robot = self.start_robot()
        self.source = self.start_source()
        self.offset = 0.0

    def _spin(self) -> None:
        while self._running:
            self._executor.spin_once(timeout_sec=0.05)

    def _body(self, message: FullBodyState) -> None:
        stamp = stamp_of(message)
        head = message.positions[JOINT_INDEX["head"]]
        off = float(np.linalg.norm(place("head", stamp) - (head.x, head.y, head.z)))
        self.heard.bodies.append((stamp, off))

    def _sample(self, message: JointState) -> None:
        self.heard.robot.append(
            (time.monotonic_ns(), stamp_of(message), np.array(message.position))
        )

    def start_node(self) -> NodeProcess:
        process = NodeProcess("autostart:=true", "stature:=1.7", "device:=cpu",
                              f"tracker_timeout:={TIMEOUT}")  # fmt: skip
        process.wait_for_log("active", PATIENCE)
        return process

    def start_robot(self) -> NodeProcess:
        process = NodeProcess("autostart:=true", module="kinest_ros.node.retarget.main")
        process.wait_for_log("active", PATIENCE)
        return process

    def start_source(self, *arguments: str) -> subprocess.Popen:
        """Start a source; return it once bodies come, or the patience is over."""
        return self._child("tests.campaign.chaos_source", *arguments)

    def _child(self, module: str, *arguments: str) -> subprocess.Popen:
        child = subprocess.Popen([sys.executable, "-m", module, *arguments],
                                 stdout=subprocess.DEVNULL)  # fmt: skip
        self.children.append(child)
        return child

    def close(self) -> None:
        for child in self.children:
            child.kill()
            child.wait()
        for process in (self.node, self.robot):
            process.__exit__(None, None, None)
        self._running = False
        self._thread.join()
        rclpy.shutdown(context=self._context)

    def note(self, what: str, value: float) -> None:
        self.worst[what] = max(self.worst.get(what, 0.0), float(value))  # type: ignore[assignment]
