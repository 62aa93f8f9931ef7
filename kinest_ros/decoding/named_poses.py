# SPDX-License-Identifier: Apache-2.0
"""What decoders share whose message holds the named poses of all trackers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from kinest_ros.decoding.decoder import Channel, Decoded, Decoder, OnWarning
from kinest_ros.decoding.hands_in_use import HandsInUse, tracked_hands
from kinest_ros.decoding.names import NameBook
from kinest_ros.decoding.options import InputOptions
from kinest_ros.decoding.poses import tracker_frame, tracker_pose


class NamedPosesDecoder(Decoder):
    """Hears one topic; names that stand for no slot are ignored."""

    array: ClassVar[Channel]
    defaults: ClassVar[Mapping[str, str]] = {}

    def __init__(self, options: InputOptions, on_warning: OnWarning) -> None:
        """Settle the names.

        Raises:
            KinestError: two slots with one name.
        """
        super().__init__(options, on_warning)
        slots = list(self._in_array())
        hands = tracked_hands(slots, options.hand_sources)
        self._names = NameBook([*slots, *hands], options.sources, {**self.defaults, **hands})
        self._hands = HandsInUse(options.hand_sources)
        self._heard_on = self.array.name

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The array's topic."""
        return (self.array,)

    def channel_of(self, slot: str) -> Channel:
        """Return the array's topic, where a name is awaited."""
        return self.array

    def _in_array(self) -> Iterable[str]:
        """Return the slots whose poses come in the array."""
        return self._options.trackers

    @abstractmethod
    def entries(self, topic: str, message: Any) -> Iterable[tuple[str, Any]]:
        """Return the names and poses in a message that are good for use."""

    def forget(self) -> None:
        """Forget which names were there."""
        self._names.forget()

    def missing(self) -> str | None:
        """Return which names are awaited in vain."""
        missing = self._names.missing()
        return f"{self._heard_on}: {missing}" if missing else None

    def why_unheard(self, slot: str) -> str | None:
        """Return which names are there instead of the tracker's."""
        why = self._names.why_unheard(slot)
        return f"{self._heard_on}: {why}" if why else None

    def decode(self, channel: str, topic: str, message: Any) -> Iterator[Decoded]:
        """Yield the poses of one message as one frame."""
        self._heard_on = topic
        frame = tracker_frame(message.header, {})
        poses = {}
        for name, pose in self.entries(topic, message):
            key = self._names.slot_of(name)
            found = key and self._hands.pose(key, tracker_pose(pose), frame.stamp_ns)
            if found:
                poses[found[0]] = found[1]
        if poses:
            yield replace(frame, poses=poses), topic
