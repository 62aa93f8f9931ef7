# SPDX-License-Identifier: Apache-2.0
"""The latency probe that waits for the robot's joints in place of the body."""

from __future__ import annotations

import time

from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState

from kinest_ros.node.clients.latency_probe import LatencyProbe
from kinest_ros.tracking.sampling.resampler import first_tick_from, tick_stamp

#: Of the robot's node.
TOPIC = "/kinest_retarget/joint_states"


class RobotProbe(LatencyProbe):
    """A head and two hands, and what comes back from the robot's node."""

    def __enter__(self) -> RobotProbe:
        """Join the network."""
        super().__enter__()
        self._node.create_subscription(JointState, TOPIC, self._on_robot, 100, raw=True)
        return self

    def _on_body(self, data: bytes) -> None:
        """Leave the body alone: it is the robot that counts."""

    def _on_robot(self, data: bytes) -> None:
        arrived = time.perf_counter_ns()
        stamp = deserialize_message(data, JointState).header.stamp
        stamp_ns = stamp.sec * 1_000_000_000 + stamp.nanosec
        # What the robot's clock sends while no body comes has a stamp between the ticks.
        if tick_stamp(first_tick_from(stamp_ns)) == stamp_ns:
            self._trace.bodies.append((stamp_ns, arrived, float("nan")))
