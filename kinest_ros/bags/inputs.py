# SPDX-License-Identifier: Apache-2.0
"""Tracker frames out of bags: the node's decoders, fed with stored messages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kinest_ros.bags.reader import BagReader, RawMessage
from kinest_ros.bags.stamp_clocks import StampClocks, stamp_with
from kinest_ros.bags.topics import BODY, NODE
from kinest_ros.decoding.decoder import Channel, Decoded, Decoder
from kinest_ros.decoding.kinds import DECODERS
from kinest_ros.decoding.options import InputOptions
from kinest_ros.decoding.worn import WORN_KIND, WORN_TOPIC, WornWord
from kinest_ros.errors import KinestError
from kinest_ros.human_description.link_transforms import link_frame_names
from kinest_ros.tracking.frame import TrackerFrame


@dataclass(frozen=True)
class InputChoice:
    """Where the tracker poses are in a bag, as far as the user says.

    Attributes:
        kind: name of the input, one of `DECODERS`; None: what the bag holds.
        options: which trackers, and what they are called.
        topics: topic by slot, or by the name that it has below the node (``poses``, ``worn``),
            where it is not that name under ``/kinest/``.
        bag_time: take the times in the bag instead of the header stamps, where these are zero or
            of no use: the poses are then as late as they were recorded.
    """

    kind: str | None = None
    options: InputOptions = field(default_factory=InputOptions)
    topics: Mapping[str, str] = field(default_factory=dict)
    bag_time: bool = False


@dataclass(frozen=True)
class Heard:
    """A stored message with the frames that it gave.

    Attributes:
        raw: as it is stored.
        frames: tracker frames, each with the topic to name in warnings about it.
        own: whether it is no input: transforms of a body that was recorded as well.
    """

    raw: RawMessage
    frames: list[Decoded]
    own: bool = False


class BagInput:
    """The tracker poses of an open bag; each iteration starts from its beginning.

    Attributes:
        kind: name of the input.
        topics: channels by topic, those that are in the bag.
        worn: topic that says whether the headset is worn; empty for none.
        warnings: by topic, what was wrong first.
    """

    def __init__(self, bag: BagReader, kind: str, choice: InputChoice) -> None:
        """Find the topics.

        Args:
            bag: an open bag.
            kind: name of the input.
            choice: its options and topics.

        Raises:
            KinestError: a topic that must be there is not, or carries another type.
        """
        self.kind, self._bag = kind, bag
        self.warnings: dict[str, str] = {}
        options = choice.options
        if BODY in bag.types:  # a body was recorded as well: its links are no trackers
            options = replace(options, own_frames=frozenset(link_frame_names()))
        self._own, self._bag_time = options.own_frames, choice.bag_time
        self._clocks = StampClocks()
        self._decoder: Decoder = DECODERS[kind](options, self._warn)
        check_topics(self._decoder, choice.topics)
        self.topics: dict[str, Channel] = {}
        for channel in self._decoder.channels:
            topic = topic_of(bag, channel, choice.topics)
            if topic is not None:
                if topic in self.topics:
                    raise KinestError(
                        f"topic {topic} is given for both {key_of(self.topics[topic])} and "
                        f"{key_of(channel)}"
                    )
                self.topics[topic] = channel
        head = self._decoder.channels[0]
        if head not in self.topics.values():
            raise KinestError(
                f"{bag.path} has no {'head ' * bool(head.slot)}topic {default_topic(head)}; name "
                f"it with --topic {key_of(head)}:=/NAME. Its topics are:{bag.listing()}"
            )
        named = choice.topics.get(WORN_TOPIC)
        if named:
            bag.require(named, WORN_KIND)
        default = f"{NODE}/{WORN_TOPIC}"
        self.worn = named or (default if bag.types.get(default) == WORN_KIND else "")

    def _warn(self, topic: str, text: str) -> None:
        self.warnings.setdefault(topic, text)

    def count(self) -> int:
        """Number of messages on the topics."""
        return self._bag.count(self.topics)

    def why_no_head(self) -> str:
        """Return why no pose of the head was heard, or none of use, as far as is known."""
        missing = self._decoder.missing() or self._clocks.standing_still()
        return missing or self._decoder.why_unheard("head") or ""

    def notes(self) -> list[str]:
        """Return what is to be said of what was read: warnings, and clocks that are apart."""
        warnings = [f"{topic}: {text}" for topic, text in self.warnings.items()]
        return warnings + ([] if self._bag_time else self._clocks.apart())

    def heard(self, others: Collection[str] = ()) -> Iterator[Heard]:
        """Yield the messages of the input, and of other topics, in the order of the bag.

        What is latched and was said first counts from the beginning: whoever listened live had
        heard it before.

        Args:
            others: topics that the caller wants besides.
        """
        self._decoder.forget()
        self.warnings.clear()
        self._clocks = StampClocks()
        word = WornWord()
        latched = {topic for topic, channel in self.topics.items() if channel.latched}
        if latched:
            for raw in reversed(list(self._bag.messages(latched))):
                name = self.topics[raw.topic].name
                list(self._decoder.decode(name, raw.topic, self._bag.decode(raw)))
        wanted = {*self.topics, *others, *([self.worn] if self.worn else [])}
        for raw in self._bag.messages(wanted):
            channel = self.topics.get(raw.topic)
            if channel is not None:
                message = self._bag.decode(raw)
                if self._bag_time:
                    stamp_with(message, raw.time_ns)
                found = self._decoder.decode(channel.name, raw.topic, message)
                frames = [(word.mark(frame), source) for frame, source in found]
                for frame, _ in frames:
                    self._clocks.heard(frame, raw.time_ns)
                yield Heard(raw, frames, bool(self._own) and self._is_own(message))
                continue
            if raw.topic == self.worn:
                word.said = bool(self._bag.decode(raw).data)
            yield Heard(raw, [])

    def frames(self) -> Iterator[TrackerFrame]:
        """Yield the tracker frames in the order of the bag."""
        for heard in self.heard():
            for frame, _ in heard.frames:
                yield frame

    def _is_own(self, message: Any) -> bool:
        transforms = getattr(message, "transforms", ())
        return bool(transforms) and all(t.child_frame_id in self._own for t in transforms)


def default_topic(channel: Channel) -> str:
    """Return the topic that a channel has in bags unless the user names another."""
    return channel.name if channel.name.startswith("/") else f"{NODE}/{channel.name}"


def key_of(channel: Channel) -> str:
    """Return what a channel's topic is named by: the slot, or the channel's own name."""
    return channel.slot or channel.name.removeprefix("/")


def topic_of(bag: BagReader, channel: Channel, named: Mapping[str, str]) -> str | None:
    """Return a channel's topic in a bag; None where it is not there and need not be.

    Of an array, whose type nothing else has, the name does not matter.

    Raises:
        KinestError: a topic named by the user is not there; or it carries another type.
    """
    given = named.get(key_of(channel))
    topic = given or default_topic(channel)
    if given or topic in bag.types:
        bag.require(topic, channel.kind)
        return topic
    same = [t for t, kind in bag.types.items() if kind == channel.kind]
    alone = not channel.slot and not channel.name.startswith("/") and "/" not in channel.name
    return same[0] if alone and len(same) == 1 else None


def check_topics(decoder: Decoder, named: Mapping[str, str]) -> None:
    """Raise KinestError for topics of nothing that the decoder hears, or that are no names."""
    keys = [*map(key_of, decoder.channels), WORN_TOPIC]
    for key, topic in named.items():
        if key not in keys:
            raise KinestError(
                f"--topic {key}:={topic}: this input has no '{key}'; use one of {', '.join(keys)}"
            )
        if not topic.startswith("/") or topic.endswith("/") or "//" in topic or " " in topic:
            raise KinestError(f"'{topic}' is not a topic name; write it like /vr/{key}/pose")
