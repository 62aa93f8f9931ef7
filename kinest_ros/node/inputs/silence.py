# SPDX-License-Identifier: Apache-2.0
"""Why nothing arrives on a topic, as far as the ROS graph can tell."""

from __future__ import annotations

import difflib

from rclpy.node import Node
from rclpy.qos import ReliabilityPolicy

#: Topics that are named at most, of those that might be meant.
MOST_TOPICS = 6


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
    wanted = f"{kind.__module__.split('.')[0]}/msg/{kind.__name__}"
    if not publishers:
        return f"nobody publishes {topic}{_elsewhere(node, topic, wanted)}"
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


def _elsewhere(node: Node, topic: str, wanted: str) -> str:
    """Return where messages of the expected type are published that nobody here listens to."""
    heard = {subscription.topic_name for subscription in node.subscriptions}
    own = {publisher.topic_name for publisher in node.publishers}
    found = [
        name
        for name, types in node.get_topic_names_and_types()
        if wanted in types and name not in heard | own and node.count_publishers(name)
    ]
    found.sort(key=lambda name: -difflib.SequenceMatcher(None, name, topic).ratio())
    if not found:
        return ""
    more = ", ..." if len(found) > MOST_TOPICS else ""
    return (
        f"; there is {', '.join(found[:MOST_TOPICS])}{more} of its type: to listen to another "
        f"topic, -r {topic}:=/NAME"
    )
