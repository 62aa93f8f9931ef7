# SPDX-License-Identifier: Apache-2.0
"""Robot motion as a rosbag2: what the live node would publish."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kinest_ros.bags.types import typestore
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.retarget.evaluation.poses import RobotMotion
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.robot_pose import RobotPose

NODE = "/kinest_retarget"
#: Topic and type of each thing written.
TOPICS = {
    "joint_states": (f"{NODE}/joint_states", "sensor_msgs/msg/JointState"),
    "odometry": (f"{NODE}/odometry", "nav_msgs/msg/Odometry"),
    "tf": ("/tf", "tf2_msgs/msg/TFMessage"),
    "robot_description": (f"{NODE}/robot_description", "std_msgs/msg/String"),
}


def write_bag(
    path: Path,
    robot: Robot,
    motion: RobotMotion,
    overwrite: bool = False,
    world: str = "world",
) -> None:
    """Write joint states, odometry, the base on /tf and the description.

    Args:
        path: folder of the bag.
        robot: whose motion.
        motion: frame by frame.
        overwrite: replace a bag that is there.
        world: fixed frame of the base.

    Raises:
        KinestError: something is there already.
    """
    store = typestore()

    def write(name: str, stamp_ns: int, message: Any, latched: bool = False) -> None:
        topic, kind = TOPICS[name]
        out.write_raw(topic, kind, stamp_ns, bytes(store.serialize_cdr(message, kind)), latched)

    make = _Maker(robot, world)
    with BodyBagWriter(path, overwrite=overwrite) as out:
        first = int(motion.stamps_ns[0])
        write("robot_description", first, make.types["std_msgs/msg/String"](robot.text), True)
        for pose in motion.poses:
            write("joint_states", pose.stamp_ns, make.joint_state(pose))
            write("odometry", pose.stamp_ns, make.odometry(pose))
            write("tf", pose.stamp_ns, make.transform(pose))


class _Maker:
    def __init__(self, robot: Robot, world: str) -> None:
        self.types = typestore().types
        self._robot, self._world = robot, world

    def _header(self, stamp_ns: int, frame: str) -> Any:
        seconds, rest = divmod(int(stamp_ns), 1_000_000_000)
        time = self.types["builtin_interfaces/msg/Time"](seconds, rest)
        return self.types["std_msgs/msg/Header"](time, frame)

    def joint_state(self, pose: RobotPose) -> Any:
        return self.types["sensor_msgs/msg/JointState"](
            self._header(pose.stamp_ns, ""),
            list(self._robot.names),
            pose.joints,
            pose.velocities,
            np.empty(0),
        )

    def _vector(self, values: np.ndarray, kind: str = "Vector3") -> Any:
        return self.types[f"geometry_msgs/msg/{kind}"](*map(float, values))

    def _quaternion(self, pose: RobotPose) -> Any:
        return self.types["geometry_msgs/msg/Quaternion"](*map(float, pose.base_rotation))

    def odometry(self, pose: RobotPose) -> Any:
        t = self.types
        # The twist of an odometry is in the child's frame.
        linear, angular = pose.base_twist
        none = np.zeros(36)
        return t["nav_msgs/msg/Odometry"](
            self._header(pose.stamp_ns, self._world),
            self._robot.base_name,
            t["geometry_msgs/msg/PoseWithCovariance"](
                t["geometry_msgs/msg/Pose"](
                    self._vector(pose.base_position, "Point"), self._quaternion(pose)
                ),
                none,
            ),
            t["geometry_msgs/msg/TwistWithCovariance"](
                t["geometry_msgs/msg/Twist"](self._vector(linear), self._vector(angular)), none
            ),
        )

    def transform(self, pose: RobotPose) -> Any:
        t = self.types
        return t["tf2_msgs/msg/TFMessage"](
            [
                t["geometry_msgs/msg/TransformStamped"](
                    self._header(pose.stamp_ns, self._world),
                    self._robot.base_name,
                    t["geometry_msgs/msg/Transform"](
                        self._vector(pose.base_position), self._quaternion(pose)
                    ),
                )
            ]
        )
