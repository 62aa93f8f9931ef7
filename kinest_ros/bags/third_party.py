# SPDX-License-Identifier: Apache-2.0
"""Layouts of other packages' messages that carry tracker poses.

A bag brings the definitions of its messages, except for those in sqlite3 of ROS 2 before Iron; then
these are taken.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Fields by message type, as a .msg file has them.
DEFINITIONS: Mapping[str, str] = {
    "motion_capture_tracking_interfaces/msg/NamedPose": "string name\ngeometry_msgs/Pose pose\n",
    "motion_capture_tracking_interfaces/msg/NamedPoseArray": (
        "std_msgs/Header header\nNamedPose[] poses\n"
    ),
    "teleop_ros2_interfaces/msg/NamedPoseArray": (
        "std_msgs/Header header\nstring[] name\ngeometry_msgs/Pose[] pose\nbool[] is_valid\n"
    ),
    "mocap4r2_msgs/msg/Marker": (
        "int8 USE_NAME=0\nint8 USE_INDEX=1\nint8 USE_BOTH=2\nint8 id_type\nint32 marker_index\n"
        "string marker_name\ngeometry_msgs/Point translation\n"
    ),
    "mocap4r2_msgs/msg/RigidBody": (
        "string rigid_body_name\nMarker[] markers\ngeometry_msgs/Pose pose\n"
    ),
    "mocap4r2_msgs/msg/RigidBodies": (
        "std_msgs/Header header\nuint32 frame_number\nRigidBody[] rigidbodies\n"
    ),
}
#: Packages they are of.
PACKAGES = frozenset(name.partition("/")[0] for name in DEFINITIONS)
