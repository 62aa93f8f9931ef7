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

from kinest_ros.body.joints import HAND_SLOTS, SLOTS

#: What the node's own topics lie under in bags.
NODE = "/kinest"
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

#: Pose topic of each slot.
POSE_TOPICS: Mapping[str, str] = {slot: f"/kinest/{slot}/pose" for slot in SLOTS}

#: Topic of each hand where it is tracked beside its controller.
HAND_POSE_TOPICS: Mapping[str, str] = {
    slot: f"{NODE}/{slot}/hand_pose" for slot in SLOTS[HAND_SLOTS]
}
WORN = f"{NODE}/worn"

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
