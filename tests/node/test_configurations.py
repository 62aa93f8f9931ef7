# SPDX-License-Identifier: Apache-2.0
"""The real node with every configuration that is shipped, and with any trackers in any order.

Each is started with the arguments that the launch file gives it, fed as its users would, and must
give a body per tick without a fault or a reset.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from geometry_msgs.msg import PoseStamped, TransformStamped
from rclpy.node import Node
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from kinest_ros.body.joints import SLOTS
from kinest_ros.tracking.devices.basis import basis_matrices
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from kinest_ros.tracking.sampling.resampler import first_tick_from, tick_stamp
from tests.node.launching import load, run, stand_in
from tests.node.live import QUEUE, Client, NodeProcess, fill_pose, pose_message, stamp_of, wait_for
from tests.node.managing import reconfigure, reset
from tests.node.performances import START_NS, THREE, sway

pytestmark = pytest.mark.ros

#: 120 frames.
SECONDS, RATE = 2.0, 60.0


def header(frame: TrackerFrame) -> Header:
    return pose_message(next(iter(frame.poses.values())), frame.stamp_ns, frame.frame_id).header


class Sender:
    """Publishes frames as a route's users do; `slots` are those it sends."""

    slots = SLOTS

    def __init__(self, node: Node) -> None:
        self.node, self.publishers = node, []

    def publisher(self, kind: type, topic: str):
        self.publishers.append(self.node.create_publisher(kind, topic, QUEUE))
        return self.publishers[-1]

    def close(self) -> None:
        for publisher in self.publishers:
            self.node.destroy_publisher(publisher)


class Topics(Sender):
    """PoseStamped, a topic per tracker."""

    def __init__(self, node: Node, slots: tuple[str, ...] = SLOTS, basis: str = "ros") -> None:
        super().__init__(node)
        self.slots, self._bases = slots, basis_matrices(basis)
        self._topics = {slot: self.publisher(PoseStamped, f"/kinest/{slot}/pose") for slot in slots}

    def send(self, frame: TrackerFrame) -> None:
        points, vectors = self._bases
        for slot, pose in frame.poses.items():
            turned = [*(vectors.T @ pose.quaternion[:3]), pose.quaternion[3]]
            sent = TrackerPose(points.T @ np.asarray(pose.position), turned)
            self._topics[slot].publish(pose_message(sent, frame.stamp_ns, frame.frame_id))


class Transforms(Sender):
    """Frames <slot>_tracker on /tf."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._tf = self.publisher(TFMessage, "/tf")

    def send(self, frame: TrackerFrame) -> None:
        transforms = []
        for slot, pose in frame.poses.items():
            message = TransformStamped(header=header(frame), child_frame_id=f"{slot}_tracker")
            place, turn = message.transform.translation, message.transform.rotation
            place.x, place.y, place.z = map(float, pose.position)
            turn.x, turn.y, turn.z, turn.w = map(float, pose.quaternion)
            transforms.append(message)
        self._tf.publish(TFMessage(transforms=transforms))


class Mocap(Sender):
    """Rigid bodies called by their slots on /poses."""

    def __init__(self, node: Node) -> None:
        kinds = pytest.importorskip(
            "motion_capture_tracking_interfaces.msg", reason="for tests, make setup builds it"
        )
        super().__init__(node)
        self._one, self._all = kinds.NamedPose, kinds.NamedPoseArray
        self._poses = self.publisher(kinds.NamedPoseArray, "/poses")

    def send(self, frame: TrackerFrame) -> None:
        poses = []
        for slot, pose in frame.poses.items():
            poses.append(self._one(name=slot))
            fill_pose(poses[-1].pose, pose)
        self._poses.publish(self._all(header=header(frame), poses=poses))


SENDERS: dict[str, Callable[[Node], Sender]] = {
    "": Topics,
    "openxr": lambda node: Topics(node, THREE, "openxr"),
    "vive_tf": Transforms,
    "mocap": Mocap,
    "bag": Topics,
}


def together(frames: Iterable[TrackerFrame]) -> list[TrackerFrame]:
    """Frames with all the poses of their time."""
    whole: dict[int, TrackerFrame] = {}
    for frame in frames:
        before = whole.get(frame.stamp_ns, frame)
        whole[frame.stamp_ns] = replace(frame, poses={**before.poses, **frame.poses})
    return list(whole.values())


def values(client: Client) -> dict[str, str]:
    """Values of the newest status of the body, from after this call."""
    client.diagnostics.clear()
    wait_for(lambda: bool(client.diagnostics), 20.0)
    return {pair.key: pair.value for pair in client.diagnostics[-1].status[0].values}


def assert_tracks(client: Client, send: Callable[[TrackerFrame], None], slots: tuple[str, ...]):
    """Feed 120 frames of some trackers; each tick has a body with all of them, and no fault."""
    resets = values(client)["resets"]
    client.clear()
    frames = together(sway(SECONDS, RATE, slots=slots))
    assert len(frames) == 120
    client.feed(frames, send)
    first, last = first_tick_from(frames[0].stamp_ns), first_tick_from(frames[-1].stamp_ns + 1) - 1
    stamps = [stamp_of(body) for body in client.bodies]
    assert stamps == [tick_stamp(tick) for tick in range(first, last + 1)]
    for body in client.bodies:
        assert list(body.tracker_valid) == [slot in slots for slot in SLOTS]
    heard = list(client.diagnostics)
    after = values(client)
    assert (after["faults"], after["resets"]) == ("0", resets)
    for message in heard:
        for status in message.status:
            assert "another time" not in status.message and "faults" not in status.message


@pytest.mark.parametrize("route", SENDERS)
def test_every_route_of_the_launch_file(
    route: str,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    launched = load()
    assert set(SENDERS) == {"", *launched.ROUTES}
    with monkeypatch.context() as patch:
        stand_in(patch)
        given = run(launched, route=route).kinest.given
    *files, own = given["parameters"]
    assert own.keys() <= {"autostart"}
    arguments = [part for file in files for part in ("--params-file", file)]
    for topic, other in given["remappings"]:
        arguments += ["-r", f"{topic}:={other}"]
    sender = SENDERS[route](client.node)
    try:
        with NodeProcess("autostart:=true", "device:=cpu", arguments=arguments) as node:
            node.wait_for_log("]: active")
            client.wait_matched(sender.publishers)
            settle_in(client, sender)
            assert_tracks(client, sender.send, sender.slots)
            assert "Traceback" not in node.log
    finally:
        sender.close()
        client.wait_unmatched()


def settle_in(client: Client, sender: Sender) -> None:
    """Send until a body has all trackers: our seeing the node does not mean that it sees us."""
    pose = {
        slot: frame.poses[slot]
        for frame in sway(0.01, 100.0, slots=sender.slots)
        for slot in frame.poses
    }
    sent = iter(range(10_000))

    def heard() -> bool:
        stamp = START_NS + next(sent) * 20_000_000
        sender.send(TrackerFrame(stamp, pose))
        wanted = [slot in sender.slots for slot in SLOTS]
        return any(list(body.tracker_valid) == wanted for body in client.bodies)

    wait_for(heard, 20.0)
    reset(client)


@pytest.fixture(scope="module")
def node(ros_domain: int) -> Iterator[NodeProcess]:
    with NodeProcess("autostart:=true", "device:=cpu") as process:
        process.wait_for_log("]: active")
        yield process


@pytest.mark.parametrize(
    "trackers",
    [
        ["head"],
        ["head", "left_hand", "right_hand"],
        ["right_hand", "left_hand", "head"],
        ["right_foot", "head", "left_hand", "left_foot", "right_hand", "pelvis"],
    ],
    ids=",".join,
)
def test_any_trackers_in_any_order(trackers: list[str], node: NodeProcess, client: Client) -> None:
    sender = Topics(client.node, tuple(trackers))
    try:
        reconfigure(client, trackers=trackers)
        client.wait_matched(sender.publishers)
        settle_in(client, sender)
        assert_tracks(client, sender.send, sender.slots)
    finally:
        sender.close()
