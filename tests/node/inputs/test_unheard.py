# SPDX-License-Identifier: Apache-2.0
"""Which trackers an input awaits, and what it says of one that never came."""

from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import rclpy
from geometry_msgs.msg import Pose, PoseWithCovarianceStamped, TransformStamped
from rclpy.context import Context
from rclpy.node import Node
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from kinest_ros.decoding.options import InputOptions
from kinest_ros.msg import Tracker, TrackerArray
from kinest_ros.node.inputs.registry import create_input
from kinest_ros.node.inputs.source import InputSource
from tests.node.live import wait_for

pytestmark = pytest.mark.ros


@pytest.fixture(scope="module")
def context(ros_domain: int) -> Iterator[Context]:
    context = Context()
    rclpy.init(context=context, domain_id=ros_domain)
    yield context
    rclpy.shutdown(context=context)


@pytest.fixture
def node(context: Context) -> Iterator[Node]:
    remapped = ["--ros-args", "-r", "~/left_foot/pose:=/misspelt"]
    node = rclpy.create_node("kinest", context=context, cli_args=remapped)
    yield node
    node.destroy_node()


def started(node: Node, name: str, **options: object) -> InputSource:
    source = create_input(name, node, InputOptions(**options), lambda *_: None, print)
    source.start()
    return source


def test_hands_are_awaited_and_what_the_user_gave_a_name_or_a_topic(node: Node) -> None:
    assert started(node, "odometry").awaited() == ("left_hand", "right_hand")
    assert started(node, "pose").awaited() == ("left_hand", "right_hand", "left_foot")
    options = {"trackers": ("head", "right_hand", "pelvis"), "sources": {"pelvis": "belt"}}
    assert started(node, "tf", **options).awaited() == ("right_hand", "pelvis")


def test_a_topic_of_its_own_is_looked_at(node: Node, ros_domain: int) -> None:
    source = started(node, "pose")
    assert source.why_unheard("left_hand") == "nobody publishes /kinest/left_hand/pose"
    assert source.why_unheard("left_foot") == "nobody publishes /misspelt"
    elsewhere = Context()  # within one, a topic has one type
    rclpy.init(context=elsewhere, domain_id=ros_domain)
    bridge = rclpy.create_node("bridge", context=elsewhere)
    bridge.create_publisher(PoseWithCovarianceStamped, "/kinest/left_hand/pose", 1)
    wait_for(lambda: "expected as" in source.why_unheard("left_hand"), 10.0)
    assert source.why_unheard("right_hand") == "nobody publishes /kinest/right_hand/pose"
    rclpy.shutdown(context=elsewhere)


def test_an_array_without_the_slot(node: Node) -> None:
    source = started(node, "tracker_array")
    assert source.why_unheard("left_hand") == "nobody publishes /kinest/trackers"
    trackers = [Tracker(slot="head", valid=True, pose=Pose()), Tracker(slot="left_hand")]
    source._on_message("trackers", "/kinest/trackers", TrackerArray(trackers=trackers))
    assert "no valid tracker of the slot 'left_hand'" in source.why_unheard("left_hand")


def test_other_names_and_names_that_are_not_valid(node: Node) -> None:
    kind = pytest.importorskip("teleop_ros2_interfaces.msg", reason="make setup builds it")
    source = started(node, "isaac_teleop")
    assert source.why_unheard("left_hand") == "nobody publishes /kinest/poses"
    source._on_message(
        "poses",
        "/kinest/poses",
        kind.NamedPoseArray(name=["left", "Right"], pose=[Pose()] * 2, is_valid=[False, True]),
    )
    why = "/kinest/poses: 'left' is present, but has no valid pose"
    assert source.why_unheard("left_hand") == why
    assert "called 'right'; there are 'Right', 'left'" in source.why_unheard("right_hand")


def test_frames_that_are_not_there(node: Node) -> None:
    source = started(node, "tf")
    header = Header(frame_id="world")
    source._on_message(
        "/tf",
        "/tf",
        TFMessage(transforms=[TransformStamped(header=header, child_frame_id="head_tracker")]),
    )
    text = source.why_unheard("left_hand")
    assert "no frame 'left_hand_tracker' on /tf; there are head_tracker, world" in text
