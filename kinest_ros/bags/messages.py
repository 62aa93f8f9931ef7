# SPDX-License-Identifier: Apache-2.0
"""rosbags messages from plain values; the numbers come from the builders the node uses too."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinest_ros.bags.topics import (
    BODY_TYPE,
    JOINT_STATE_TYPE,
    POSE_TYPE,
    STRING_TYPE,
    TF_TYPE,
)
from kinest_ros.bags.types import typestore
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.human_description.joint_angles import JOINT_STATE_NAMES, JointAngles
from kinest_ros.human_description.link_transforms import (
    link_frame_names,
    link_offsets,
    link_rotations,
    parent_frame_names,
)
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.frame import TrackerPose


class MessageFactory:
    """Builds messages as the node publishes them; keeps what unwraps the joint angles."""

    def __init__(self, skeleton: Skeleton | None = None) -> None:
        """Look up the message classes.

        Args:
            skeleton: needed for transforms() only.
        """
        types = typestore().types
        self._types: dict[str, Any] = {name.split("/")[-1]: types[name] for name in _NEEDED}
        self._offsets = None if skeleton is None else link_offsets(skeleton)
        self._angles = JointAngles()

    def header(self, stamp_ns: int, frame_id: str) -> Any:
        """std_msgs/Header."""
        seconds, rest = divmod(int(stamp_ns), 1_000_000_000)
        return self._types["Header"](self._types["Time"](seconds, rest), frame_id)

    def pose(self, stamp_ns: int, pose: TrackerPose, frame_id: str) -> Any:
        """geometry_msgs/PoseStamped from world_from_tracker."""
        return self._types["PoseStamped"](
            self.header(stamp_ns, frame_id),
            self._types["Pose"](self._point(pose.position), self._quaternion(pose.quaternion)),
        )

    def transforms(self, body: BodyPose) -> Any:
        """tf2_msgs/TFMessage with the 22 links."""
        if self._offsets is None:
            raise ValueError("transforms() needs the skeleton")
        places = self._offsets.copy()
        if body.rest_offsets is not None:  # bones grow when the wearer's size becomes known
            places = link_offsets(body.rest_offsets)
        places[0] = body.positions[0]
        vector, transform = self._types["Vector3"], self._types["Transform"]
        stamped = [
            self._types["TransformStamped"](
                self.header(body.stamp_ns, parent),
                child,
                transform(vector(*place), self._quaternion(rotation)),
            )
            for parent, child, place, rotation in zip(
                parent_frame_names(body.frame_id),
                link_frame_names(),
                places.tolist(),
                link_rotations(body).tolist(),
                strict=True,
            )
        ]
        return self._types["TFMessage"](stamped)

    def joint_state(self, body: BodyPose) -> Any:
        """sensor_msgs/JointState; angles are unwrapped against the body before."""
        positions, velocities = self._angles.update(body)
        return self._types["JointState"](
            self.header(body.stamp_ns, ""),
            list(JOINT_STATE_NAMES),
            np.asarray(positions),
            np.asarray(velocities),
            np.empty(0),
        )

    def body(self, body: BodyPose) -> Any:
        """kinest_ros/FullBodyState, latency 0."""
        return self._types["FullBodyState"](
            self.header(body.stamp_ns, body.frame_id),
            [self._quaternion(row) for row in body.local_rotations],
            [self._point(row) for row in body.positions],
            np.asarray(body.tracker_valid, bool),
            np.asarray(body.tracker_state, np.uint8),
            np.asarray(body.confidence, np.float32),
            np.asarray(body.contacts, np.float32),
            0.0,
        )

    def string(self, text: str) -> Any:
        """std_msgs/String."""
        return self._types["String"](text)

    def _point(self, row: Any) -> Any:
        return self._types["Point"](*(float(value) for value in row))

    def _quaternion(self, row: Any) -> Any:
        return self._types["Quaternion"](*(float(value) for value in row))


_NEEDED = (
    "builtin_interfaces/msg/Time",
    "std_msgs/msg/Header",
    "geometry_msgs/msg/Point",
    "geometry_msgs/msg/Pose",
    "geometry_msgs/msg/Quaternion",
    "geometry_msgs/msg/Transform",
    "geometry_msgs/msg/TransformStamped",
    "geometry_msgs/msg/Vector3",
    BODY_TYPE,
    JOINT_STATE_TYPE,
    POSE_TYPE,
    STRING_TYPE,
    TF_TYPE,
)
