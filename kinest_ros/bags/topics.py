# SPDX-License-Identifier: Apache-2.0
"""Topic names, message types and quality of service of our bags: those of the node."""

from __future__ import annotations

from collections.abc import Mapping

from rosbags.interfaces import (
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)

from kinest_ros.body.joints import SLOTS
from kinest_ros.errors import KinestError

TF = "/tf"
JOINT_STATES = "/kinest/joint_states"
BODY = "/kinest/body"
ROBOT_DESCRIPTION = "/kinest/robot_description"
GROUND_TRUTH = "/kinest/ground_truth/body"

POSE_TYPE = "geometry_msgs/msg/PoseStamped"
TF_TYPE = "tf2_msgs/msg/TFMessage"
JOINT_STATE_TYPE = "sensor_msgs/msg/JointState"
BODY_TYPE = "kinest_ros/msg/FullBodyState"
STRING_TYPE = "std_msgs/msg/String"

#: The node's input for the messages that carry poses otherwise; from bags we read PoseStamped.
INPUT_OF_TYPE: Mapping[str, str] = {
    TF_TYPE: "tf",
    "geometry_msgs/msg/PoseWithCovarianceStamped": "pose_with_covariance",
    "nav_msgs/msg/Odometry": "odometry",
    "kinest_ros/msg/TrackerArray": "tracker_array",
    "motion_capture_tracking_interfaces/msg/NamedPoseArray": "named_pose_array",
    "teleop_ros2_interfaces/msg/NamedPoseArray": "isaac_teleop",
    "mocap4r2_msgs/msg/RigidBodies": "rigid_bodies",
}

#: Pose topic of each slot.
POSE_TOPICS: Mapping[str, str] = {slot: f"/kinest/{slot}/pose" for slot in SLOTS}

_FOREVER = QosTime(9223372036, 854775807)  # RMW_DURATION_INFINITE


def offered_qos(depth: int = 10, latched: bool = False) -> Qos:
    """Reliable, keep-last quality of service; latched topics are transient local.

    A reliable publisher also serves best-effort subscribers (SensorDataQoS), not the other way
    round, so `ros2 bag play` reaches everybody.
    """
    return Qos(
        QosHistory.KEEP_LAST,
        depth,
        QosReliability.RELIABLE,
        QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
        _FOREVER,
        _FOREVER,
        QosLiveliness.AUTOMATIC,
        _FOREVER,
        avoid_ros_namespace_conventions=False,
    )


def pose_topics(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the pose topic of every slot, with some of them renamed.

    Args:
        changes: topic by slot.

    Raises:
        KinestError: unknown slot, a name that is no topic, or one topic for two slots.
    """
    topics = dict(POSE_TOPICS)
    for slot, topic in (changes or {}).items():
        if slot not in topics:
            raise KinestError(f"unknown tracker slot '{slot}'; use one of {', '.join(SLOTS)}")
        if not topic.startswith("/") or topic.endswith("/") or "//" in topic or " " in topic:
            raise KinestError(f"'{topic}' is no topic name; write it like /vr/{slot}/pose")
        topics[slot] = topic
    given: dict[str, str] = {}
    for slot, topic in topics.items():
        if topic in given:
            raise KinestError(f"topic {topic} is given for both {given[topic]} and {slot}")
        given[topic] = slot
    return topics
