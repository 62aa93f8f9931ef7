# SPDX-License-Identifier: Apache-2.0
"""The input of every kind of message: subscribes for its decoder and hands its frames on."""

from __future__ import annotations

import functools
import importlib
from typing import Any

from rclpy.node import Node

from kinest_ros.decoding.decoder import Channel, Decoder
from kinest_ros.decoding.kinds import DECODERS
from kinest_ros.decoding.options import InputOptions
from kinest_ros.node.inputs.callbacks import OnFrame, OnWarning
from kinest_ros.node.inputs.source import InputSource


class Subscriber(InputSource):
    """Hears the channels of a decoder."""

    def __init__(
        self,
        node: Node,
        options: InputOptions,
        on_frame: OnFrame,
        on_warning: OnWarning,
        prefix: str,
        input_name: str,
    ) -> None:
        """Find the messages' classes; nothing is on the network before `start`.

        Args:
            node: see `InputSource`.
            options: see `InputSource`.
            on_frame: see `InputSource`.
            on_warning: see `InputSource`.
            prefix: see `InputSource`.
            input_name: one of `DECODERS`.

        Raises:
            ImportError: a message package that is not installed, or has no such message.
            KinestError: names that cannot be.
        """
        super().__init__(node, options, on_frame, on_warning, prefix)
        self._decoder: Decoder = DECODERS[input_name](options, on_warning)
        self._classes = {c.kind: message_class(c.kind) for c in self._decoder.channels}

    def start(self) -> None:
        """Subscribe, with nothing known."""
        self._decoder.forget()
        for channel in self._decoder.channels:
            topic = self._topic_of(channel)
            self._subscribe(
                self._classes[channel.kind],
                topic,
                functools.partial(self._on_message, channel.name, topic),
                channel.least_depth,
                channel.latched,
            )

    def stop(self) -> None:
        """Leave the network and forget what was received."""
        super().stop()
        self._decoder.forget()

    def missing(self, head_heard: bool) -> str | None:
        """Return which names are awaited in vain, or why nothing comes at all."""
        return self._decoder.missing() or super().missing(head_heard)

    def conflicts(self) -> list[str]:
        """Return what contradicts itself: in the messages, or topics with several publishers."""
        found = self._decoder.conflicts()
        return super().conflicts() if found is None else found

    def awaited(self) -> tuple[str, ...]:
        """Return the hands, what the user has named, and slots whose topic is remapped."""
        remapped = (
            channel.slot
            for channel in self._decoder.channels
            if channel.slot not in ("", "head") and self._is_remapped(channel)
        )
        return tuple(dict.fromkeys((*super().awaited(), *remapped)))

    def why_unheard(self, slot: str) -> str:
        """Return what the messages tell of the tracker's absence, or the graph of its topic."""
        why = self._decoder.why_unheard(slot)
        if why:
            return why
        topic = self._topic_of(self._decoder.channel_of(slot))
        own = (s for s in self._subscriptions if s.topic_name == topic)
        return next((self._why_silent(s) for s in own), "not subscribed")

    def _topic_of(self, channel: Channel) -> str:
        if channel.name.startswith("/"):
            return str(self._node.resolve_topic_name(channel.name))
        return self._topic(channel.name)

    def _is_remapped(self, channel: Channel) -> bool:
        plain = self._node.resolve_topic_name(self._prefix + channel.name, only_expand=True)
        return bool(self._topic_of(channel) != plain)

    def _on_message(self, channel: str, topic: str, message: Any) -> None:
        for frame, source in self._decoder.decode(channel, topic, message):
            self._on_frame(frame, source)


def message_class(kind: str) -> Any:
    """Return rclpy's class of a message type, such as ``std_msgs/msg/Bool``.

    Raises:
        ImportError: its package is not installed, or has no such message.
    """
    package, _, name = kind.partition("/msg/")
    module = importlib.import_module(f"{package}.msg")
    if not hasattr(module, name):
        raise ImportError(f"cannot import name '{name}' from '{package}.msg'")
    return getattr(module, name)
