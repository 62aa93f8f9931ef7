# SPDX-License-Identifier: Apache-2.0
"""The topic ~/worn, on a real node."""

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import Bool

from tests.node.live import Client, NodeProcess, published, wait_for
from tests.node.performances import sway

pytestmark = pytest.mark.ros

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def last_word(client: Client) -> str:
    for message in reversed(client.diagnostics):
        for status in message.status:
            if status.name == "kinest: body":
                return status.message
    return ""


@pytest.mark.parametrize("qos", [LATCHED, QoSProfile(depth=1)], ids=["latched", "volatile"])
def test_a_headset_that_is_not_worn_is_silence(client: Client, qos: QoSProfile) -> None:
    publisher = client.node.create_publisher(Bool, "/kinest/worn", qos)
    if qos is LATCHED:
        publisher.publish(Bool(data=False))  # before there is a node
    with NodeProcess("autostart:=true", "device:=cpu") as node:
        node.wait_for_log("active")
        client.wait_matched()
        wait_for(lambda: publisher.get_subscription_count() > 0, 30.0)
        with published(client, sway(600.0)):
            if qos is not LATCHED:
                wait_for(lambda: len(client.bodies) > 10, 60.0)
                publisher.publish(Bool(data=False))
            wait_for(lambda: last_word(client).startswith("headset not worn"), 60.0)
            client.settle()  # topics keep no order among each other
            client.bodies.clear()
            client.diagnostics.clear()
            wait_for(lambda: len(client.diagnostics) > 2, 60.0)
            assert not client.bodies
            assert "offering incompatible QoS" not in node.log
            publisher.publish(Bool(data=True))
            wait_for(lambda: len(client.bodies) > 10, 60.0)
            client.diagnostics.clear()
            wait_for(lambda: bool(last_word(client)), 60.0)
            assert "not worn" not in last_word(client)
    client.node.destroy_publisher(publisher)
    client.clear()
