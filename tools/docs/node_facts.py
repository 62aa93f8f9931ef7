# SPDX-License-Identifier: Apache-2.0
"""What a real node has on the network, asked from the node itself."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node

from kinest_ros.body.joints import SLOTS
from kinest_ros.node.diagnostics.deadlines import Deadlines
from kinest_ros.node.diagnostics.health import Health
from kinest_ros.node.diagnostics.statuses import diagnostic_array
from kinest_ros.node.diagnostics.timing import Timing
from kinest_ros.node.kinest_node import KinestNode
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from kinest_ros.tracking.stats import TrackerStats

#: Only where hri_msgs is installed; the page must not depend on that.
OPTIONAL = "/humans/bodies/tracked"


@dataclass(frozen=True)
class NodeFacts:
    """Names and types.

    Attributes:
        topics: what is published: name -> (type, quality of service).
        services: name -> type, without those that any lifecycle node has.
        diagnostics: keys of the body's status, of a tracker's, and of the clock's.
    """

    topics: dict[str, tuple[str, str]]
    services: dict[str, str]
    diagnostics: tuple[list[str], ...]


def node_facts() -> NodeFacts:
    """Configure a node with everything switched on, and look."""
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    rclpy.init(args=["--ros-args", "-p", "rep155:=true", "--log-level", "error"])
    try:
        node = KinestNode()
        before = _names(node)
        if node.trigger_configure().name != "SUCCESS":
            sys.exit("error: the node could not be configured, see the line above")
        topics = {
            publisher.topic_name: (_type(publisher.msg_type), _qos(publisher.qos_profile))
            for publisher in node.publishers
            if publisher.topic_name not in {*before, OPTIONAL}
        }
        services = {
            node.resolve_service_name(service.srv_name): _type(service.srv_type)
            for service in node.services
            if node.resolve_service_name(service.srv_name) not in before
        }
        assert node._pipeline is not None
        facts = {"lost by DDS": 0, "faults": 0, **Deadlines().facts(), **node._pipeline.facts}
        diagnostics = _diagnostics(facts)
        node.destroy_node()
    finally:
        rclpy.try_shutdown()
    return NodeFacts(topics, services, diagnostics)


def _names(node: Node) -> set[str]:
    topics = {publisher.topic_name for publisher in node.publishers}
    return topics | {node.resolve_service_name(service.srv_name) for service in node.services}


def _type(kind: type) -> str:
    package, group, *_ = kind.__module__.split(".")
    return f"{package}/{group}/{kind.__name__}"


def _qos(profile: rclpy.qos.QoSProfile) -> str:
    latched = profile.durability == rclpy.qos.DurabilityPolicy.TRANSIENT_LOCAL
    words = [profile.reliability.name.lower().replace("_", " "), f"depth {profile.depth}"]
    return ", ".join([*words, *(["latched"] if latched else [])])


def _diagnostics(facts: dict[str, object]) -> tuple[list[str], ...]:
    health = Health(SLOTS)
    for slot in ("head", "left_hand"):
        health.sample(slot)
    timeouts = dict.fromkeys(SLOTS, 1.0)
    statuses = diagnostic_array("kinest", health.report(), TrackerStats(), timeouts, facts).status
    pose = TrackerPose((0.0, 0.0, 1.0), (0.0, 0.0, 0.0, 1.0))
    timing = Timing(restamp=False, now_ns=lambda: 1)
    for stamp_ns in range(20):
        timing.heard(TrackerFrame(stamp_ns + 1, dict.fromkeys(("head", "left_hand"), pose)))
    timing.annotate(statuses, 0.0)
    body, _, tracker, clock = (_keys(status) for status in statuses)
    return body, tracker, clock


def _keys(status: DiagnosticStatus) -> list[str]:
    return [pair.key for pair in status.values]
