# SPDX-License-Identifier: Apache-2.0
"""The node at its defaults, when poses come in bursts, get lost, or come from two bridges."""

import signal
from collections.abc import Iterator
from itertools import groupby

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from rclpy.context import Context

from kinest_ros.tracking.frame import TrackerFrame
from kinest_ros.tracking.sampling.resampler import first_tick_from
from tests.node.live import Client, NodeProcess, pose_message, stamp_of, wait_for
from tests.node.managing import reset
from tests.node.performances import START_NS, THREE, sway

pytestmark = pytest.mark.ros

HEAD = "/kinest/head/pose"


@pytest.fixture(scope="module")
def node(ros_domain: int) -> Iterator[NodeProcess]:
    with NodeProcess("autostart:=true", "device:=cpu", "stature:=1.7") as process:
        process.wait_for_log("]: active")
        yield process


@pytest.fixture
def fresh(node: NodeProcess, client: Client) -> Client:
    """The client, heard by a node that has just been reset."""
    client.wait_matched()
    poses = {slot: pose for frame in sway(0.01, 100.0) for slot, pose in frame.poses.items()}
    client.wait_heard(TrackerFrame(START_NS, poses))
    reset(client)
    return client


def publish(client: Client, frames) -> None:
    for frame in frames:
        for slot, pose in frame.poses.items():
            client._publishers[slot].publish(pose_message(pose, frame.stamp_ns, frame.frame_id))


def status(client: Client) -> DiagnosticStatus:
    """The body's status in the next diagnostics."""
    client.diagnostics.clear()
    wait_for(lambda: bool(client.diagnostics), 20.0)
    return client.diagnostics[-1].status[0]


def warns(found: DiagnosticStatus) -> bool:
    return found.level >= DiagnosticStatus.WARN


def value(client: Client, key: str) -> str:
    return {pair.key: pair.value for pair in status(client).values}[key]


@pytest.mark.parametrize("burst", [0.1, 0.4])
def test_all_poses_of_a_burst_are_taken(fresh: Client, burst: float) -> None:
    frames = list(sway(4.0, 90.0))
    for _, bundle in groupby(frames, lambda f: (f.stamp_ns - START_NS) // round(burst * 1e9)):
        due = list(bundle)
        publish(fresh, due)
        # The bursts follow each other as the node gets done with them: the machine may be busy.
        last = first_tick_from(due[-1].stamp_ns - 60_000_000) - 1
        wait_for(lambda last=last: newest(fresh) >= last, 20.0)
    fresh.settle()
    ticks = [first_tick_from(stamp_of(body) - 10_000) for body in fresh.bodies]
    assert ticks == list(range(ticks[0], first_tick_from(frames[-1].stamp_ns + 1)))
    assert ticks[0] <= first_tick_from(START_NS) + 1
    assert all(list(body.tracker_valid[:3]) == [True] * 3 for body in fresh.bodies[2:])
    assert value(fresh, "lost by DDS") == "0"


def newest(client: Client) -> int:
    return first_tick_from(stamp_of(client.bodies[-1]) - 10_000) if client.bodies else 0


def test_two_publishers_of_a_pose_topic_are_named(
    fresh: Client, node: NodeProcess, ros_domain: int
) -> None:
    assert "publishers send" not in status(fresh).message
    elsewhere = Context()
    rclpy.init(context=elsewhere, domain_id=ros_domain)
    try:
        bridge = rclpy.create_node("old_bridge", context=elsewhere, namespace="/vr")
        bridge.create_publisher(PoseStamped, HEAD, 10)
        wait_for(lambda: "old_bridge" in node.log, 30.0)
        (line,) = [line for line in node.log.splitlines() if "old_bridge" in line]
        for part in ("WARN", HEAD, "/test_client and /vr/old_bridge", "stop all but one"):
            assert part in line
        publish(fresh, sway(0.5))
        said = f"{HEAD}: 2 publishers send it, /test_client and /vr/old_bridge"
        wait_for(lambda: said in (found := status(fresh)).message and warns(found), 60.0)
    finally:
        rclpy.shutdown(context=elsewhere)
    wait_for(lambda: "publishers send" not in status(fresh).message, 60.0)


def test_a_second_publisher_of_the_same_node_is_named(fresh: Client, node: NodeProcess) -> None:
    mark = len(node.log)
    second = fresh.node.create_publisher(PoseStamped, HEAD, 10)
    try:
        wait_for(lambda: "/test_client (2 times)" in node.log[mark:], 30.0)
        publish(fresh, sway(0.5))
        said = f"{HEAD}: 2 publishers send it, /test_client (2 times)"
        wait_for(lambda: said in status(fresh).message, 60.0)
    finally:
        fresh.node.destroy_publisher(second)
    wait_for(lambda: "publishers send" not in status(fresh).message, 60.0)


def test_what_is_lost_on_the_way_is_counted(fresh: Client, node: NodeProcess) -> None:
    publish(fresh, sway(0.5))
    fresh.settle()
    node.process.send_signal(signal.SIGSTOP)
    try:
        # Far more than the shared memory between two processes holds.
        publish(fresh, list(sway(60.0)))
    finally:
        node.process.send_signal(signal.SIGCONT)
    publish(fresh, sway(0.5, start_ns=START_NS + 61 * 10**9))
    fresh.settle()
    lost = dict(part.rsplit(" ", 1) for part in value(fresh, "lost by DDS").split(", "))
    assert set(lost) == {f"/kinest/{slot}/pose" for slot in THREE}
    assert all(int(count) > 100 for count in lost.values())
    assert "messages were lost on the way" in node.log
