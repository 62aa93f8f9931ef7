# SPDX-License-Identifier: Apache-2.0
"""teleop_ros2_interfaces/NamedPoseArray, as Isaac Teleop's teleop_ros2 node sends it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from kinest_ros.decoding.decoder import Channel, Decoded
from kinest_ros.decoding.named_poses import NamedPosesDecoder
from kinest_ros.decoding.poses import tracker_frame, tracker_pose

_HEAD = Channel("head/pose", "geometry_msgs/msg/PoseStamped", "head")


class IsaacTeleopDecoder(NamedPosesDecoder):
    """An array with the hands, and a topic of the head.

    Isaac Teleop publishes the hands as "left" and "right" of one array (xr_teleop/ee_poses) and the
    head as a PoseStamped (xr_teleop/head_pose). With a name given for it, the head is taken from
    the array too, and its topic is left alone.
    """

    array = Channel("poses", "teleop_ros2_interfaces/msg/NamedPoseArray")
    defaults: ClassVar[Mapping[str, str]] = {"left_hand": "left", "right_hand": "right"}

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The head's topic, where it has one, and the array."""
        return (self.array,) if self._options.sources.get("head") else (_HEAD, self.array)

    def _in_array(self) -> Iterable[str]:
        return (
            slot
            for slot in self._options.trackers
            if slot != "head" or self._options.sources.get("head")
        )

    def entries(self, topic: str, message: Any) -> Iterable[tuple[str, Any]]:
        """Return the names and poses that are marked valid."""
        names, poses, valid = message.name, message.pose, message.is_valid
        if not len(names) == len(poses) == len(valid):
            self._on_warning(
                topic,
                f"{len(names)} names, {len(poses)} poses and {len(valid)} validities; "
                "there must be as many of each",
            )
            return ()
        for name in names:
            self._names.slot_of(name)  # a name whose pose is not valid is there all the same
        return ((name, pose) for name, pose, ok in zip(names, poses, valid, strict=True) if ok)

    def decode(self, channel: str, topic: str, message: Any) -> Iterator[Decoded]:
        """Yield the head's pose, or the hands' of one message."""
        if channel == _HEAD.name:
            yield tracker_frame(message.header, {"head": tracker_pose(message.pose)}), topic
        else:
            yield from super().decode(channel, topic, message)
