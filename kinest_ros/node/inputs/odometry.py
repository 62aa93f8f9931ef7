# SPDX-License-Identifier: Apache-2.0
"""nav_msgs/Odometry, one topic per tracker."""

from __future__ import annotations

from geometry_msgs.msg import Pose
from nav_msgs.msg import Odometry

from kinest_ros.node.inputs.per_tracker import PerTrackerInput


class OdometryInput(PerTrackerInput):
    """~/<slot>/odometry; the pose in header.frame_id is used, the twist and child frame are not."""

    kind = Odometry
    suffix = "odometry"

    @staticmethod
    def pose_of(message: Odometry) -> Pose:
        """Return the message's pose."""
        return message.pose.pose
