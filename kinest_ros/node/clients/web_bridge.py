# SPDX-License-Identifier: Apache-2.0
"""`kinest web`: serves the page and publishes what headsets send as TrackerArray."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.client import Client
from rclpy.node import Node
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from kinest_ros.calibration.storage import calibration_folder
from kinest_ros.msg import FullBodyState, Tracker, TrackerArray
from kinest_ros.node.clients.calibration_call import pass_on_calibration
from kinest_ros.node.topic_names import check_topic
from kinest_ros.tracking.frame import TrackerFrame
from kinest_ros.web.deadman import Deadman
from kinest_ros.web.room import Answer, Hooks, Room, ShownBody
from kinest_ros.web.sharing import Place

_WORN = {None: TrackerArray.WORN_UNKNOWN, True: TrackerArray.WORN_YES, False: TrackerArray.WORN_NO}


@dataclass(frozen=True)
class BridgeOptions:
    """What is served where, and what it is called in ROS.

    Attributes:
        host: what is listened on.
        port: likewise.
        prefix: of the node that makes the bodies: its topics and services are below it.
        frame_id: name for the page's reference space.
        deadman_topic: where it is published that a trigger is held; empty: nowhere.
    """

    host: str
    port: int
    prefix: str
    frame_id: str
    deadman_topic: str = ""


class WebBridge:
    """Between one page and the topics of one body."""

    def __init__(self, node: Node, options: BridgeOptions, say: Callable[[str], object]) -> None:
        """Serve.

        Raises:
            KinestError: the address cannot be had, or a topic has a name that cannot be.
        """
        self._node = node
        prefix = options.prefix.rstrip("/")
        if prefix:  # else the topics are at the root
            check_topic(prefix, "--prefix")
        self._trackers = node.create_publisher(TrackerArray, f"{prefix}/trackers", 10)
        self._diagnostics = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._deadman = None
        if options.deadman_topic:
            self._deadman = node.create_publisher(
                Bool, check_topic(options.deadman_topic, "--deadman"), 10
            )
        self._calibrate: Client = node.create_client(Trigger, f"{prefix}/calibrate")
        hooks = Hooks(
            lambda: int(node.get_clock().now().nanoseconds),
            self._publish,
            self._on_calibrate,
            Deadman(self._publish_deadman),
        )
        self.room = Room("", options.frame_id, hooks)
        self._place = Place(options.host, options.port, self.room)
        self.server = self._place.enter(calibration_folder(), say)
        node.create_subscription(FullBodyState, f"{prefix}/body", self._show, 10)
        node.create_timer(1.0, self._diagnose)

    def close(self) -> None:
        """Leave the network."""
        self._place.leave()

    def _publish(self, frame: TrackerFrame) -> None:
        """Publish a frame; on the server's thread."""
        self._trackers.publish(tracker_array(frame))

    def _publish_deadman(self, held: bool) -> None:
        if self._deadman is not None:
            self._deadman.publish(Bool(data=held))

    def _on_calibrate(self, answer: Answer) -> None:
        executor = self._node.executor
        if executor is None:
            answer(False, "kinest web is not running yet")
        else:
            executor.create_task(lambda: pass_on_calibration(self._calibrate, answer))

    def _show(self, message: FullBodyState) -> None:
        stamp = message.header.stamp
        positions = np.array([(p.x, p.y, p.z) for p in message.positions])
        body = ShownBody(
            stamp.sec * 1_000_000_000 + stamp.nanosec,
            positions,
            np.asarray(message.confidence),
            np.asarray(message.tracker_state),
        )
        self.server.show(self.room, body)

    def _diagnose(self) -> None:
        facts = self.room.facts()
        seated = self.room.seated is not None
        status = DiagnosticStatus(
            level=DiagnosticStatus.OK if seated else DiagnosticStatus.WARN,
            name=f"{self._node.get_name()}: headset",
            message="streaming" if seated else "no headset is in its page",
            hardware_id=self._node.get_name(),
            values=[KeyValue(key=key, value=value) for key, value in facts.items()],
        )
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._diagnostics.publish(message)


def tracker_array(frame: TrackerFrame) -> TrackerArray:
    """Return a frame in ROS's axes as a message."""
    message: Any = TrackerArray(worn=_WORN[frame.worn])
    message.header.frame_id = frame.frame_id
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(frame.stamp_ns, 1_000_000_000)
    for slot, pose in frame.poses.items():
        tracker = Tracker(slot=slot, device=pose.device, valid=True)
        position, orientation = tracker.pose.position, tracker.pose.orientation
        position.x, position.y, position.z = (float(value) for value in pose.position)
        orientation.x, orientation.y, orientation.z, orientation.w = (
            float(value) for value in pose.quaternion
        )
        message.trackers.append(tracker)
    return message
