# SPDX-License-Identifier: Apache-2.0
"""What waits in the executor when a node is taken down is handed on all the same, to nobody."""

import time
from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import rclpy
from geometry_msgs.msg import PoseStamped
from rclpy.executors import Executor
from std_msgs.msg import Empty

from kinest_ros.node.background import Background
from kinest_ros.node.kinest_node import KinestNode
from kinest_ros.node.spinning import best_executor
from tests.node.performances import START_NS, sway
from tests.node.pose_messages import pose_message

pytestmark = pytest.mark.ros


@pytest.fixture
def executor(ros_domain: int) -> Iterator[Executor]:
    """One as the node's, in a context of ROS."""
    rclpy.init(domain_id=ros_domain, args=["--ros-args", "-p", "device:=cpu"])
    executor = best_executor()
    yield executor
    executor.shutdown()
    rclpy.try_shutdown()


def spin(executor: Executor, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        executor.spin_once(timeout_sec=0.05)


def test_diagnostics_that_are_due_when_the_node_is_cleaned_up(executor: Executor) -> None:
    node, other = KinestNode(), rclpy.create_node("other")
    executor.add_node(node)
    done: list[object] = []
    subscription = node.create_subscription(
        Empty, "/now", lambda message: done.append(node.trigger_cleanup()), 10
    )
    publisher = other.create_publisher(Empty, "/now", 10)
    node.trigger_configure()
    while publisher.get_subscription_count() < 1:
        spin(executor, 0.1)
    publisher.publish(Empty())
    time.sleep(1.2)  # both are due, and nobody has spun
    spin(executor, 0.5)  # raises what the timer's callback raises
    assert len(done) == 1
    assert subscription is not None
    node.destroy_node()


def test_poses_that_wait_when_the_node_is_shut_down(
    executor: Executor, capfd: pytest.CaptureFixture[str]
) -> None:
    node, other = KinestNode(), rclpy.create_node("other")
    executor.add_node(node)
    node.trigger_configure()
    node.trigger_activate()
    publisher = other.create_publisher(PoseStamped, "/kinest/head/pose", 100)
    while publisher.get_subscription_count() < 1:
        spin(executor, 0.1)
    for frame in sway(1.0, slots=("head",), start_ns=START_NS):
        publisher.publish(pose_message(frame.poses["head"], frame.stamp_ns, "world"))
    time.sleep(0.5)  # they are there, and nobody has spun
    executor.create_task(node.trigger_shutdown)
    spin(executor, 1.0)
    said = capfd.readouterr()
    assert "internal error" not in said.err + said.out
    node.destroy_node()


def test_a_job_that_is_forgotten_while_its_result_waits(executor: Executor) -> None:
    node, results = rclpy.create_node("busy"), []
    executor.add_node(node)
    background = Background(node)
    background.start(lambda: "old", results.append)
    look = background._timer.callback
    time.sleep(0.1)
    background.forget()
    look()
    assert results == [] and not background.busy
    node.destroy_node()
