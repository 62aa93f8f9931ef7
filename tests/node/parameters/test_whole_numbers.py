# SPDX-License-Identifier: Apache-2.0
"""Whole numbers where decimal ones are meant: by -p, from a file, and while the node runs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter

from kinest_ros.errors import KinestError
from kinest_ros.node.kinest_node import KinestNode
from kinest_ros.node.parameters.ros_parameters import read_parameters

pytestmark = pytest.mark.ros
Start = Callable[..., Any]


@pytest.fixture
def start(ros_domain: int) -> Iterator[Start]:
    """Make a node whose arguments are those of a command line."""
    nodes: list[Node] = []

    def make(*arguments: str, kind: type[Node] = KinestNode) -> Node:
        rclpy.init(args=["--ros-args", *arguments], domain_id=ros_domain)
        nodes.append(kind())
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()
    if rclpy.ok():
        rclpy.shutdown()


def test_on_the_command_line(start: Start) -> None:
    node = start("-p", "stature:=2", "-p", "mount.head.xyz:=[0, 0, 0]", "-p", "qos_depth:=7")
    values, _ = read_parameters(node)
    assert (values["stature"], values["qos_depth"]) == (2.0, 7)
    assert isinstance(values["stature"], float)
    assert list(values["mount.head.xyz"]) == [0.0, 0.0, 0.0]


def test_in_a_file_also_for_one_of_several_bodies(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "/**:\n  ros__parameters:\n    bodies: [anna, ben]\n    tracker_timeout: 1\n"
        "    anna.stature: 2\n    ben:\n      stature: 1\n"
    )
    values, own = read_parameters(start("--params-file", str(path)))
    assert values["tracker_timeout"] == 1.0
    assert (own["anna"]["stature"], own["ben"]["stature"]) == (2.0, 1.0)


def test_while_the_node_runs(start: Start) -> None:
    node = start()
    if not hasattr(node, "add_pre_set_parameters_callback"):
        pytest.skip("this rclpy has no callback that could change a value; since ROS 2 Iron")
    kinds = Parameter.Type
    (done,) = node.set_parameters([Parameter("stature", kinds.INTEGER, 2)])
    assert done.successful, done.reason
    assert node.get_parameter("stature").type_ is kinds.DOUBLE
    (done,) = node.set_parameters([Parameter("stature", kinds.INTEGER, 3)])
    assert not done.successful and "range" in done.reason
    (done,) = node.set_parameters([Parameter("stature", kinds.STRING, "2")])
    assert not done.successful


def test_of_the_robot(start: Start) -> None:
    pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")
    from kinest_ros.node.retarget.retarget_node import RetargetNode

    node = start("-p", "rate:=30", "-p", "zmq_version:=3", kind=RetargetNode)
    assert node.get_parameter("rate").value == 30.0
    assert node.get_parameter("zmq_version").value == 3


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("stature:=9", r"must lie in \[0.0, 2.5\]"),
        ("stature:=true", "decimal number"),
        ("mount.head.xyz:=[true]", "list of decimal numbers"),
        ("qos_depth:=7.0", "integer"),
        ("calibration:=007", "type string, and 7 is none: .* -p calibration:='\"...\"'"),
    ],
)
def test_nothing_else_is_bent(start: Start, given: str, reason: str) -> None:
    with pytest.raises(KinestError, match=reason):
        start("-p", given)
