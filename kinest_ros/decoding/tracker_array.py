# SPDX-License-Identifier: Apache-2.0
"""kinest_ros/TrackerArray: all trackers of a body in one message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kinest_ros.body.joints import SLOTS
from kinest_ros.decoding.decoder import Channel, Decoded, Decoder
from kinest_ros.decoding.poses import tracker_frame, tracker_pose
from kinest_ros.tracking.frame import DEVICES, TrackerPose

#: WORN_YES and WORN_NO of TrackerArray.msg.
WORN = {1: True, 2: False}
_ARRAY = Channel("trackers", "kinest_ros/msg/TrackerArray")


class TrackerArrayDecoder(Decoder):
    """A tracker that is not valid counts as not there."""

    _heard_on = ""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The array's topic."""
        return (_ARRAY,)

    def forget(self) -> None:
        """Forget that messages came."""
        self._heard_on = ""

    def why_unheard(self, slot: str) -> str | None:
        """Return that the array comes without the tracker."""
        return self._heard_on and f"{self._heard_on} has no valid tracker of the slot '{slot}'"

    def decode(self, channel: str, topic: str, message: Any) -> Iterator[Decoded]:
        """Yield the valid poses, and whether the headset is worn, as one frame."""
        self._heard_on = topic
        poses = {}
        for tracker in message.trackers:
            if tracker.slot in self._options.trackers:
                if tracker.valid:
                    poses[tracker.slot] = self._with_device(topic, tracker)
            elif tracker.slot not in SLOTS:
                self._on_warning(topic, f"unknown slot '{tracker.slot}'; use {', '.join(SLOTS)}")
        worn = WORN.get(message.worn)
        if poses or worn is not None:
            yield replace(tracker_frame(message.header, poses), worn=worn), topic

    def _with_device(self, topic: str, tracker: Any) -> TrackerPose:
        if tracker.device not in DEVICES:
            known = ", ".join(repr(device) for device in DEVICES)
            self._on_warning(
                topic, f"{tracker.slot}: unknown device '{tracker.device}'; use {known}"
            )
        return replace(tracker_pose(tracker.pose), device=tracker.device)
