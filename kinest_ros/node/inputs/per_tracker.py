# SPDX-License-Identifier: Apache-2.0
"""Inputs with one topic per tracker."""

from __future__ import annotations

import functools
from abc import abstractmethod
from dataclasses import replace
from typing import Any, ClassVar

from geometry_msgs.msg import Pose

from kinest_ros.node.inputs.hands_in_use import HANDS, HandsInUse, tracked_hand
from kinest_ros.node.inputs.poses import tracker_frame, tracker_pose
from kinest_ros.node.inputs.source import InputSource


class PerTrackerInput(InputSource):
    """Subscribes to ``<prefix><slot>/<suffix>`` for each slot; the head's topic comes first.

    Where asked for, hand tracking comes on topics of its own, ``<prefix><hand>/hand_<suffix>``.
    """

    kind: ClassVar[type]
    suffix: ClassVar[str]

    @staticmethod
    @abstractmethod
    def pose_of(message: Any) -> Pose:
        """Return the pose in a message."""

    def start(self) -> None:
        """Subscribe."""
        second = [slot for slot in HANDS if self._options.hand_poses and slot in self._in_order()]
        self._hands = HandsInUse(second)
        named = [(slot, f"{slot}/{self.suffix}") for slot in self._in_order()]
        named += [(tracked_hand(hand), f"{hand}/hand_{self.suffix}") for hand in second]
        for key, name in named:
            topic = self._topic(name)
            self._subscribe(self.kind, topic, functools.partial(self._on_message, key, topic))

    def awaited(self) -> tuple[str, ...]:
        """Return the hands, and the slots whose topic the user has remapped."""
        remapped = filter(self._is_remapped, self._options.trackers)
        return tuple(dict.fromkeys((*super().awaited(), *remapped)))

    def why_unheard(self, slot: str) -> str:
        """Return what the graph says of the tracker's topic."""
        return self._why_silent(self._subscriptions[self._in_order().index(slot)])

    def _in_order(self) -> list[str]:
        return sorted(self._options.trackers, key=lambda slot: slot != "head")

    def _is_remapped(self, slot: str) -> bool:
        name = f"{self._prefix}{slot}/{self.suffix}"
        plain = self._node.resolve_topic_name(name, only_expand=True)
        return slot != "head" and self._node.resolve_topic_name(name) != plain

    def _on_message(self, key: str, topic: str, message: Any) -> None:
        frame = tracker_frame(message.header, {})
        found = self._hands.pose(key, tracker_pose(self.pose_of(message)), frame.stamp_ns)
        if found is not None:
            self._on_frame(replace(frame, poses=dict([found])), topic)
