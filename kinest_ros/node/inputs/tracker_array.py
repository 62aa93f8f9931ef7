# SPDX-License-Identifier: Apache-2.0
"""kinest_ros/TrackerArray: all trackers of a body in one message."""

from __future__ import annotations

from dataclasses import replace

from kinest_ros.body.joints import SLOTS
from kinest_ros.msg import Tracker, TrackerArray
from kinest_ros.node.inputs.poses import tracker_frame, tracker_pose
from kinest_ros.node.inputs.source import InputSource
from kinest_ros.tracking.frame import DEVICES, TrackerPose

_WORN = {TrackerArray.WORN_YES: True, TrackerArray.WORN_NO: False}


class TrackerArrayInput(InputSource):
    """~/trackers; a tracker that is not valid counts as not there."""

    def start(self) -> None:
        """Subscribe."""
        self._used = frozenset(self._options.trackers)
        self._named = self._topic("trackers")
        self._coming = False
        self._subscribe(TrackerArray, self._named, self._on_message)

    def why_unheard(self, slot: str) -> str:
        """Return whether the array comes without the tracker, or not at all."""
        if self._coming:
            return f"{self._named} has no valid tracker of the slot '{slot}'"
        return super().why_unheard(slot)

    def _on_message(self, message: TrackerArray) -> None:
        self._coming = True
        poses = {}
        for tracker in message.trackers:
            if tracker.slot in self._used:
                if tracker.valid:
                    poses[tracker.slot] = self._with_device(tracker)
            elif tracker.slot not in SLOTS:
                self._on_warning(
                    self._named, f"unknown slot '{tracker.slot}'; use {', '.join(SLOTS)}"
                )
        worn = _WORN.get(message.worn)
        if poses or worn is not None:
            frame = replace(tracker_frame(message.header, poses), worn=worn)
            self._on_frame(frame, self._named)

    def _with_device(self, tracker: Tracker) -> TrackerPose:
        if tracker.device not in DEVICES:
            known = ", ".join(repr(device) for device in DEVICES)
            self._on_warning(
                self._named, f"{tracker.slot}: unknown device '{tracker.device}'; use {known}"
            )
        return replace(tracker_pose(tracker.pose), device=tracker.device)
