# SPDX-License-Identifier: Apache-2.0
"""What the running node puts on /tf, and the URDFs that go with it."""

import xml.etree.ElementTree as ET

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import rclpy
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String

from kinest_ros.human_description.link_transforms import link_frame_names
from kinest_ros.node.kinest_node import KinestNode
from kinest_ros.node.parameters.node_parameters import NodeParameters
from kinest_ros.node.parameters.ros_parameters import read_parameters
from tests.node.live import Client, NodeProcess, wait_for

pytestmark = pytest.mark.ros


@pytest.mark.parametrize(
    ("given", "meant"),
    [("root", "root"), ("all", "all"), ("none", "none"), ("true", "all"), ("false", "none")],
)
def test_old_parameter_files_still_mean_the_same(ros_domain: int, given: str, meant: str) -> None:
    """They say true or false, which ROS 2 takes for another type."""
    rclpy.init(args=["--ros-args", "-p", f"publish_tf:={given}"], domain_id=ros_domain)
    try:
        node = KinestNode()
        assert NodeParameters.from_values(read_parameters(node)[0]).publish_tf == meant
        node.destroy_node()
    finally:
        rclpy.try_shutdown()


def test_viewers_get_a_urdf_of_the_links_on_tf(ros_domain: int, client: Client) -> None:
    texts: list[String] = []
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    client.node.create_subscription(String, "/kinest/tf_description", texts.append, latched)
    with NodeProcess("autostart:=true") as node:
        node.wait_for_log("]: active")
        wait_for(lambda: bool(texts), 30.0)
    links = [link.get("name") for link in ET.fromstring(texts[0].data).iter("link")]
    assert links == list(link_frame_names())
