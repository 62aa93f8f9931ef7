# SPDX-License-Identifier: Apache-2.0
"""geometry_msgs/PoseStamped, one topic per tracker."""

from __future__ import annotations

from geometry_msgs.msg import Pose, PoseStamped

from kinest_ros.node.inputs.per_tracker import PerTrackerInput


class PoseInput(PerTrackerInput):
    """~/<slot>/pose: what most bridges publish."""

    kind = PoseStamped
    suffix = "pose"

    @staticmethod
    def pose_of(message: PoseStamped) -> Pose:
        """Return the message's pose."""
        return message.pose
