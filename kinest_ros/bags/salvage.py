# SPDX-License-Identifier: Apache-2.0
"""An .mcap file that was cut off, or has no index: what is whole in it, as a file that can be read.

A recorder that is killed, or a disk that is full, leaves no footer, and often half a chunk. All
records up to the break are good; format: https://mcap.dev/spec.
"""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import lz4.frame

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import read_bytes

#: Most bytes of a file that is mended, which is done in memory, and of one chunk of it, unpacked.
SALVAGE_LIMIT, CHUNK_LIMIT = 8 << 30, 256 << 20
_MAGIC = b"\x89MCAP0\r\n"
_HEADER, _FOOTER, _SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _DATA_END = 1, 2, 3, 4, 5, 6, 15


def salvage(source: Path, target: Path) -> bool:
    """Write what is whole in an .mcap file, in the order of time, to another one.

    Args:
        source: the file.
        target: to be made.

    Returns:
        Whether the file breaks off, so that something may be lost.

    Raises:
        KinestError: not a message in it, or no .mcap file at all.
    """
    try:
        data = read_bytes(source, SALVAGE_LIMIT)
    except (OSError, ValueError) as error:
        raise KinestError(f"{source} is truncated and cannot be repaired: {error}") from None
    if not data.startswith(_MAGIC):
        raise KinestError(f"{source} is not an .mcap file, or is empty")
    kept: dict[int, dict[int, bytes]] = {_SCHEMA: {}, _CHANNEL: {}}
    messages: list[tuple[int, bytes]] = []
    whole = False
    for op, record in _all_records(data[len(_MAGIC) :]):
        if op in kept and len(record) >= 2:
            kept[op].setdefault(int.from_bytes(record[:2], "little"), record)
        elif op == _MESSAGE and len(record) >= 22:
            messages.append((int.from_bytes(record[6:14], "little"), record))
        whole |= op == _FOOTER
    if not messages:
        raise KinestError(f"{source} is truncated before its first complete message")
    messages.sort(key=lambda item: item[0])
    with target.open("wb") as out:
        out.write(_MAGIC)
        for kind, body in (
            (_HEADER, _text(b"ros2") + _text(b"kinest")),
            *((_SCHEMA, body) for body in kept[_SCHEMA].values()),
            *((_CHANNEL, body) for body in kept[_CHANNEL].values()),
            *((_MESSAGE, body) for _, body in messages),
            (_DATA_END, bytes(4)),
            (_FOOTER, bytes(20)),
        ):
            out.write(struct.pack("<BQ", kind, len(body)) + body)
        out.write(_MAGIC)
    return not whole


def _text(value: bytes) -> bytes:
    return struct.pack("<I", len(value)) + value


def _all_records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and body of the records, those within chunks in the place of the chunks."""
    for kind, body in _records(data):
        if kind == _CHUNK:
            yield from _records(_unpacked(body))
        else:
            yield kind, body


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the whole records, and of a chunk that breaks off what there is of it."""
    at = 0
    while at + 9 <= len(data):
        kind, size = struct.unpack_from("<BQ", data, at)
        body = data[at + 9 : at + 9 + size]
        if len(body) == size or kind == _CHUNK:
            yield kind, body
        at += 9 + size


def _unpacked(chunk: bytes) -> bytes:
    """Return the records of a chunk, as many as there are."""
    stream = io.BytesIO(chunk)
    stream.seek(28)  # two times, the size and a checksum
    name = stream.read(int.from_bytes(stream.read(4), "little"))
    stream.seek(8, io.SEEK_CUR)
    packed = stream.read()
    try:
        if name == b"zstd":
            return bytes(zstd.ZstdDecompressor().decompress(packed, CHUNK_LIMIT))
        if name == b"lz4":
            return bytes(lz4.frame.LZ4FrameDecompressor().decompress(packed, CHUNK_LIMIT))
    except (zstd.ZstdError, RuntimeError, EOFError):
        return b""
    return packed
