# SPDX-License-Identifier: Apache-2.0
"""A pose decoded in one step is the message that rosbags makes, or is left to rosbags."""

from __future__ import annotations

from dataclasses import asdict

from hypothesis import example, given, settings
from hypothesis import strategies as st
from rosbags.typesys.store import SerdeError

from kinest_ros.bags.quick_decode import quick_decoder
from kinest_ros.bags.topics import POSE_TYPE
from kinest_ros.bags.types import blank, typestore
from tests.search import examples

DECODE = quick_decoder(typestore())
NUMBERS = st.floats(width=64)


def generic(data: bytes):
    """What rosbags makes of it; None where it refuses."""
    try:
        return typestore().deserialize_cdr(data, POSE_TYPE)
    except (SerdeError, IndexError, UnicodeDecodeError, ValueError):
        return None


def same(first, second) -> bool:
    """Classes, values and their types are equal; NaN equals NaN."""
    return type(first) is type(second) and repr(asdict(first)) == repr(asdict(second))


@settings(deadline=None, max_examples=examples(200))
@given(
    frame=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    sec=st.integers(-(2**31), 2**31 - 1),
    nanosec=st.integers(0, 2**32 - 1),
    numbers=st.lists(NUMBERS, min_size=7, max_size=7),
    little=st.booleans(),
    padding=st.integers(0, 4),
)
@example(frame="", sec=0, nanosec=0, numbers=[0.0] * 7, little=True, padding=0)
def test_any_pose(frame, sec, nanosec, numbers, little, padding):
    message = blank(POSE_TYPE)
    message.header.frame_id = frame
    message.header.stamp.sec, message.header.stamp.nanosec = sec, nanosec
    position, turn = message.pose.position, message.pose.orientation
    position.x, position.y, position.z, turn.x, turn.y, turn.z, turn.w = numbers
    data = bytes(typestore().serialize_cdr(message, POSE_TYPE, little_endian=little)) + bytes(
        padding
    )
    quick = DECODE(data, POSE_TYPE)
    assert (quick is not None) == (little and padding <= 3)
    if quick is not None:
        assert same(quick, generic(data))


@settings(deadline=None, max_examples=examples(200))
@given(data=st.data())
def test_any_bytes(data):
    """Cut off, with other bytes in the middle: it never reads what rosbags refuses or differs."""
    message = blank(POSE_TYPE)
    message.header.frame_id = data.draw(st.sampled_from(["", "map", "head_link"]))
    whole = bytearray(typestore().serialize_cdr(message, POSE_TYPE))
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, 27))] = data.draw(st.integers(0, 255))
    cut = bytes(
        whole[: data.draw(st.integers(0, len(whole)))] if data.draw(st.booleans()) else whole
    )
    quick, slow = DECODE(cut, POSE_TYPE), generic(cut)
    if quick is not None:
        assert slow is not None and same(quick, slow)


def test_other_types_are_left_alone():
    message = blank("std_msgs/msg/Header")
    data = bytes(typestore().serialize_cdr(message, "std_msgs/msg/Header"))
    assert DECODE(data, "std_msgs/msg/Header") is None
