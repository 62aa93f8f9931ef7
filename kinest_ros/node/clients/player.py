# SPDX-License-Identifier: Apache-2.0
"""Publish stored messages through rclpy, byte for byte, at their own pace, with their clock."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

import rclpy
from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock

from kinest_ros.bags.reader import RawMessage
from kinest_ros.errors import KinestError
from kinest_ros.node.inputs.subscriber import message_class
from kinest_ros.node.log_folder import find_log_folder

_SETTLE = 1.0  # longest wait for the other topics once the first one is listened to, s
# Discovery is two-sided: that we see a subscription does not mean that it sees us. s
_TWO_SIDED = 0.5
_LAST_WORDS = 0.3  # for the last message to reach best-effort listeners, who acknowledge nothing, s
_CLOCK_PERIOD = 0.025  # between two times on /clock, as `ros2 bag play --clock` has it, s


class Player:
    """A ROS 2 node that publishes tracker poses; to be used in a with statement.

    Attributes:
        seconds: length of the recording.
        published: messages sent, by topic.
        largest_delay: s, the most that a message was sent after its time.
    """

    def __init__(
        self, messages: Sequence[RawMessage], clock: bool = True, latched: Collection[str] = ()
    ) -> None:
        """Say what will be played.

        Args:
            messages: in the order of time, at least one.
            clock: also publish the time in the recording on /clock, for nodes with use_sim_time.
            latched: topics of which what was said first counts from the beginning.

        Raises:
            KinestError: a message package that is not installed.
        """
        self._messages, self._with_clock = messages, clock
        self._latched = frozenset(latched)
        kinds = {message.topic: message.msgtype for message in messages}
        try:
            self._classes = {topic: message_class(kind) for topic, kind in kinds.items()}
        except ImportError as error:
            raise KinestError(
                f"cannot publish {', '.join(sorted(set(kinds.values())))}: {error}. Install the "
                "package of these messages, or source the workspace that has it"
            ) from None
        self.seconds = (messages[-1].time_ns - messages[0].time_ns) * 1e-9
        self.published = dict.fromkeys(sorted({message.topic for message in messages}), 0)
        self.largest_delay = 0.0

    def __enter__(self) -> Player:
        """Join the network."""
        # Own context: a process that uses rclpy already keeps its own.
        self._context = rclpy.Context()
        find_log_folder()
        rclpy.init(args=[], context=self._context)
        self._node = rclpy.create_node("kinest_play", context=self._context)
        self._publishers = {
            topic: self._node.create_publisher(kind, topic, _qos(topic in self._latched))
            for topic, kind in sorted(self._classes.items())
        }
        for message in reversed(self._messages):
            if message.topic in self._latched:
                self._publishers[message.topic].publish(message.data)
        # As time sources ask for it: a time that is lost is not worth sending again.
        latest = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._clock = (
            self._node.create_publisher(Clock, "/clock", latest) if self._with_clock else None
        )
        return self

    def __exit__(self, *_: object) -> None:
        """Let what is under way arrive, then leave."""
        if self._context.ok():
            for publisher in self._publishers.values():
                publisher.wait_for_all_acked(Duration(seconds=2.0))
            time.sleep(_LAST_WORDS)
        self._node.destroy_node()
        self._context.try_shutdown()

    def wait_for_listeners(self, timeout: float, listeners: int = 1) -> None:
        """Wait until a topic has its subscriptions, and shortly for the other topics too.

        Args:
            timeout: s; with 0 nobody needs to listen.
            listeners: subscriptions that a topic needs.

        Raises:
            KinestError: nobody came.
        """
        if timeout == 0.0:
            return
        end = time.monotonic() + timeout
        settle: float | None = None
        while True:
            counts = [p.get_subscription_count() for p in self._publishers.values()]
            matched = [count >= listeners for count in counts]
            now = time.monotonic()
            if all(matched) or (settle is not None and now > settle):
                self._rest(_TWO_SIDED)
                return
            if any(matched) and settle is None:
                settle = now + _SETTLE
            if now > end:
                raise KinestError(
                    f"{', '.join(self._publishers)}: {max(counts)} of {listeners} "
                    f"subscription(s) within {timeout:g} s. Start "
                    "the node (kinest_node --ros-args -p autostart:=true) in the same "
                    "ROS_DOMAIN_ID, or play without waiting: --wait 0"
                )
            self._rest(0.02)

    def play(self, rate: float) -> None:
        """Publish everything once.

        Args:
            rate: 1 for the pace of the recording, 2 for twice as fast.
        """
        first, start = self._messages[0].time_ns, time.monotonic()
        next_time = start
        for message in self._messages:
            due = start + (message.time_ns - first) * 1e-9 / rate
            while True:
                self._check()
                now = time.monotonic()
                if now >= next_time:
                    # A machine that is too slow sends messages late, and time waits for them.
                    passed = round((now - start) * rate * 1e9)
                    self._tell_time(min(first + passed, message.time_ns))
                    next_time = now + _CLOCK_PERIOD
                if (left := due - now) <= 0.0:
                    break
                self._rest(min(left, _CLOCK_PERIOD))
            self.largest_delay = max(self.largest_delay, -left)
            self._publishers[message.topic].publish(message.data)
            self.published[message.topic] += 1

    def _tell_time(self, time_ns: int) -> None:
        if self._clock is not None:
            message = Clock()
            message.clock.sec, message.clock.nanosec = divmod(time_ns, 1_000_000_000)
            self._clock.publish(message)

    def _rest(self, seconds: float) -> None:
        self._check()
        time.sleep(seconds)

    def _check(self) -> None:
        """Stop when rclpy's signal handler has shut the context down."""
        if not self._context.ok():
            raise KeyboardInterrupt


def _qos(latched: bool) -> QoSProfile:
    """Reliable, which serves best-effort (sensor data) subscribers as well."""
    return QoSProfile(
        depth=100,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )
