# SPDX-License-Identifier: Apache-2.0
"""`robot: topic`, live: the description comes latched from another node, late, or is bad."""

import re

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")
pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")
pytest.importorskip("trajectory_msgs", reason="needs ros-trajectory-msgs")

import rclpy
from rclpy.context import Context
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String

from kinest_ros.retarget.own_robot.descriptions import own_robot_urdf
from tests.node.live import wait_for
from tests.node.retarget.stage import Listener, RobotProcess, body_messages
from tests.retarget.robots import performed

pytestmark = pytest.mark.ros

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
ROBOT = re.sub(r'(<robot [^>]*name=)"[^"]*"', r'\1"described"', own_robot_urdf().strip())


class Describer:
    """Another node that latches a robot's description, as robot_state_publisher does."""

    def __init__(self, domain: int) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self._node = rclpy.create_node("robot_state_publisher", context=self._context)
        self._publisher = self._node.create_publisher(String, "/robot_description", LATCHED)

    def describe(self, text: str) -> None:
        """Latch a text."""
        self._publisher.publish(String(data=text))

    def close(self) -> None:
        """Leave the network."""
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)


@pytest.fixture
def describer(ros_domain):
    describer = Describer(ros_domain)
    yield describer
    describer.close()


def test_a_description_that_was_latched_before(ros_domain, describer):
    describer.describe(ROBOT)
    listener = Listener(ros_domain)
    bodies = body_messages(performed("walking", 1.0))
    try:
        with RobotProcess("autostart:=true", "robot:=topic") as robot:
            robot.wait_for_log("]: active")
            assert "configured: described, 29 joints" in robot.log
            wait_for(lambda: listener.bodies.get_subscription_count() > 0, 20.0)
            wait_for(lambda: listener.send(bodies[:1]) or bool(listener.joint_states), 20.0)
            wait_for(lambda: bool(listener.descriptions), 20.0)
            assert listener.descriptions[-1].data == ROBOT
            assert robot.stop() == 0
    finally:
        listener.close()


def test_one_that_comes_late_after_two_that_are_bad(describer):
    with RobotProcess("autostart:=true", "robot:=topic") as robot:
        robot.wait_for_log("waiting for the robot's description on /robot_description")
        assert "active" not in robot.log
        for bad, reason in (
            ("<robot name='cut off'><link", "is not valid XML"),
            ("<robot name='box'><link name='box'/></robot>", "the description has no joints"),
        ):
            describer.describe(bad)
            robot.wait_for_log(reason)
            robot.wait_for_log("waiting for another")
            assert robot.process.poll() is None
        describer.describe(ROBOT)
        robot.wait_for_log("configured: described")
        robot.wait_for_log("]: active")
        assert robot.stop() == 0
