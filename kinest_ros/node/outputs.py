# SPDX-License-Identifier: Apache-2.0
"""The node's publishers: one body in, one message per topic out."""

from __future__ import annotations

import time

from rclpy.lifecycle import LifecycleNode
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import MarkerArray

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.body.urdf import human_urdf
from kinest_ros.msg import FullBodyState
from kinest_ros.node.joint_angles import JointAngles
from kinest_ros.node.markers import BodyMarkers
from kinest_ros.node.messages import FullBodyMessage, JointStateMessage, TransformsMessage
from kinest_ros.node.parameters import NodeParameters
from kinest_ros.tracking.body_pose import BodyPose

_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Outputs:
    """Publishes bodies; the publishers are the lifecycle node's, silent unless it is active."""

    def __init__(self, node: LifecycleNode, parameters: NodeParameters, skeleton: Skeleton) -> None:
        self._parameters = parameters
        self._angles = JointAngles()
        self._transforms = TransformsMessage(skeleton, parameters.body_id)
        self._joint_state = JointStateMessage()
        self._full_body = FullBodyMessage()
        self._markers = BodyMarkers(parameters.body_id)
        prefix = f"{parameters.body_id}/" if parameters.body_id else ""
        self._description = String(data=human_urdf(skeleton, prefix=prefix))

        create = node.create_lifecycle_publisher
        self._tf = create(TFMessage, "/tf", 100)
        self._joint_states = create(JointState, "~/joint_states", 100)
        self._body = create(FullBodyState, "~/body", 100)
        self._marker_array = create(MarkerArray, "~/markers", 10)
        self._robot_description = create(String, "~/robot_description", _LATCHED)

    def publish_description(self) -> None:
        """Publish the latched URDF; the node must be active."""
        self._robot_description.publish(self._description)

    def publish(self, body: BodyPose, received_ns: int) -> float:
        """Publish one body on every topic that is switched on.

        Args:
            body: the pose.
            received_ns: ``time.perf_counter_ns()`` when the newest input sample arrived.

        Returns:
            The latency in seconds, as published in ``~/body``.
        """
        parameters = self._parameters
        world_frame = parameters.world_frame or body.frame_id
        if parameters.publish_tf:
            self._tf.publish(self._transforms.fill(body, world_frame))
        if parameters.publish_joint_states:
            positions, velocities = self._angles.update(body)
            self._joint_states.publish(self._joint_state.fill(body.stamp_ns, positions, velocities))
        latency = (time.perf_counter_ns() - received_ns) * 1e-9
        self._body.publish(self._full_body.fill(body, world_frame, latency))
        if parameters.publish_markers:
            self._marker_array.publish(self._markers.fill(body, world_frame))
        return latency

    def reset(self) -> None:
        """Start joint angles afresh."""
        self._angles.reset()

    def destroy(self, node: LifecycleNode) -> None:
        """Take the publishers off the network."""
        for publisher in (
            self._tf,
            self._joint_states,
            self._body,
            self._marker_array,
            self._robot_description,
        ):
            node.destroy_lifecycle_publisher(publisher)
