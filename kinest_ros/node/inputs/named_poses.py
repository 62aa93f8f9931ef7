# SPDX-License-Identifier: Apache-2.0
"""What inputs share whose message holds the named poses of all trackers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from geometry_msgs.msg import Pose

from kinest_ros.node.inputs.callbacks import OnFrame, OnWarning
from kinest_ros.node.inputs.hands_in_use import HandsInUse, tracked_hands
from kinest_ros.node.inputs.names import NameBook
from kinest_ros.node.inputs.options import InputOptions
from kinest_ros.node.inputs.poses import tracker_frame, tracker_pose
from kinest_ros.node.inputs.source import InputSource


class NamedPosesInput(InputSource):
    """Subscribes to ``<prefix><suffix>``; names that stand for no slot are ignored."""

    kind: ClassVar[type]
    suffix: ClassVar[str]
    defaults: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self,
        node: Any,
        options: InputOptions,
        on_frame: OnFrame,
        on_warning: OnWarning,
        prefix: str,
    ) -> None:
        """Settle the names.

        Raises:
            KinestError: two slots with one name.
        """
        super().__init__(node, options, on_frame, on_warning, prefix)
        slots = list(self._in_array())
        hands = tracked_hands(slots, options.hand_sources)
        self._names = NameBook([*slots, *hands], options.sources, {**self.defaults, **hands})
        self._hands = HandsInUse(options.hand_sources)

    def _in_array(self) -> Iterable[str]:
        """Return the slots whose poses come in the array."""
        return self._options.trackers

    @abstractmethod
    def entries(self, message: Any) -> Iterable[tuple[str, Pose]]:
        """Return the names and poses in a message that are good for use."""

    def start(self) -> None:
        """Subscribe."""
        self._array_topic = self._topic(self.suffix)
        self._subscribe(self.kind, self._array_topic, self._on_message)

    def stop(self) -> None:
        """Leave the network and forget which names were there."""
        super().stop()
        self._names.forget()

    def missing(self, head_heard: bool) -> str | None:
        """Return which names are awaited in vain, or why nothing comes at all."""
        missing = self._names.missing()
        return f"{self._array_topic}: {missing}" if missing else super().missing(head_heard)

    def why_unheard(self, slot: str) -> str:
        """Return which names are there instead of the tracker's, or why nothing comes at all."""
        why = self._names.why_unheard(slot)
        if why:
            return f"{self._array_topic}: {why}"
        return self._why_silent(self._subscriptions[-1])

    def _on_message(self, message: Any) -> None:
        frame = tracker_frame(message.header, {})
        poses = {}
        for name, pose in self.entries(message):
            key = self._names.slot_of(name)
            found = key and self._hands.pose(key, tracker_pose(pose), frame.stamp_ns)
            if found:
                poses[found[0]] = found[1]
        if poses:
            self._on_frame(replace(frame, poses=poses), self._array_topic)
