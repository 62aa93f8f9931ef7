# SPDX-License-Identifier: Apache-2.0
"""Inputs with one topic per tracker."""

from __future__ import annotations

import functools
from abc import abstractmethod
from typing import Any, ClassVar

from geometry_msgs.msg import Pose

from kinest_ros.node.inputs.poses import tracker_frame, tracker_pose
from kinest_ros.node.inputs.source import InputSource


class PerTrackerInput(InputSource):
    """Subscribes to ``<prefix><slot>/<suffix>`` for each slot; the head's topic comes first."""

    kind: ClassVar[type]
    suffix: ClassVar[str]

    @staticmethod
    @abstractmethod
    def pose_of(message: Any) -> Pose:
        """Return the pose in a message."""

    def start(self) -> None:
        """Subscribe."""
        for slot in sorted(self._options.trackers, key=lambda slot: slot != "head"):
            topic = self._topic(f"{slot}/{self.suffix}")
            self._subscribe(self.kind, topic, functools.partial(self._on_message, slot, topic))

    def _on_message(self, slot: str, topic: str, message: Any) -> None:
        pose = tracker_pose(self.pose_of(message))
        self._on_frame(tracker_frame(message.header, {slot: pose}), topic)
