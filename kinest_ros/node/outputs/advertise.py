# SPDX-License-Identifier: Apache-2.0
"""Publishers of a lifecycle node, made and taken down together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.lifecycle import LifecycleNode, LifecyclePublisher
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.qos_overriding_options import InvalidQosOverridesError, QoSOverridingOptions

from kinest_ros.errors import KinestError

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Advertiser:
    """Makes publishers and takes them down.

    History, depth and reliability of each can be overridden by parameters, as those of any ROS 2
    node that allows it: ``qos_overrides.<topic>.publisher.reliability`` and so on.
    """

    def __init__(self, node: LifecycleNode) -> None:
        self._node = node
        self._publishers: list[Any] = []

    def advertise(self, kind: type, topic: str, qos: QoSProfile | int) -> LifecyclePublisher:
        """Return a publisher that is silent unless the node is active.

        Raises:
            KinestError: an override that is no quality of service.
        """
        publisher: LifecyclePublisher = self._make(
            self._node.create_lifecycle_publisher, kind, topic, qos
        )
        return publisher

    def advertise_always(self, kind: type, topic: str, qos: QoSProfile | int) -> Publisher:
        """Return a publisher that does not ask for the node's state.

        Raises:
            KinestError: an override that is no quality of service.
        """
        publisher: Publisher = self._make(self._node.create_publisher, kind, topic, qos)
        return publisher

    def _make(
        self, create: Callable[..., Any], kind: type, topic: str, qos: QoSProfile | int
    ) -> Any:
        options = QoSOverridingOptions.with_default_policies()
        try:
            publisher = create(kind, topic, qos, qos_overriding_options=options)
        except (RuntimeError, TypeError, ValueError, InvalidQosOverridesError) as error:
            name = self._node.resolve_topic_name(topic)
            raise KinestError(
                f"{name}: cannot publish: {error}. Quality of service is set by the parameters "
                f"qos_overrides.{name}.publisher.reliability (reliable, best_effort), .depth "
                "and .history (keep_last, keep_all)"
            ) from error
        self._publishers.append(publisher)
        return publisher

    def withdraw(self) -> None:
        """Take all of them off the network."""
        while self._publishers:
            # Takes ordinary publishers as well.
            self._node.destroy_lifecycle_publisher(self._publishers.pop())
