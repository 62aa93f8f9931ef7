# SPDX-License-Identifier: Apache-2.0
"""Read rosbag2 directories and bare .mcap files."""

from __future__ import annotations

import contextlib
import heapq
import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rosbags.interfaces import Connection
from rosbags.rosbag1 import Reader as Ros1Reader
from rosbags.rosbag2 import Reader
from rosbags.typesys.store import Typestore

from kinest_ros.bags.opening import BROKEN, open_readers
from kinest_ros.bags.topics import BODY, BODY_TYPE
from kinest_ros.bags.types import typestore_of
from kinest_ros.errors import KinestError


@dataclass(frozen=True)
class RawMessage:
    """A message as it is stored: its topic, type, time in the bag (ns) and CDR bytes."""

    topic: str
    msgtype: str
    time_ns: int
    data: bytes


class BagReader:
    """An open bag, to be used in a with statement."""

    def __init__(self, path: str | Path | Sequence[Path]) -> None:
        """Find the bag.

        Args:
            path: a rosbag2 directory, or a bare .mcap (or .db3) file, also a compressed one, or a
                .bag of ROS 1; or several of them, parts of one recording.

        Raises:
            KinestError: nothing there.
        """
        self._paths = [Path(path)] if isinstance(path, (str, Path)) else list(path)
        self.path = self._paths[0]
        for part in self._paths:
            if not part.exists():
                raise KinestError(f"bag {part} does not exist")

    def __enter__(self) -> BagReader:
        """Open the bag."""
        with contextlib.ExitStack() as stack, self._blame():
            found = [reader for part in self._paths for reader in open_readers(part, stack)]
            self._readers = sorted(found, key=lambda reader: reader.start_time)
            self._types = typestore_of(self._connections)
            self._open = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the bag."""
        self._open.close()

    @property
    def typestore(self) -> Typestore:
        """The types of the bag's messages."""
        return self._types

    @property
    def _connections(self) -> list[Connection]:
        return [connection for reader in self._readers for connection in reader.connections]

    @property
    def types(self) -> dict[str, str]:
        """Message type by topic."""
        return {connection.topic: connection.msgtype for connection in self._connections}

    def count(self, topics: Collection[str]) -> int:
        """Number of messages on some topics."""
        return sum(c.msgcount for c in self._connections if c.topic in topics)

    def listing(self) -> str:
        """The bag's topics with their types, for messages to the user."""
        lines = [f"{topic} [{kind}]" for topic, kind in sorted(self.types.items())]
        return "\n  ".join(["", *lines]) if lines else " none"

    def require(self, topic: str, msgtype: str) -> None:
        """Raise KinestError, listing the bag's topics, unless it has this one."""
        kind = self.types.get(topic)
        if kind is None:
            raise KinestError(f"{self.path} has no topic {topic}; its topics are:{self.listing()}")
        if kind != msgtype:
            raise KinestError(f"{self.path}: topic {topic} carries {kind}; expected {msgtype}")

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Yield the messages on some topics in the order of their times in the bag."""
        with self._blame():
            sources = [self._messages_of(reader, topics) for reader in self._readers]
            starts = [reader.start_time for reader in self._readers[1:]]
            ends = [reader.end_time for reader in self._readers]
            overlap = any(end > start for end, start in zip(ends, starts, strict=False))
            by_time = heapq.merge(*sources, key=lambda message: message.time_ns)
            yield from by_time if overlap else itertools.chain(*sources)

    def _messages_of(
        self, reader: Reader | Ros1Reader, topics: Collection[str]
    ) -> Iterator[RawMessage]:
        # With none chosen, rosbags would yield all.
        if chosen := [c for c in reader.connections if c.topic in topics]:
            for connection, time_ns, stored in reader.messages(connections=chosen):
                data = bytes(stored)
                if isinstance(reader, Ros1Reader):
                    data = bytes(self._types.ros1_to_cdr(data, connection.msgtype))
                yield RawMessage(connection.topic, connection.msgtype, time_ns, data)

    def decode(self, message: RawMessage) -> Any:
        """Deserialise a message of a type we know.

        Raises:
            KinestError: bytes that are no such message.
        """
        try:
            return self._types.deserialize_cdr(message.data, message.msgtype)
        except Exception as error:  # rosbags raises whatever the broken bytes lead to
            raise KinestError(
                f"{self.path}: a message on {message.topic} is not a valid "
                f"{message.msgtype} ({error})"
            ) from None

    @contextlib.contextmanager
    def _blame(self) -> Iterator[None]:
        """Turn what rosbags raises on a broken file into an error that names the file."""
        try:
            yield
        except (KinestError, GeneratorExit):
            raise
        except BROKEN as error:
            raise KinestError(f"{self.path} is not a readable bag: {error}") from None


@dataclass(frozen=True)
class Bodies:
    """The bodies of one topic over N messages.

    Attributes:
        stamps_ns: (N,) int64.
        frame_id: fixed frame of the last one.
        local_rotations: (N, 22, 4) xyzw, SMPL axes, [:, 0] world_from_pelvis.
        positions: (N, 22, 3) m, in `frame_id`.
        tracker_valid: (N, 6) bool, in the order of `SLOTS`.
        confidence: (N, 22), in (0, 1].
        contacts: (N, 2) probability that the left and the right foot are on the ground.
        latency: (N,) s, as recorded; 0 of a replay.
    """

    stamps_ns: np.ndarray
    frame_id: str
    local_rotations: np.ndarray
    positions: np.ndarray
    tracker_valid: np.ndarray
    confidence: np.ndarray
    contacts: np.ndarray
    latency: np.ndarray

    def __len__(self) -> int:
        """Number of bodies."""
        return len(self.stamps_ns)


def read_bodies(path: str | Path, topic: str = BODY) -> Bodies:
    """Read all bodies of a topic.

    Args:
        path: a rosbag2 directory or a bare .mcap file.
        topic: a topic of type kinest_ros/FullBodyState.

    Raises:
        KinestError: no such bag or topic (the bag's topics are listed).
    """
    with BagReader(path) as bag:
        bag.require(topic, BODY_TYPE)
        found = [bag.decode(message) for message in bag.messages((topic,))]
    stamps = [m.header.stamp.sec * 1_000_000_000 + m.header.stamp.nanosec for m in found]
    quaternions = [[(q.x, q.y, q.z, q.w) for q in m.local_rotations] for m in found]
    positions = [[(p.x, p.y, p.z) for p in m.positions] for m in found]
    return Bodies(
        np.array(stamps, np.int64),
        found[-1].header.frame_id if found else "",
        np.array(quaternions, float).reshape(-1, 22, 4),
        np.array(positions, float).reshape(-1, 22, 3),
        np.array([m.tracker_valid for m in found], bool).reshape(-1, 6),
        np.array([m.confidence for m in found], float).reshape(-1, 22),
        np.array([m.contacts for m in found], float).reshape(-1, 2),
        np.array([m.latency for m in found], float),
    )
