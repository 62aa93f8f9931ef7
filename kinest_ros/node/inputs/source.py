# SPDX-License-Identifier: Apache-2.0
"""What all input sources have in common: subscriptions that come and go, and their silence."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import InvalidQosOverridesError, QoSOverridingOptions
from rclpy.subscription import Subscription

from kinest_ros.body.joints import HAND_SLOTS, SLOTS
from kinest_ros.decoding.options import InputOptions
from kinest_ros.errors import KinestError
from kinest_ros.node.inputs.callbacks import OnFrame, OnWarning
from kinest_ros.node.inputs.lost_messages import LostMessages
from kinest_ros.node.inputs.rivals import Rivals
from kinest_ros.node.inputs.silence import explain_silence
from kinest_ros.tracking.body_pose import BodyPose

#: Everybody has them: if nothing comes from one, the user should know.
HANDS = SLOTS[HAND_SLOTS]


class InputSource(ABC):
    """Turns messages of one kind into tracker frames.

    All callbacks run in the node's executor. Frames go on as they come, in the axes they come in;
    order, duplicates, gaps and bad values are for those behind.
    """

    def __init__(
        self,
        node: Node,
        options: InputOptions,
        on_frame: OnFrame,
        on_warning: OnWarning,
        prefix: str,
    ) -> None:
        """Keep what is needed to subscribe; nothing is on the network before `start`.

        Args:
            node: subscribes.
            options: which trackers, and how.
            on_frame: takes each frame and the topic it came from.
            on_warning: takes a topic and what is wrong with it.
            prefix: what the names of the input's own topics begin with, such as "~/".
        """
        self._node = node
        self._options = options
        self._on_frame = on_frame
        self._on_warning = on_warning
        self._prefix = prefix
        self._subscriptions: list[Subscription] = []
        self._lost = LostMessages(on_warning)
        self._rivals = Rivals(node, on_warning)

    @abstractmethod
    def start(self) -> None:
        """Subscribe."""

    def stop(self) -> None:
        """Leave the network and forget what was received."""
        while self._subscriptions:
            self._node.destroy_subscription(self._subscriptions.pop())

    def missing(self, head_heard: bool) -> str | None:
        """Return what the user should know about trackers that do not come, if there is anything.

        Asked about once a second. By default, an explanation of the silence of the head, which is
        taken to come from the first topic subscribed to.

        Args:
            head_heard: whether poses of the head have come of late.
        """
        if head_heard or not self._subscriptions:
            return None
        first = self._subscriptions[0]
        return explain_silence(self._node, first.topic_name, first.msg_type)

    @property
    def lost(self) -> dict[str, int]:
        """Messages that DDS lost on their way, by topic."""
        return self._lost.by_topic

    def conflicts(self) -> list[str]:
        """Return what of the input contradicts itself at present; asked about once a second.

        By default, topics with several publishers.
        """
        return self._rivals.among(s.topic_name for s in self._subscriptions)

    def show(self, body: BodyPose) -> None:  # noqa: B027 - most sources have nobody to show it to
        """Show a body that was published to whoever wears the trackers."""

    def facts(self) -> Mapping[str, str]:
        """Return what the body's diagnostics are to say of the source besides."""
        return {}

    def awaited(self) -> tuple[str, ...]:
        """Return the slots, besides the head, whose absence the user should know of.

        Pelvis and feet, in use by default, are trackers that few people wear: they are awaited only
        where the user has said what theirs are called.
        """
        used, named = self._options.trackers, self._options.sources
        return tuple(slot for slot in used if slot in HANDS or (slot in named and slot != "head"))

    def why_unheard(self, slot: str) -> str:
        """Return why nothing ever came from a tracker, as far as can be told, naming its topic.

        By default, what the graph says of the first topic subscribed to.

        Args:
            slot: one of those in use.
        """
        return self._why_silent(self._subscriptions[0]) if self._subscriptions else "not subscribed"

    def _why_silent(self, subscription: Subscription) -> str:
        topic = subscription.topic_name
        explained = explain_silence(self._node, topic, subscription.msg_type)
        return explained or f"no pose of it on {topic}, although that is published"

    def _topic(self, name: str) -> str:
        """Return the full name of one of our topics, as remapped."""
        return self._node.resolve_topic_name(self._prefix + name)

    def _subscribe(
        self,
        kind: type,
        topic: str,
        callback: Callable[[Any], None],
        least_depth: int = 1,
        latched: bool = False,
    ) -> None:
        """Subscribe with the chosen quality of service, which parameters may override.

        Raises:
            KinestError: an override that is no quality of service.
        """

        def heard(message: Any) -> None:
            # Those that wait when we stop listening are handed on all the same.
            if self._subscriptions:
                callback(message)

        options = self._options
        reliable = latched or options.qos_reliability == "reliable"
        qos = QoSProfile(
            depth=max(options.qos_depth, least_depth),
            reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
            durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
        )
        try:
            subscription = self._lost.subscribe(
                topic,
                functools.partial(
                    self._node.create_subscription,
                    kind,
                    topic,
                    heard,
                    qos,
                    qos_overriding_options=QoSOverridingOptions.with_default_policies(),
                ),
            )
        except (RuntimeError, ValueError, InvalidQosOverridesError) as error:
            raise KinestError(
                f"{topic}: cannot subscribe: {error}. Quality of service is set by the parameters "
                f"qos_overrides.{topic}.subscription.reliability (reliable, best_effort), .depth "
                "and .history (keep_last, keep_all)"
            ) from error
        self._subscriptions.append(subscription)
