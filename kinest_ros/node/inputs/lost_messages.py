# SPDX-License-Identifier: Apache-2.0
"""Messages that DDS lost on their way to us, counted by topic as far as the middleware tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kinest_ros.node.inputs.callbacks import OnWarning

try:
    from rclpy.event_handler import SubscriptionEventCallbacks, UnsupportedEventTypeError
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import SubscriptionEventCallbacks, UnsupportedEventTypeError


class LostMessages:
    """Counts what each subscription's middleware reports as lost.

    Those are gaps in a publisher's sequence: what the network or a buffer on the way dropped.

    Attributes:
        by_topic: messages lost, by topic; only topics that lost any.
    """

    def __init__(self, on_warning: OnWarning) -> None:
        self.by_topic: dict[str, int] = {}
        self._on_warning = on_warning

    def subscribe(self, topic: str, create: Callable[..., Any]) -> Any:
        """Return the subscription that `create` makes, losses of which are counted if they can be.

        Args:
            topic: full name.
            create: takes `event_callbacks`.
        """

        def count(event: Any) -> None:
            self.by_topic[topic] = self.by_topic.get(topic, 0) + event.total_count_change
            self._on_warning(
                topic,
                f"{event.total_count_change} messages were lost on the way, {self.by_topic[topic]} "
                "so far: the network or this machine does not keep up with the publisher",
            )

        try:
            return create(event_callbacks=SubscriptionEventCallbacks(message_lost=count))
        except UnsupportedEventTypeError:  # a middleware that does not tell
            return create(event_callbacks=SubscriptionEventCallbacks())
