# SPDX-License-Identifier: Apache-2.0
"""Bags with trackers as every kind of message, without ROS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kinest_ros.bags.types import typestore
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.node.performances import THREE, sway


def new(kind: str, **fields: Any) -> Any:
    """A message of rosbags."""
    package, _, name = kind.partition("/")
    return typestore().types[f"{package}/msg/{name}"](**fields)


def header(stamp_ns: int, frame_id: str = "world") -> Any:
    seconds, rest = divmod(stamp_ns, 1_000_000_000)
    return new(
        "std_msgs/Header",
        stamp=new("builtin_interfaces/Time", sec=seconds, nanosec=rest),
        frame_id=frame_id,
    )


def pose(tracker: TrackerPose) -> Any:
    x, y, z = map(float, tracker.position)
    qx, qy, qz, qw = map(float, tracker.quaternion)
    return new(
        "geometry_msgs/Pose",
        position=new("geometry_msgs/Point", x=x, y=y, z=z),
        orientation=new("geometry_msgs/Quaternion", x=qx, y=qy, z=qz, w=qw),
    )


def transform(parent: str, child: str, stamp_ns: int, tracker: TrackerPose) -> Any:
    at = pose(tracker)
    p = at.position
    return new(
        "geometry_msgs/TransformStamped",
        header=header(stamp_ns, parent),
        child_frame_id=child,
        transform=new(
            "geometry_msgs/Transform",
            translation=new("geometry_msgs/Vector3", x=p.x, y=p.y, z=p.z),
            rotation=at.orientation,
        ),
    )


def transforms(*found: Any) -> Any:
    return new("tf2_msgs/TFMessage", transforms=list(found))


def stamped(frame: TrackerFrame, slot: str) -> Any:
    return new(
        "geometry_msgs/PoseStamped",
        header=header(frame.stamp_ns, frame.frame_id),
        pose=pose(frame.poses[slot]),
    )


def frames(seconds: float = 0.3, slots: tuple[str, ...] = THREE) -> list[TrackerFrame]:
    """Frames of all slots at a time, each stamp with values that no other has."""
    by_stamp: dict[int, dict[str, TrackerPose]] = {}
    for frame in sway(seconds, slots=slots):
        by_stamp.setdefault(frame.stamp_ns, {}).update(frame.poses)
    return [TrackerFrame(stamp, poses) for stamp, poses in by_stamp.items()]


class Tape:
    """Messages in their order, to be written as a bag."""

    def __init__(self) -> None:
        self._messages: list[tuple[str, str, int, bytes]] = []

    def add(self, topic: str, message: Any, time_ns: int) -> None:
        data = bytes(typestore().serialize_cdr(message, message.__msgtype__))
        self._messages.append((topic, message.__msgtype__, time_ns, data))

    def save(self, path: Path) -> Path:
        with BodyBagWriter(path) as bag:
            for topic, msgtype, time_ns, data in self._messages:
                bag.write_raw(topic, msgtype, time_ns, data, topic == "/tf_static")
        return path


def array_of(kind: str, frame: TrackerFrame, names: dict[str, str]) -> Any:
    """One message of an array kind with all poses of a frame."""
    at, poses = header(frame.stamp_ns, frame.frame_id), frame.poses
    if kind == "tracker_array":
        trackers = [
            new("kinest_ros/Tracker", slot=slot, pose=pose(p), device="", valid=True)
            for slot, p in poses.items()
        ]
        return new("kinest_ros/TrackerArray", header=at, trackers=trackers, worn=0)
    if kind == "rigid_bodies":
        bodies = [
            new("mocap4r2_msgs/RigidBody", rigid_body_name=names[s], markers=[], pose=pose(p))
            for s, p in poses.items()
        ]
        return new("mocap4r2_msgs/RigidBodies", header=at, frame_number=0, rigidbodies=bodies)
    if kind == "named_pose_array":
        package = "motion_capture_tracking_interfaces"
        named = [new(f"{package}/NamedPose", name=names[s], pose=pose(p)) for s, p in poses.items()]
        return new(f"{package}/NamedPoseArray", header=at, poses=named)
    hands = {s: p for s, p in poses.items() if s != "head"}
    return new(
        "teleop_ros2_interfaces/NamedPoseArray",
        header=at,
        name=[s.partition("_")[0] for s in hands],
        pose=[pose(p) for p in hands.values()],
        is_valid=np.ones(len(hands), bool),
    )
