# SPDX-License-Identifier: Apache-2.0
"""Read BSON (https://bsonspec.org/spec.html): objects, lists, texts, numbers and bytes."""

from __future__ import annotations

import struct
from typing import Any

#: Deepest nesting, and most values in a document.
_DEPTH, _MOST = 32, 1 << 20
_NUMBERS = {0x01: "<d", 0x08: "<?", 0x09: "<q", 0x10: "<i", 0x11: "<Q", 0x12: "<q"}
#: Types without a content, and those that are passed over with so many bytes.
_EMPTY, _SKIPPED = (0x06, 0x0A, 0x7F, 0xFF), {0x07: 12, 0x13: 16}


def parse_bson(data: bytes) -> dict[str, Any]:
    """Return what a BSON document says.

    Raises:
        ValueError: no valid BSON, a type that is not read, or too much or too deeply nested.
    """
    try:
        found, end = _document(data, 0, 0, [0])
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"it is not a complete BSON document ({error})") from None
    if end != len(data):
        raise ValueError(f"its BSON document has {end} bytes; there are {len(data)}")
    return found


def _document(data: bytes, start: int, depth: int, count: list[int]) -> tuple[dict[str, Any], int]:
    if depth > _DEPTH:
        raise ValueError("it is nested too deeply")
    end = start + struct.unpack_from("<i", data, start)[0]
    if not start + 5 <= end <= len(data) or data[end - 1] != 0:
        raise ValueError("one of its documents has an invalid length")
    found: dict[str, Any] = {}
    place = start + 4
    while data[place] != 0:
        count[0] += 1
        if count[0] > _MOST:
            raise ValueError(f"it has more than {_MOST} values")
        kind, stop = data[place], data.index(b"\0", place + 1)
        name = data[place + 1 : stop].decode("utf-8")
        found[name], place = _value(data, kind, stop + 1, depth, count)
        if place >= end:
            raise ValueError("a value extends past the end of its document")
    return found, end


def _value(data: bytes, kind: int, place: int, depth: int, count: list[int]) -> tuple[Any, int]:
    if kind in _NUMBERS:
        layout = _NUMBERS[kind]
        return struct.unpack_from(layout, data, place)[0], place + struct.calcsize(layout)
    if kind in _EMPTY:
        return None, place
    if kind in _SKIPPED:
        return None, place + _SKIPPED[kind]
    if kind in (0x03, 0x04):
        inner, end = _document(data, place, depth + 1, count)
        return (list(inner.values()) if kind == 0x04 else inner), end
    if kind in (0x02, 0x0D, 0x0E, 0x05):
        length = struct.unpack_from("<i", data, place)[0]
        start = place + (5 if kind == 0x05 else 4)
        if length < 0 or start + length > len(data):
            raise ValueError("one of its values has an invalid length")
        content = data[start : start + length]
        return (content if kind == 0x05 else content[:-1].decode("utf-8")), start + length
    raise ValueError(f"it has a value of the unsupported type {kind:#04x}")
