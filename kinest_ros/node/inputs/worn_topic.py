# SPDX-License-Identifier: Apache-2.0
"""The topic ~/worn: somebody who knows says whether the headset is worn."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from std_msgs.msg import Bool

from kinest_ros.decoding.worn import WornWord
from kinest_ros.tracking.frame import TrackerFrame

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # before Iron
    from rclpy.qos_event import SubscriptionEventCallbacks


class WornTopic:
    """Marks frames with what was said last; until something is, they stay as they are.

    It is subscribed to twice: latched, so that what was said before counts, and not, so that
    publishers which do not latch are heard as well.
    """

    def __init__(self, node: Node, topic: str) -> None:
        """Keep what is needed to subscribe; nothing is on the network before `start`.

        Args:
            node: subscribes.
            topic: its name.
        """
        self._node, self._topic = node, topic
        self._subscriptions: list[Subscription] = []
        self._word = WornWord()

    def start(self) -> None:
        """Subscribe."""
        for durability in (DurabilityPolicy.TRANSIENT_LOCAL, DurabilityPolicy.VOLATILE):
            qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=durability)
            # A publisher that suits only one of the two is nothing to warn about.
            quiet = SubscriptionEventCallbacks(use_default_callbacks=False)
            self._subscriptions.append(
                self._node.create_subscription(
                    Bool, self._topic, self._on_message, qos, event_callbacks=quiet
                )
            )

    def stop(self) -> None:
        """Leave the network and forget what was said."""
        while self._subscriptions:
            self._node.destroy_subscription(self._subscriptions.pop())
        self._word.said = None

    @property
    def denies(self) -> bool:
        """Whether it was said last that the headset is not worn."""
        return self._word.said is False

    def mark(self, frame: TrackerFrame) -> TrackerFrame:
        """Return a frame that is not worn if the topic or the device says so, and else worn."""
        return self._word.mark(frame)

    def _on_message(self, message: Bool) -> None:
        self._word.said = bool(message.data)
