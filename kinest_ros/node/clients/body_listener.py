# SPDX-License-Identifier: Apache-2.0
"""Hears every body that is published, and where its trackers are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from visualization_msgs.msg import MarkerArray

from kinest_ros.msg import FullBodyState
from kinest_ros.node.clients.topic_search import as_they_turn_up
from kinest_ros.node.outputs.tracker_axes import NAMESPACE, decoded

_TYPE = "kinest_ros/msg/FullBodyState"


class Listener(Protocol):
    """Takes what is heard."""

    def trackers(self, name: str, positions: np.ndarray, rotations: np.ndarray) -> None:
        """Take where tracked links were last measured to be, by slot.

        Args:
            name: of the body.
            positions: (6, 3) m; NaN where never.
            rotations: (6, 3, 3) world_from_link; NaN where never.
        """

    def body(
        self,
        name: str,
        positions: np.ndarray,
        confidence: np.ndarray,
        contacts: np.ndarray,
        states: np.ndarray,
        latency: float,
    ) -> None:
        """Take a body."""

    def look(self) -> None:
        """Do what is due."""


def _bodies(topics: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the topics of bodies, but for true ones."""
    for topic, types in topics.items():
        if _TYPE in types and "ground_truth" not in topic:
            yield topic


class BodyListener:
    """Subscribes to every topic with bodies, as they turn up."""

    def __init__(self, node: Node, listener: Listener) -> None:
        """Look for topics once a second, on the node's executor.

        Args:
            node: subscribes.
            listener: takes what is heard.
        """
        self._node, self._listener = node, listener
        node.create_timer(0.1, listener.look)
        as_they_turn_up(node, _bodies, self._hear)

    def _hear(self, topic: str) -> None:
        base = topic.rpartition("/")[0]
        name = base.strip("/").replace("/", " ") or topic.strip("/")
        subscribe = self._node.create_subscription
        on_body = partial(self._on_body, name)
        subscribe(FullBodyState, topic, on_body, qos_profile_sensor_data)
        subscribe(MarkerArray, f"{base}/markers", partial(self._on_markers, name), 5)

    def _on_body(self, name: str, message: Any) -> None:
        positions = np.array([(p.x, p.y, p.z) for p in message.positions])
        self._listener.body(
            name,
            positions,
            np.asarray(message.confidence),
            np.asarray(message.contacts),
            np.asarray(message.tracker_state),
            float(message.latency),
        )

    def _on_markers(self, name: str, message: Any) -> None:
        for marker in message.markers:
            if marker.ns.endswith(NAMESPACE):
                self._listener.trackers(name, *decoded(marker))
