# SPDX-License-Identifier: Apache-2.0
"""A hand that never comes, by a misspelt topic or of another kind, is named over DDS."""

from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseWithCovarianceStamped

from tests.node.live import Client, NodeProcess, published, wait_for
from tests.node.performances import sway

pytestmark = pytest.mark.ros

HEARD = ("head", "right_hand")


@pytest.fixture(scope="module")
def node(ros_domain: int) -> Iterator[NodeProcess]:
    with NodeProcess("autostart:=true", "device:=cpu") as process:
        process.wait_for_log("active")
        yield process


@pytest.fixture(scope="module")
def fed(node: NodeProcess, client: Client) -> Iterator[Client]:
    """The client, sending head and right hand at their own pace; nobody else sends any hand."""
    client.node.destroy_publisher(client._publishers.pop("left_hand"))
    client.wait_matched()
    with published(client, sway(120.0, rate=60.0, slots=HEARD)):
        yield client


def body(client: Client) -> DiagnosticStatus:
    """The newest status of the body."""
    wait_for(lambda: bool(client.diagnostics), 10.0)
    return client.diagnostics[-1].status[0]


def test_it_is_a_warning_with_the_reason_and_the_body_goes_on(
    fed: Client, node: NodeProcess
) -> None:
    wait_for(lambda: "left_hand" in body(fed).message, 30.0)
    status = body(fed)
    assert status.level == DiagnosticStatus.WARN
    why = "nobody publishes /kinest/left_hand/pose"
    expected = f"tracking without left_hand (never received: {why})"
    assert status.message == expected  # pelvis and feet are no loss
    node.wait_for_log(f"left_hand was never received: {why}", 5.0)
    fed.bodies.clear()
    wait_for(lambda: len(fed.bodies) > 30, 10.0)


def test_the_reason_follows_the_graph(fed: Client) -> None:
    other = fed.node.create_publisher(PoseWithCovarianceStamped, "/kinest/left_hand/pose", 1)
    wait_for(lambda: "expected as geometry_msgs/msg/PoseStamped" in body(fed).message, 20.0)
    fed.node.destroy_publisher(other)
    wait_for(lambda: "nobody publishes" in body(fed).message, 20.0)
