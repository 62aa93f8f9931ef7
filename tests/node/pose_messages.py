# SPDX-License-Identifier: Apache-2.0
"""Tracker poses as messages of rclpy, and their stamps."""

from __future__ import annotations

from geometry_msgs.msg import Pose, PoseStamped
from sensor_msgs.msg import JointState

from kinest_ros.msg import FullBodyState
from kinest_ros.tracking.frame import TrackerPose


def pose_message(pose: TrackerPose, stamp_ns: int, frame_id: str) -> PoseStamped:
    """Return a PoseStamped."""
    message = PoseStamped()
    message.header.frame_id = frame_id
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 1_000_000_000)
    fill_pose(message.pose, pose)
    return message


def fill_pose(message: Pose, pose: TrackerPose) -> None:
    """Write a pose into a message."""
    position, orientation = message.position, message.orientation
    position.x, position.y, position.z = (float(value) for value in pose.position)
    orientation.x, orientation.y, orientation.z, orientation.w = (
        float(value) for value in pose.quaternion
    )


def stamp_of(message: FullBodyState | JointState) -> int:
    """Return the header's stamp in nanoseconds."""
    return message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec
