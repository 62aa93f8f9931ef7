# SPDX-License-Identifier: Apache-2.0
"""Why nothing arrives on a topic, as far as the ROS graph can tell."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.qos import ReliabilityPolicy


def explain_silence(node: Node, topic: str, kind: type) -> str | None:
    """Return what keeps messages from arriving, or None if the topic looks all right.

    Args:
        node: has the subscription.
        topic: fully resolved name.
        kind: message class that is expected.
    """
    own = (node.get_name(), node.get_namespace())
    # On /tf there is always one: ourselves, with the body.
    publishers = [
        publisher
        for publisher in node.get_publishers_info_by_topic(topic)
        if (publisher.node_name, publisher.node_namespace) != own
    ]
    if not publishers:
        return f"nobody publishes {topic}"
    wanted = f"{kind.__module__.split('.')[0]}/msg/{kind.__name__}"
    types = sorted({publisher.topic_type for publisher in publishers})
    if wanted not in types:
        return (
            f"{topic} is published as {', '.join(types)} and expected as {wanted}: "
            "set the parameter input to the kind you have"
        )
    reliable = any(
        subscription.qos_profile.reliability == ReliabilityPolicy.RELIABLE
        for subscription in node.get_subscriptions_info_by_topic(topic)
        if (subscription.node_name, subscription.node_namespace) == own
    )
    if reliable and all(
        publisher.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT
        for publisher in publishers
    ):
        return (
            f"{topic} is published as best effort, but reliable is requested: "
            "set qos_reliability to best_effort"
        )
    return None
