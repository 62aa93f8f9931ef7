# SPDX-License-Identifier: Apache-2.0
"""Messages kept in their serialised form, in which only the numbers change from frame to frame.

rclpy and rosbags turn a message into bytes field by field, through a Python object for each of
them: 70 µs and more for the transforms of one body. A body's messages differ in numbers alone
(strings and lengths stay), so here the bytes are made once, and then numbers are written where they
stand. Bags keep bytes, and rclpy publishes them as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinest_ros.bags.types import typestore

#: What a number is set to while its place is looked for, by its kind.
_MARKS: Mapping[str, float | int | bool] = {"f": 1.1, "i": 0x01020304, "b": True, "u": 200}
_ROUNDS = 4


@dataclass(frozen=True)
class WireField:
    """A group of numbers of one type in a message object.

    Attributes:
        kind: ``float64``, ``float32``, ``int32`` (also for uint32 below 2^31), ``uint8``
            or ``bool_``.
        count: how many they are.
        assign: writes a list of values into the message object, in the order in which they are
            serialised; used while their places are looked for.
    """

    kind: type
    count: int
    assign: Callable[[list[Any]], None]


class WireMessage:
    """The bytes of one message, and where its numbers stand in them.

    The places are found by serialising the message with zeros and with marks and comparing, so
    nothing here knows the format, and any middleware's will do.
    """

    def __init__(self, message: Any, fields: Mapping[str, WireField]) -> None:
        """Serialise the message.

        Args:
            message: of rosbags, with all strings and lengths as they will stay; its numbers are
                overwritten.
            fields: the groups of numbers that :meth:`write` can change, by name.

        Raises:
            RuntimeError: the places found are not as many as a field has numbers.
        """
        for field in fields.values():
            field.assign([field.kind(0).item()] * field.count)
        self._bytes = _serialised(message)
        self._places: dict[str, tuple[np.ndarray, np.ndarray | slice, np.dtype]] = {}
        for name, field in fields.items():
            starts = _find(message, field)
            if len(starts) != field.count:
                raise RuntimeError(
                    f"{type(message).__name__}: {len(starts)} of {field.count} {name} found in "
                    "the serialised message"
                )
            self._places[name] = _numbers_at(self._bytes, starts, np.dtype(field.kind))

    def write(self, name: str, values: np.ndarray) -> None:
        """Write a field's numbers: an array of any shape with as many items as the field has."""
        numbers, places, dtype = self._places[name]
        if numbers.dtype == dtype:
            numbers[places] = values.reshape(-1)
        else:
            numbers[places] = np.ascontiguousarray(values, dtype).reshape(-1).view(np.uint8)

    def tobytes(self) -> bytes:
        """Return the serialised message (CDR), as bags and ``Publisher.publish`` take it."""
        return self._bytes.tobytes()


def stamp_numbers(stamp_ns: int, count: int = 1) -> np.ndarray:
    """Return a stamp in nanoseconds as (count, 2) int32: seconds and nanoseconds, ``count`` times.

    Seconds wrap in 2038, as those of builtin_interfaces/Time do.
    """
    return np.array([divmod(stamp_ns, 1_000_000_000)] * count, dtype=np.int64).astype(np.int32)


def _numbers_at(
    data: np.ndarray, starts: np.ndarray, dtype: np.dtype
) -> tuple[np.ndarray, np.ndarray | slice, np.dtype]:
    """Return the bytes (n,) seen as numbers, and which of those stand at `starts`.

    Numbers of one type are so many bytes apart that they can be seen as such; if they are not,
    the bytes are returned as they are, and the places of each of theirs.
    """
    size = dtype.itemsize
    first = int(starts[0]) % size if len(starts) else 0
    if not ((starts - first) % size).any():
        whole = (len(data) - first) // size * size
        return data[first : first + whole].view(dtype), _as_slice((starts - first) // size), dtype
    places = (starts[:, None] + np.arange(size)).reshape(-1)
    return data, _as_slice(places), dtype


def _as_slice(places: np.ndarray) -> np.ndarray | slice:
    """Return places that follow each other as a slice, which is many times as quick to write to."""
    if not len(places):
        return slice(0, 0)
    first, behind = int(places[0]), int(places[-1]) + 1
    return slice(first, behind) if behind - first == len(places) else places


def _serialised(message: Any) -> np.ndarray:
    data = typestore().serialize_cdr(message, message.__msgtype__)
    return np.frombuffer(data, dtype=np.uint8).copy()


def _find(message: Any, field: WireField) -> np.ndarray:
    """Return where a field's numbers begin: where its mark comes and goes with them.

    Padding holds anything, by chance also what is looked for, but does not follow several times.
    """
    dtype = np.dtype(field.kind)
    zero, mark = dtype.type(0), dtype.type(_MARKS[dtype.kind])
    found: np.ndarray | bool = True
    for value in (mark, zero) * _ROUNDS:
        field.assign([value.item()] * field.count)
        pattern = value.reshape(1).view(np.uint8)
        windows = np.lib.stride_tricks.sliding_window_view(_serialised(message), len(pattern))
        found = found & (windows == pattern).all(axis=1)
    return np.flatnonzero(found)
