# SPDX-License-Identifier: Apache-2.0
"""A robot's publishers: one sample in, one message per topic out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import MarkerArray

from kinest_ros.bags.body_messages import JointStateMessage
from kinest_ros.errors import KinestError
from kinest_ros.node.outputs.advertise import LATCHED, Advertiser
from kinest_ros.node.retarget.markers import RobotMarkers
from kinest_ros.retarget.live.sample import Sample
from kinest_ros.retarget.robot.robot import Robot


class RobotOutputs:
    """Publishes samples; silent unless the node is active."""

    def __init__(
        self,
        advertiser: Advertiser,
        robot: Robot,
        controllers: Mapping[str, tuple[str, ...]],
        trajectory_time: float,
        frame_prefix: str,
        publish_tf: bool,
    ) -> None:
        """Advertise.

        Args:
            advertiser: makes publishers.
            robot: whose samples.
            controllers: joints by topic of each trajectory.
            trajectory_time: s, of their one point.
            frame_prefix: of the base's frame.
            publish_tf: the base on /tf.

        Raises:
            KinestError: a controller's joint that the robot has not.
        """
        self._robot = robot
        self._base = frame_prefix + robot.base_name
        self._joint_state = JointStateMessage(robot.names)
        advertise = advertiser.advertise
        self._joint_states = advertise(JointState, "~/joint_states", 100)
        self._odometry = advertise(Odometry, "~/odometry", 100)
        self._tf = advertise(TFMessage, "/tf", 100) if publish_tf else None
        self._drawn = RobotMarkers(robot)
        self._markers = advertise(MarkerArray, "~/markers", 5)
        self._description = advertise(String, "~/robot_description", LATCHED)
        self._trajectories = [
            _Trajectory(advertiser, topic, _indices(robot, topic, names), robot, trajectory_time)
            for topic, names in controllers.items()
        ]
        self._transform = TransformStamped()
        self._transform.child_frame_id = self._base
        self._message = TFMessage(transforms=[self._transform])
        self._odom = Odometry()
        self._odom.child_frame_id = self._base

    def publish_description(self) -> None:
        """Publish the latched description; the node must be active."""
        self._description.publish(String(data=self._robot.text))

    def publish(self, sample: Sample, world_frame: str) -> None:
        """Publish one sample."""
        self._joint_states.publish(
            self._joint_state.fill(sample.stamp_ns, sample.joints, sample.velocities)
        )
        seconds, rest = divmod(sample.stamp_ns, 1_000_000_000)
        for trajectory in self._trajectories:
            trajectory.publish(sample)
        if self._tf is not None:
            header, transform = self._transform.header, self._transform.transform
            header.stamp.sec, header.stamp.nanosec = seconds, rest
            header.frame_id = world_frame
            place, turn = transform.translation, transform.rotation
            place.x, place.y, place.z = sample.base_position.tolist()
            turn.x, turn.y, turn.z, turn.w = sample.base_rotation.tolist()
            self._tf.publish(self._message)
        if self._markers.get_subscription_count():
            self._markers.publish(self._drawn.of(sample, world_frame))
        if self._odometry.get_subscription_count():
            self._odometry.publish(self._odometry_of(sample, seconds, rest, world_frame))

    def _odometry_of(self, sample: Sample, seconds: int, rest: int, world: str) -> Odometry:
        message = self._odom
        message.header.stamp.sec, message.header.stamp.nanosec = seconds, rest
        message.header.frame_id = world
        pose, twist = message.pose.pose, message.twist.twist
        pose.position.x, pose.position.y, pose.position.z = sample.base_position.tolist()
        turn = pose.orientation
        turn.x, turn.y, turn.z, turn.w = sample.base_rotation.tolist()
        twist.linear.x, twist.linear.y, twist.linear.z = sample.base_linear.tolist()
        twist.angular.x, twist.angular.y, twist.angular.z = sample.base_angular.tolist()
        return message


class _Trajectory:
    """One trajectory controller: one point, positions and velocities, stamp 0."""

    def __init__(
        self, advertiser: Advertiser, topic: str, indices: np.ndarray, robot: Robot, ahead: float
    ) -> None:
        try:
            from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
        except ImportError:
            raise KinestError(
                "trajectory_msgs is missing: pip install ros-trajectory-msgs, or install "
                "ros-$ROS_DISTRO-trajectory-msgs"
            ) from None
        self._indices = indices
        point = JointTrajectoryPoint()
        point.time_from_start = Duration(sec=int(ahead), nanosec=round((ahead - int(ahead)) * 1e9))
        # Stamp 0 means now, whatever the clocks.
        self._message = JointTrajectory(
            joint_names=[robot.names[index] for index in indices], points=[point]
        )
        self._publisher = advertiser.advertise(JointTrajectory, topic, 10)

    def publish(self, sample: Sample) -> None:
        if not self._publisher.get_subscription_count():
            return
        point = self._message.points[0]
        point.positions = sample.joints[self._indices].tolist()
        point.velocities = sample.velocities[self._indices].tolist()
        self._publisher.publish(self._message)


def _indices(robot: Robot, topic: str, names: tuple[str, ...]) -> np.ndarray:
    if names == ("*",):
        return np.arange(len(robot.names))
    unknown = [name for name in names if name not in robot.names]
    if unknown:
        raise KinestError(
            f"parameter 'controllers': {topic}: {robot.name} has no joint '{unknown[0]}'; it has "
            + ", ".join(robot.names)
        )
    return np.array([robot.names.index(name) for name in names])
