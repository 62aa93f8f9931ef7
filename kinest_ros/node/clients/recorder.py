# SPDX-License-Identifier: Apache-2.0
"""Records the trackers and everything the node publishes into a bag, as an outside listener.

    python -m kinest_ros.node.clients.recorder OUT

Messages are written as received, with the time of their arrival. Stops at SIGINT or SIGTERM.
"""

from __future__ import annotations

import argparse
import functools
import sys
import threading
import time

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

from kinest_ros.bags import topics
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.errors import KinestError
from kinest_ros.msg import FullBodyState
from kinest_ros.node.spinning import ros_until_signal, spin

#: Printed once the recorder hears its topics' publishers.
READY = "recording"
DIAGNOSTICS = "/diagnostics"

_TYPES = {
    **dict.fromkeys(topics.POSE_TOPICS.values(), (PoseStamped, topics.POSE_TYPE)),
    topics.TF: (TFMessage, topics.TF_TYPE),
    topics.JOINT_STATES: (JointState, topics.JOINT_STATE_TYPE),
    topics.BODY: (FullBodyState, topics.BODY_TYPE),
    topics.ROBOT_DESCRIPTION: (String, topics.STRING_TYPE),
    DIAGNOSTICS: (DiagnosticArray, "diagnostic_msgs/msg/DiagnosticArray"),
}
_LATCHED = (topics.ROBOT_DESCRIPTION,)


class Recorder(Node):
    """Subscribes raw, so that nothing is decoded on the way to the file."""

    def __init__(self, writer: BodyBagWriter) -> None:
        super().__init__("kinest_recorder")
        self._writer = writer
        self._last_message = time.monotonic()
        self._described = False
        for topic, (kind, name) in _TYPES.items():
            latched = topic in _LATCHED
            qos = QoSProfile(
                depth=1 if latched else 1000,
                durability=(
                    DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE
                ),
            )
            callback = functools.partial(self._write, topic, name)
            self.create_subscription(kind, topic, callback, qos, raw=True)
        self._announcing = self.create_timer(0.05, self._announce)

    def stop_when_quiet(self, seconds: float, stop: threading.Event) -> None:
        """Set the event once neither a pose nor a body has come for some time."""

        def look() -> None:
            if time.monotonic() - self._last_message > seconds:
                stop.set()

        self.create_timer(0.05, look)

    def _write(self, topic: str, name: str, data: bytes) -> None:
        self._writer.write_raw(topic, name, time.time_ns(), data, latched=topic in _LATCHED)
        self._described |= topic == topics.ROBOT_DESCRIPTION
        if topic != DIAGNOSTICS:  # those come for ever
            self._last_message = time.monotonic()

    def _announce(self) -> None:
        """Say that we are ready when the node's publishers are there and one has reached us.

        The latched description is the proof: seeing a publisher does not mean that it sees us.
        """
        if self._described and all(map(self.count_publishers, (topics.TF, topics.BODY))):
            print(READY, flush=True)
            self._announcing.cancel()


def main(arguments: list[str] | None = None) -> int:
    """Record until a signal; 2 for a user's error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", help="bag folder to create")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing bag")
    parser.add_argument(
        "--quiet",
        type=float,
        default=0.0,
        metavar="S",
        help="after a signal, record until S seconds pass without a message; a second one stops it",
    )
    chosen = parser.parse_args(arguments)
    try:
        with (
            ros_until_signal() as stop,
            BodyBagWriter(chosen.out, overwrite=chosen.overwrite) as writer,
        ):
            node = Recorder(writer)
            spin(node, stop)
            stop.clear()
            node.stop_when_quiet(chosen.quiet, stop)
            spin(node, stop)
            node.destroy_node()
    except KinestError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
