# SPDX-License-Identifier: Apache-2.0
"""The messages between page and server: one table, from which both sides and the docs are made.

A message is one binary WebSocket frame: a byte that says which, then its fields one after the
other, little-endian and without padding. The version is part of the WebSocket subprotocol's name,
so two sides that do not understand each other never begin to talk.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kinest_ros.body.joints import JOINT_NAMES, SLOTS
from kinest_ros.errors import KinestError

VERSION = 1
#: Asked for and granted at the WebSocket handshake.
SUBPROTOCOL = f"kinest.webxr.{VERSION}"
#: Bytes, longest message that a page may send; and longest text that it is sent.
MAX_FROM_PAGE, MAX_TEXT = 256, 4000

_FORMATS = {"u8": "B", "u32": "I", "f32": "f", "f64": "d"}


class BadMessage(KinestError):
    """Bytes that are no message of this protocol."""


@dataclass(frozen=True)
class Field:
    """One value, or several of one kind.

    Attributes:
        name: as in the values of `pack` and `unpack`.
        kind: u8, u32, f32, f64, or text: UTF-8 up to the end of the message.
        what: unit and meaning.
        count: numbers in it; 1 is a number and no list.
    """

    name: str
    kind: str
    what: str
    count: int = 1


@dataclass(frozen=True)
class Message:
    """One kind of message.

    Attributes:
        name: of the message.
        code: its first byte.
        what: when it is sent.
        fields: in order; a text comes last.
    """

    name: str
    code: int
    what: str
    fields: tuple[Field, ...] = ()
    _struct: struct.Struct = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        numbers = (f for f in self.fields if f.kind != "text")
        layout = "".join(f"{f.count}{_FORMATS[f.kind]}" for f in numbers)
        object.__setattr__(self, "_struct", struct.Struct("<B" + layout))

    @property
    def text(self) -> str | None:
        """The name of the text at the end, if there is one."""
        last = self.fields[-1] if self.fields else None
        return last.name if last is not None and last.kind == "text" else None

    def pack(self, **values: Any) -> bytes:
        """Return the message's bytes; every field must be given."""
        flat: list[Any] = []
        for item in self.fields:
            if item.kind != "text":
                value = values[item.name]
                flat.extend([value] if item.count == 1 else value)
        packed = self._struct.pack(self.code, *flat)
        if self.text is None:
            return packed
        return packed + str(values[self.text]).encode()[:MAX_TEXT]

    def unpack(self, data: bytes) -> dict[str, Any]:
        """Return the fields' values by name.

        Raises:
            BadMessage: too short or too long.
        """
        size = self._struct.size
        if len(data) != size and (self.text is None or len(data) < size):
            raise BadMessage(f"{self.name}: {len(data)} bytes; expected {size}")
        numbers = self._struct.unpack_from(data)
        values: dict[str, Any] = {}
        place = 1
        for item in self.fields:
            if item.kind == "text":
                values[item.name] = data[size:].decode(errors="replace")
            elif item.count == 1:
                values[item.name] = numbers[place]
                place += 1
            else:
                values[item.name] = numbers[place : place + item.count]
                place += item.count
        return values


#: The hands in the order in which POSES has them, after the head.
TRACKED = ("head", "left_hand", "right_hand")
#: What a tracked thing's `device` is in POSES; 0: not there, or its position is a guess.
DEVICE_CODES: Mapping[str, int] = {"": 1, "controller": 2, "hand": 3}
#: Whether poses may be expected, in SESSION.
SESSION_STATES = ("ended", "visible", "blurred", "hidden")

_POSE_FIELDS = tuple(
    item
    for name in TRACKED
    for item in (
        Field(
            f"{name}_device", "u8", "0 none or not measured, 1 headset, 2 controller grip, 3 wrist"
        ),
        Field(f"{name}_position", "f32", "m, in the page's reference space", 3),
        Field(f"{name}_orientation", "f32", "quaternion xyzw", 4),
    )
)

FROM_PAGE: tuple[Message, ...] = (
    Message(
        "POSES",
        1,
        "Every frame of a visible session.",
        (
            Field("shown_ms", "f64", "predicted display time, for which the poses are predicted"),
            Field("sent_ms", "f64", "when it was sent"),
            Field("triggers", "u8", "held triggers or pinches: 1 left, 2 right"),
            *_POSE_FIELDS,
        ),
    ),
    Message(
        "PONG",
        2,
        "Immediately after a PING.",
        (
            Field("id", "u32", "as in the PING"),
            Field("received_ms", "f64", "when the PING arrived"),
            Field("sent_ms", "f64", "when this was sent"),
        ),
    ),
    Message(
        "SESSION",
        3,
        "When the immersive session begins, ends or changes its visibility.",
        (
            Field("state", "u8", ", ".join(f"{i} {s}" for i, s in enumerate(SESSION_STATES))),
            Field("at_ms", "f64", "time of the change"),
        ),
    ),
    Message(
        "RESET",
        4,
        "The origin of the reference space moved: a recentring. Poses that follow are in the new "
        "space.",
        (
            Field("known", "u8", "1 if the headset says how it moved"),
            Field("position", "f32", "m, the new origin in the old space", 3),
            Field("orientation", "f32", "quaternion xyzw, likewise", 4),
        ),
    ),
    Message("CALIBRATE", 5, "The wearer is holding the calibration pose: calibrate now."),
)
FROM_SERVER: tuple[Message, ...] = (
    Message(
        "PING",
        129,
        "A few times at the start, then once a second, for the clock offset.",
        (Field("id", "u32", "returned in the PONG"),),
    ),
    Message(
        "BODY",
        130,
        "The estimated body, up to 30 times a second.",
        (
            Field("at_ms", "f64", "stamp of the body, on the page's clock"),
            Field("states", "u8", "`tracker_state` as in FullBodyState", len(SLOTS)),
            Field("confidence", "u8", "by joint, 0 to 255", len(JOINT_NAMES)),
            Field(
                "positions",
                "f32",
                "m, x y z by joint, in the page's reference space",
                3 * len(JOINT_NAMES),
            ),
        ),
    ),
    Message(
        "STATUS",
        131,
        "Once a second.",
        (
            Field("round_trip_ms", "f32", "round trip of the fastest recent clock exchange"),
            Field("uncertainty_ms", "f32", "uncertainty of the pose stamps"),
            Field("dropped", "u32", "dropped messages: late, too many, or malformed"),
        ),
    ),
    Message(
        "ANSWER",
        132,
        "Result of CALIBRATE.",
        (Field("success", "u8", "1 or 0"), Field("text", "text", "in words")),
    ),
    Message(
        "NOTICE",
        133,
        "The session cannot be used, for example because another headset drives the body.",
        (Field("text", "text", "why, in words"),),
    ),
)
MESSAGES: Mapping[str, Message] = {m.name: m for m in (*FROM_PAGE, *FROM_SERVER)}
_BY_CODE = {message.code: message for message in FROM_PAGE}


def unpack_from_page(data: bytes) -> tuple[str, dict[str, Any]]:
    """Return the name and the fields of a message that a page sent.

    Raises:
        BadMessage: bytes that are none.
    """
    message = _BY_CODE.get(data[0]) if data else None
    if message is None:
        raise BadMessage(f"no message begins with {data[:1].hex() or 'nothing'}")
    return message.name, message.unpack(data)


def protocol_module() -> str:
    """Return the table as the text of a JavaScript module, for the page."""
    table = {
        "subprotocol": SUBPROTOCOL,
        "devices": DEVICE_CODES,
        "states": SESSION_STATES,
        "joints": JOINT_NAMES,
        "slots": SLOTS,
        "tracked": TRACKED,
        "messages": {
            message.name: {
                "code": message.code,
                "fields": [[f.name, f.kind, f.count] for f in message.fields],
            }
            for message in MESSAGES.values()
        },
    }
    return f"export const PROTOCOL = {json.dumps(table)};\n"
