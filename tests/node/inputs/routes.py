# SPDX-License-Identifier: Apache-2.0
"""Senders of the same tracker frames as every kind of message the node can read."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

from geometry_msgs.msg import Pose, PoseStamped, PoseWithCovarianceStamped, TransformStamped
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from kinest_ros.body.joints import SLOTS
from kinest_ros.decoding.transforms import Transform, compose, inverse
from kinest_ros.msg import Tracker, TrackerArray
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.node.live import QUEUE, fill_pose

#: What the trackers are called where they have names, by slot.
NAMES = {slot: f"my_{slot}" for slot in SLOTS}


class Route(ABC):
    """Publishes tracker frames as one kind of message.

    Attributes:
        parameters: of the node, besides `input`.
        publishers: that the node must hear.
    """

    parameters: dict[str, str] = {}  # noqa: RUF012

    def __init__(self, node: Node) -> None:
        self._node = node
        self.publishers: list[Publisher] = []

    def _publisher(self, kind: type, topic: str, qos: QoSProfile | int = QUEUE) -> Publisher:
        publisher = self._node.create_publisher(kind, topic, qos)
        self.publishers.append(publisher)
        return publisher

    @abstractmethod
    def send(self, frame: TrackerFrame) -> None:
        """Publish one frame."""

    def close(self) -> None:
        """Leave the network."""
        for publisher in self.publishers:
            self._node.destroy_publisher(publisher)


class PerTrackerRoute(Route):
    """One topic per tracker."""

    def __init__(self, node: Node, kind: type, suffix: str) -> None:
        super().__init__(node)
        self._kind = kind
        self._by_slot = {slot: self._publisher(kind, f"/kinest/{slot}/{suffix}") for slot in SLOTS}

    def send(self, frame: TrackerFrame) -> None:
        for slot, pose in frame.poses.items():
            message = self._kind(header=_header(frame))
            fill_pose(getattr(message.pose, "pose", message.pose), pose)
            self._by_slot[slot].publish(message)


class TrackerArrayRoute(Route):
    """All slots in each message; those without a pose are not valid, and somewhere absurd."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._trackers = self._publisher(TrackerArray, "/kinest/trackers")

    def send(self, frame: TrackerFrame) -> None:
        absent = TrackerPose((9.0, 9.0, 9.0), (0.0, 0.0, 0.0, 1.0))
        trackers = [
            Tracker(slot=slot, valid=slot in frame.poses, pose=_pose(frame.poses.get(slot, absent)))
            for slot in SLOTS
        ]
        self._trackers.publish(TrackerArray(header=_header(frame), trackers=trackers))


class TfRoute(Route):
    """Each tracker behind a static mount, the hands on a base that moves, all in a static room."""

    parameters = {  # noqa: RUF012
        "tf_fixed_frame": "world",
        **{f"source.{slot}": name for slot, name in NAMES.items()},
    }

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._tf = self._publisher(TFMessage, "/tf")
        self._static = self._publisher(TFMessage, "/tf_static", latched)
        self._room: Transform = (1.0, -2.0, 0.5, 0.0, 0.0, 0.6, 0.8)
        self._mount: Transform = (0.1, 0.0, -0.2, 0.48, 0.0, 0.64, 0.6)
        mounts = [
            _stamped(Header(frame_id=f"{name}_device"), name, self._mount)
            for name in NAMES.values()
        ]
        room = _stamped(Header(frame_id="world"), "room", self._room)
        self._static.publish(TFMessage(transforms=[room, *mounts]))

    def send(self, frame: TrackerFrame) -> None:
        time = frame.stamp_ns * 1e-9 % 100.0
        base = (math.sin(time), 0.3 * time, 0.0, 0.0, 0.0, math.sin(time), math.cos(time))
        stamp = _header(frame).stamp
        transforms = [_stamped(Header(frame_id="room", stamp=stamp), "base", base)]
        for slot, pose in frame.poses.items():
            wanted = (*map(float, pose.position), *map(float, pose.quaternion))
            device = compose(compose(inverse(self._room), wanted), inverse(self._mount))
            parent = "room"
            if "hand" in slot:
                device, parent = compose(inverse(base), device), "base"
            header = Header(frame_id=parent, stamp=stamp)
            # Children before their parents: the order in the message must not matter.
            transforms.insert(0, _stamped(header, f"{NAMES[slot]}_device", device))
        self._tf.publish(TFMessage(transforms=transforms))


class NamedPoseArrayRoute(Route):
    """Names of the user's, among those of others; what is not tracked is left out."""

    parameters = {f"source.{slot}": name for slot, name in NAMES.items()}  # noqa: RUF012

    def __init__(self, node: Node) -> None:
        from motion_capture_tracking_interfaces.msg import NamedPose, NamedPoseArray

        super().__init__(node)
        self._one, self._all = NamedPose, NamedPoseArray
        self._poses = self._publisher(NamedPoseArray, "/kinest/poses")

    def send(self, frame: TrackerFrame) -> None:
        poses = [self._one(name="drone", pose=Pose())]
        poses += [
            self._one(name=NAMES[slot], pose=_pose(pose)) for slot, pose in frame.poses.items()
        ]
        self._poses.publish(self._all(header=_header(frame), poses=poses))


class IsaacTeleopRoute(Route):
    """Head and hands as Isaac Teleop sends them; a hand that is lost is there and not valid."""

    def __init__(self, node: Node) -> None:
        from teleop_ros2_interfaces.msg import NamedPoseArray

        super().__init__(node)
        self._all = NamedPoseArray
        self._poses = self._publisher(NamedPoseArray, "/kinest/poses")
        self._head = self._publisher(PoseStamped, "/kinest/head/pose")

    def send(self, frame: TrackerFrame) -> None:
        if "head" in frame.poses:
            pose = _pose(frame.poses["head"])
            self._head.publish(PoseStamped(header=_header(frame), pose=pose))
        hands = [frame.poses.get(f"{side}_hand") for side in ("left", "right")]
        message = self._all(
            header=_header(frame),
            name=["left", "right"],
            pose=[Pose() if hand is None else _pose(hand) for hand in hands],
            is_valid=[hand is not None for hand in hands],
        )
        self._poses.publish(message)


class RigidBodiesRoute(Route):
    """Named like the slots, the default."""

    def __init__(self, node: Node) -> None:
        from mocap4r2_msgs.msg import Marker, RigidBodies, RigidBody

        super().__init__(node)
        self._one, self._all = RigidBody, RigidBodies
        self._markers = [Marker(marker_index=1)]
        self._bodies = self._publisher(RigidBodies, "/kinest/rigid_bodies")

    def send(self, frame: TrackerFrame) -> None:
        bodies = [
            self._one(rigid_body_name=slot, markers=self._markers, pose=_pose(pose))
            for slot, pose in frame.poses.items()
        ]
        self._bodies.publish(self._all(header=_header(frame), rigidbodies=bodies))


ROUTES: dict[str, Any] = {
    "pose": lambda node: PerTrackerRoute(node, PoseStamped, "pose"),
    "pose_with_covariance": lambda node: PerTrackerRoute(
        node, PoseWithCovarianceStamped, "pose_with_covariance"
    ),
    "odometry": lambda node: PerTrackerRoute(node, Odometry, "odometry"),
    "tracker_array": TrackerArrayRoute,
    "tf": TfRoute,
    "named_pose_array": NamedPoseArrayRoute,
    "isaac_teleop": IsaacTeleopRoute,
    "rigid_bodies": RigidBodiesRoute,
}


def _header(frame: TrackerFrame) -> Header:
    header = Header(frame_id=frame.frame_id)
    header.stamp.sec, header.stamp.nanosec = divmod(frame.stamp_ns, 1_000_000_000)
    return header


def _pose(pose: TrackerPose) -> Pose:
    message = Pose()
    fill_pose(message, pose)
    return message


def _stamped(header: Header, child: str, transform: Transform) -> TransformStamped:
    message = TransformStamped(header=header, child_frame_id=child)
    translation, rotation = message.transform.translation, message.transform.rotation
    translation.x, translation.y, translation.z = transform[:3]
    rotation.x, rotation.y, rotation.z, rotation.w = transform[3:]
    return message
