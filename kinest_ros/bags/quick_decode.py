# SPDX-License-Identifier: Apache-2.0
"""PoseStamped out of its bytes in one step, where the layout is the usual one.

rosbags deserialises a message number by number. Most messages of a recording are poses, whose
layout is fixed but for the length of the frame's name, so all numbers are unpacked at once. What
is laid out in any other way (big-endian, cut off, too long) is left to rosbags.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable
from typing import Any

from rosbags.typesys.store import Typestore

from kinest_ros.bags.topics import POSE_TYPE

#: Little-endian CDR, then the stamp and the length of frame_id with its closing zero.
_START = struct.Struct("<4siII")
_LITTLE_ENDIAN = b"\x00\x01"
_POSE = struct.Struct("<7d")


def quick_decoder(types: Typestore) -> Callable[[bytes, str], Any | None]:
    """Return what makes a message of its bytes and type; None: rosbags has to.

    Args:
        types: the classes of its messages are made.
    """
    classes = types.types
    names = (
        POSE_TYPE, "std_msgs/msg/Header", "builtin_interfaces/msg/Time", "geometry_msgs/msg/Pose",
        "geometry_msgs/msg/Point", "geometry_msgs/msg/Quaternion",
    )  # fmt: skip
    stamped, header, time, pose, point, quaternion = (classes[name] for name in names)

    @functools.lru_cache(maxsize=64)
    def name_of(text: bytes) -> str:
        return text.decode()

    def decode(data: bytes, msgtype: str) -> Any | None:
        if msgtype != POSE_TYPE or len(data) < _START.size:
            return None
        kind, sec, nanosec, length = _START.unpack_from(data)
        end = _START.size + length
        # Doubles stand at multiples of 8 behind the four bytes that say how it is laid out.
        at = end + (4 - end) % 8
        behind = len(data) - at - _POSE.size
        if kind[:2] != _LITTLE_ENDIAN or not length or not 0 <= behind <= 3 or data[end - 1]:
            return None
        try:
            frame_id = name_of(data[_START.size : end - 1])
        except UnicodeDecodeError:
            return None
        x, y, z, qx, qy, qz, qw = _POSE.unpack_from(data, at)
        return stamped(
            header(time(sec, nanosec), frame_id),
            pose(point(x, y, z), quaternion(qx, qy, qz, qw)),
        )

    return decode
