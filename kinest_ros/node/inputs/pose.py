# SPDX-License-Identifier: Apache-2.0
"""geometry_msgs/PoseStamped and PoseWithCovarianceStamped, one topic per tracker."""

from __future__ import annotations

from geometry_msgs.msg import Pose, PoseStamped, PoseWithCovarianceStamped

from kinest_ros.node.inputs.per_tracker import PerTrackerInput


class PoseInput(PerTrackerInput):
    """~/<slot>/pose: what most bridges publish."""

    kind = PoseStamped
    suffix = "pose"

    @staticmethod
    def pose_of(message: PoseStamped) -> Pose:
        """Return the message's pose."""
        return message.pose


class PoseWithCovarianceInput(PerTrackerInput):
    """~/<slot>/pose_with_covariance; the covariance is not used."""

    kind = PoseWithCovarianceStamped
    suffix = "pose_with_covariance"

    @staticmethod
    def pose_of(message: PoseWithCovarianceStamped) -> Pose:
        """Return the message's pose."""
        return message.pose.pose
