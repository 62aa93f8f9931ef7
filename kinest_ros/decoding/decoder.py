# SPDX-License-Identifier: Apache-2.0
"""What all decoders have in common: channels to hear, messages in, tracker frames out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kinest_ros.decoding.options import InputOptions
from kinest_ros.tracking.frame import TrackerFrame

#: Takes a topic and what is wrong with what comes from it; called as often as it is wrong.
OnWarning = Callable[[str, str], None]
#: A frame, in the axes it came in, and the topic to name in warnings about it.
Decoded = tuple[TrackerFrame, str]


@dataclass(frozen=True)
class Channel:
    """One topic that a decoder hears.

    Attributes:
        name: of the topic below the node's (``~/`` live, ``/kinest/`` in bags); one that begins
            with a slash is where it is.
        kind: its message type, such as ``geometry_msgs/msg/PoseStamped``.
        slot: the tracker whose poses alone come on it; empty for several.
        latched: whether what was said last counts for who comes later.
        least_depth: length of the queue at least.
    """

    name: str
    kind: str
    slot: str = ""
    latched: bool = False
    least_depth: int = 1


class Decoder(ABC):
    """Turns messages of one kind into tracker frames.

    Frames come as the messages do, in the axes they come in; order, duplicates, gaps and bad values
    are for those behind. What comes out depends on the messages and their order alone.
    """

    def __init__(self, options: InputOptions, on_warning: OnWarning) -> None:
        """Keep what is needed to decode.

        Args:
            options: which trackers, and what they are called.
            on_warning: takes a topic and what is wrong with it.

        Raises:
            KinestError: names that cannot be.
        """
        self._options, self._on_warning = options, on_warning

    @property
    @abstractmethod
    def channels(self) -> tuple[Channel, ...]:
        """What is to be heard; the one with the head comes first."""

    @abstractmethod
    def decode(self, channel: str, topic: str, message: Any) -> Iterator[Decoded]:
        """Yield the frames that a message gives or completes.

        Args:
            channel: name of the channel it came on.
            topic: full name of that topic, for warnings.
            message: of rclpy or of rosbags.
        """

    def forget(self) -> None:  # noqa: B027
        """Forget what was received."""

    def missing(self) -> str | None:
        """Return what of the names it looks for is not among those that come, or None."""
        return None

    def why_unheard(self, slot: str) -> str | None:
        """Return why nothing comes of a tracker although messages do; None if that is not known."""
        return None

    def conflicts(self) -> list[str] | None:
        """Return what of the messages contradicts itself; asked about once a second.

        None where each topic has one publisher, and two of them are the contradiction.
        """
        return None

    def channel_of(self, slot: str) -> Channel:
        """Return the channel on which a tracker's poses are to come."""
        own = (channel for channel in self.channels if channel.slot == slot)
        return next(own, self.channels[0])
