# SPDX-License-Identifier: Apache-2.0
"""teleop_ros2_interfaces/NamedPoseArray, as Isaac Teleop's teleop_ros2 node sends it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from geometry_msgs.msg import Pose, PoseStamped
from teleop_ros2_interfaces.msg import NamedPoseArray

from kinest_ros.node.inputs.named_poses import NamedPosesInput
from kinest_ros.node.inputs.poses import tracker_frame, tracker_pose


class IsaacTeleopInput(NamedPosesInput):
    """~/poses with the hands, and ~/head/pose.

    Isaac Teleop publishes the hands as "left" and "right" of one array (xr_teleop/ee_poses) and the
    head as a PoseStamped (xr_teleop/head_pose). With a name given for it, the head is taken from
    the array too, and ~/head/pose is left alone.
    """

    kind = NamedPoseArray
    suffix = "poses"
    defaults: ClassVar[Mapping[str, str]] = {"left_hand": "left", "right_hand": "right"}

    def _in_array(self) -> Iterable[str]:
        return (
            slot
            for slot in self._options.trackers
            if slot != "head" or self._options.sources.get("head")
        )

    def start(self) -> None:
        """Subscribe."""
        if not self._options.sources.get("head"):
            self._head_topic = self._topic("head/pose")
            self._subscribe(PoseStamped, self._head_topic, self._on_head)
        super().start()

    def entries(self, message: NamedPoseArray) -> Iterable[tuple[str, Pose]]:
        """Return the names and poses that are marked valid."""
        names, poses, valid = message.name, message.pose, message.is_valid
        if not len(names) == len(poses) == len(valid):
            self._on_warning(
                self._array_topic,
                f"{len(names)} names, {len(poses)} poses and {len(valid)} validities; "
                "there must be as many of each",
            )
            return ()
        for name in names:
            self._names.slot_of(name)  # a name whose pose is not valid is there all the same
        return ((name, pose) for name, pose, ok in zip(names, poses, valid, strict=True) if ok)

    def _on_head(self, message: PoseStamped) -> None:
        poses = {"head": tracker_pose(message.pose)}
        self._on_frame(tracker_frame(message.header, poses), self._head_topic)
