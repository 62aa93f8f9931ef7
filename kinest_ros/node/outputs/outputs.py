# SPDX-License-Identifier: Apache-2.0
"""A body's publishers: one pose in, one message per topic out."""

from __future__ import annotations

import time

from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import MarkerArray

from kinest_ros.bags.body_messages import (
    FullBodyMessage,
    JointStateMessage,
    TransformsMessage,
)
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.human_description.joint_angles import JOINT_STATE_NAMES, JointAngles
from kinest_ros.human_description.urdf import frames_urdf, human_urdf
from kinest_ros.msg import FullBodyState
from kinest_ros.node.outputs.advertise import LATCHED, Advertiser
from kinest_ros.node.outputs.markers import BodyMarkers
from kinest_ros.node.outputs.rep155_output import Rep155JointStates
from kinest_ros.node.parameters.body_names import BodyNames
from kinest_ros.node.parameters.node_parameters import NodeParameters
from kinest_ros.tracking.body_pose import BodyPose


class Outputs:
    """Publishes the poses of one body; silent unless the node is active."""

    def __init__(
        self,
        advertiser: Advertiser,
        parameters: NodeParameters,
        names: BodyNames,
        skeleton: Skeleton,
    ) -> None:
        """Advertise the topics.

        Raises:
            KinestError: quality of service that cannot be had.
        """
        self._parameters = parameters
        self._angles = JointAngles()
        self._transforms = TransformsMessage(
            skeleton,
            names.body_id,
            names.rep155_frame if parameters.rep155 else "",
            root_only=parameters.publish_tf == "root",
        )
        self._joint_state = JointStateMessage(JOINT_STATE_NAMES)
        self._full_body = FullBodyMessage()
        self._markers = BodyMarkers(names.markers)
        self.skeleton, self._link_prefix = skeleton, names.link_prefix
        self._prepared: tuple[Skeleton, tuple[str, str]] | None = None
        advertise = advertiser.advertise
        self._tf = advertise(TFMessage, "/tf", 100)
        self._joint_states = advertise(JointState, names.topic("joint_states"), 100)
        self._body = advertise(FullBodyState, names.topic("body"), 100)
        self._marker_array = advertise(MarkerArray, names.topic("markers"), 10)
        self._robot_description = advertise(String, names.topic("robot_description"), LATCHED)
        self._tf_description = advertise(String, names.topic("tf_description"), LATCHED)
        self._rep155 = Rep155JointStates(advertiser, names.rep155_id) if parameters.rep155 else None

    def publish_description(self) -> None:
        """Publish the latched URDFs; the node must be active."""
        if self._prepared is None or self._prepared[0] is not self.skeleton:
            self.prepare(self.skeleton)
        assert self._prepared is not None
        topics = (self._robot_description, self._tf_description)
        for topic, urdf in zip(topics, self._prepared[1], strict=True):
            topic.publish(String(data=urdf))

    def prepare(self, skeleton: Skeleton) -> None:
        """Write the descriptions of a skeleton that is about to be set, on any thread."""
        prefix = self._link_prefix
        urdfs = human_urdf(skeleton, prefix=prefix), frames_urdf(skeleton, prefix=prefix)
        self._prepared = (skeleton, urdfs)

    def set_skeleton(self, skeleton: Skeleton) -> None:
        """Describe the body by another skeleton from now on."""
        self.skeleton = skeleton
        self.publish_description()

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
        if parameters.publish_tf != "none":
            self._tf.publish(self._transforms.fill(body, world_frame))
        if parameters.publish_joint_states:
            angles, velocities = self._angles.update(body)
            self._joint_states.publish(self._joint_state.fill(body.stamp_ns, angles, velocities))
        latency = (time.perf_counter_ns() - received_ns) * 1e-9
        self._body.publish(self._full_body.fill(body, world_frame, latency))
        if self._rep155 is not None:
            self._rep155.publish(body)
        # The one message that is costly to make, and that is watched only now and then.
        if parameters.publish_markers and self._marker_array.get_subscription_count():
            self._marker_array.publish(self._markers.fill(body, world_frame))
        return latency

    def reset(self) -> None:
        """Start joint angles afresh, and forget where trackers were."""
        self._angles.reset()
        self._markers.reset()
        if self._rep155 is not None:
            self._rep155.reset()
