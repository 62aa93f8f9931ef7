# SPDX-License-Identifier: Apache-2.0
"""Sends poses to a running node at a steady rate and notes when its bodies come back.

Sending and listening are one process, so both times are read from one clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from geometry_msgs.msg import PoseStamped
from rclpy.qos import qos_profile_sensor_data
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState
from tf2_msgs.msg import TFMessage

from kinest_ros.bags import topics
from kinest_ros.bags.body_messages import pose_wire
from kinest_ros.bags.wire import stamp_numbers
from kinest_ros.body.joints import SLOTS
from kinest_ros.msg import FullBodyState
from kinest_ros.node.clients.private_node import PrivateNode
from kinest_ros.node.clients.trace import Trace


class LatencyProbe:
    """A head and two hands for a node with default topic names; to be used in a with statement."""

    def __init__(self, positions: np.ndarray, quaternions: np.ndarray) -> None:
        """Take the motion to be sent, again and again, there and back.

        Args:
            positions: (N, 6, 3) m, by slot; only head and hands are sent.
            quaternions: (N, 6, 4) xyzw.
        """
        back = slice(-2, 0, -1)
        self._poses = np.concatenate((positions, quaternions), axis=-1)
        self._poses = np.concatenate((self._poses, self._poses[back]))
        self._trace = Trace()

    def __enter__(self) -> LatencyProbe:
        """Join the network."""
        self._own = PrivateNode("kinest_latency_probe")
        self._node = self._own.node
        self._wires = [pose_wire("world") for _ in SLOTS[:3]]
        # Queues and reliability as headset bridges have them.
        self._publishers = [
            self._node.create_publisher(
                PoseStamped, topics.POSE_TOPICS[slot], qos_profile_sensor_data
            )
            for slot in SLOTS[:3]
        ]
        subscribe = self._node.create_subscription
        subscribe(FullBodyState, topics.BODY, self._on_body, 100, raw=True)
        # Others listen to these; they cost the node its time, and are not looked at.
        subscribe(TFMessage, topics.TF, lambda _: None, 100, raw=True)
        subscribe(JointState, topics.JOINT_STATES, lambda _: None, 100, raw=True)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave."""
        self._own.close()

    def wait_for_node(self) -> None:
        """Wait until the node hears us and we hear it.

        Raises:
            KinestError: it does not turn up.
        """
        self._own.wait_until(self._is_there, f"no node listens to {topics.POSE_TOPICS['head']}")
        self._own.settle()

    def _is_there(self) -> bool:
        heard = all(publisher.get_subscription_count() for publisher in self._publishers)
        return heard and self._node.count_publishers(topics.BODY) > 0

    def run(
        self, warm_up: float, seconds: float, rate: float, cut: Callable[[Trace, bool], None]
    ) -> None:
        """Send and listen.

        Args:
            warm_up: how long before anything counts, s.
            seconds: how long after that.
            rate: frames per second.
            cut: called with what came to pass since the call before: at the end of the warm-up
                (with False), then every minute and at the end (with True).
        """
        warm, minute = round(warm_up * rate), round(60.0 * rate)
        count = warm + round(seconds * rate)
        started, first_stamp = time.perf_counter_ns(), time.time_ns()
        for index in range(count):
            if index == warm or (index > warm and (index - warm) % minute == 0):
                cut(self._cut(), index > warm)
            due = started + round(index * 1e9 / rate)
            self._own.listen_until(due)
            now = time.perf_counter_ns()
            self._send(index, first_stamp + now - started)
            self._trace.sent_ns.append(now)
            self._trace.late_ns.append(now - due)
        self._own.listen_until(time.perf_counter_ns() + 200_000_000)
        cut(self._cut(), True)

    def _send(self, index: int, stamp_ns: int) -> None:
        self._trace.stamps_ns.append(stamp_ns)
        poses = self._poses[index % len(self._poses)]
        stamp = stamp_numbers(stamp_ns)
        for pose, wire, publisher in zip(poses, self._wires, self._publishers, strict=False):
            wire.write("stamp", stamp)
            wire.write("pose", pose)
            publisher.publish(wire.tobytes())

    def _on_body(self, data: bytes) -> None:
        arrived = time.perf_counter_ns()
        body = deserialize_message(data, FullBodyState)
        stamp = body.header.stamp
        self._trace.bodies.append(
            (stamp.sec * 1_000_000_000 + stamp.nanosec, arrived, body.latency)
        )

    def _cut(self) -> Trace:
        """Return the trace so far and go on with its last frames, whose bodies are to come."""
        done = self._trace
        keep = -30
        self._trace = Trace(done.stamps_ns[keep:], done.sent_ns[keep:], done.late_ns[keep:])
        return done
