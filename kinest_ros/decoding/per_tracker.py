# SPDX-License-Identifier: Apache-2.0
"""PoseStamped, PoseWithCovarianceStamped and Odometry: one topic per tracker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kinest_ros.decoding.decoder import Channel, Decoded, Decoder, OnWarning
from kinest_ros.decoding.hands_in_use import HANDS, HandsInUse, tracked_hand
from kinest_ros.decoding.options import InputOptions
from kinest_ros.decoding.poses import tracker_frame, tracker_pose


class PerTrackerDecoder(Decoder):
    """Hears ``<slot>/<suffix>`` of each slot; the head's topic comes first.

    Where asked for, hand tracking comes on topics of its own, ``<hand>/hand_<suffix>``. The pose
    in header.frame_id is used; covariance, twist and child frame are not.
    """

    def __init__(
        self, options: InputOptions, on_warning: OnWarning, kind: str, suffix: str
    ) -> None:
        """Settle the topics.

        Args:
            options: which trackers.
            on_warning: see `Decoder`.
            kind: message type.
            suffix: end of the topics' names.
        """
        super().__init__(options, on_warning)
        slots = sorted(options.trackers, key=lambda slot: slot != "head")
        self._second = [slot for slot in HANDS if options.hand_poses and slot in slots]
        own = {f"{slot}/{suffix}": slot for slot in slots}
        second = {f"{hand}/hand_{suffix}": tracked_hand(hand) for hand in self._second}
        self._keys = own | second
        self._channels = tuple(Channel(name, kind, own.get(name, "")) for name in self._keys)
        self.forget()

    @property
    def channels(self) -> tuple[Channel, ...]:
        """A topic per tracker."""
        return self._channels

    def forget(self) -> None:
        """Forget which of a hand's devices is in use."""
        self._hands = HandsInUse(self._second)

    def decode(self, channel: str, topic: str, message: Any) -> Iterator[Decoded]:
        """Yield the pose, unless it is of the device that is not in use."""
        frame = tracker_frame(message.header, {})
        pose = getattr(message.pose, "pose", message.pose)  # behind a covariance
        found = self._hands.pose(self._keys[channel], tracker_pose(pose), frame.stamp_ns)
        if found is not None:
            yield replace(frame, poses=dict([found])), topic
