# SPDX-License-Identifier: Apache-2.0
"""Messages into an MCAP file that rosbags writes, in fewer steps than its own `Writer.write`.

The bytes are the same (tests compare the files): a record's head is packed at once, and the topic
is not looked for. Where rosbags' writer is not as it was when this was written, its own is taken.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from rosbags.interfaces import Connection
from rosbags.rosbag2 import CompressionMode, Writer

#: Takes a topic's connection, the time in the bag in ns, and the serialised message.
Record = Callable[[Connection, int, bytes], None]
#: Opcode, length behind it, channel, sequence, log time, publish time.
_HEAD = struct.Struct("<BQHIQQ")
_MESSAGE, _BEHIND_LENGTH, _CHUNK = 0x05, 22, 2**20
_OF_STORAGE = ("chunk", "channel_stats", "message_start_time", "message_end_time", "close_chunk")
_OF_CHUNK = ("message_start_time", "message_end_time", "bio", "msgs")


def quick_record(writer: Writer) -> Record:
    """Return what writes messages to an open writer, on connections that were added to it."""
    storage: Any = getattr(writer, "storage", None)
    known = (
        type(storage).__name__ == "McapWriter"
        and getattr(writer, "compression_mode", None) is CompressionMode.NONE
        and all(hasattr(writer, n) for n in ("counts", "min_timestamp", "max_timestamp"))
        and all(hasattr(storage, name) for name in _OF_STORAGE)
        and all(hasattr(storage.chunk, name) for name in _OF_CHUNK)
    )
    if not known:
        return writer.write
    pack, counts = _HEAD.pack, writer.counts

    def record(connection: Connection, time_ns: int, data: bytes) -> None:
        channel, chunk = connection.id, storage.chunk
        stream = chunk.bio
        chunk.msgs[channel].append((time_ns, stream.tell()))
        size = len(data) + _BEHIND_LENGTH
        stream.write(pack(_MESSAGE, size, channel, 0, time_ns, time_ns))
        stream.write(data)
        counts[channel] += 1
        storage.channel_stats[channel] += 1
        if time_ns < chunk.message_start_time:
            chunk.message_start_time = time_ns
            if time_ns < storage.message_start_time:
                storage.message_start_time = writer.min_timestamp = time_ns
        if time_ns > chunk.message_end_time:
            chunk.message_end_time = time_ns
            if time_ns > storage.message_end_time:
                storage.message_end_time = writer.max_timestamp = time_ns
        if stream.tell() > _CHUNK:
            storage.close_chunk()

    return record
