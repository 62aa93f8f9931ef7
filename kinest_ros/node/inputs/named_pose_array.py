# SPDX-License-Identifier: Apache-2.0
"""motion_capture_tracking_interfaces/NamedPoseArray, as motion_capture_tracking sends it."""

from __future__ import annotations

from collections.abc import Iterator

from geometry_msgs.msg import Pose
from motion_capture_tracking_interfaces.msg import NamedPoseArray

from kinest_ros.node.inputs.named_poses import NamedPosesInput


class NamedPoseArrayInput(NamedPosesInput):
    """~/poses; bodies that are not tracked are missing from the message."""

    kind = NamedPoseArray
    suffix = "poses"

    def entries(self, message: NamedPoseArray) -> Iterator[tuple[str, Pose]]:
        """Yield all names and poses."""
        return ((entry.name, entry.pose) for entry in message.poses)
