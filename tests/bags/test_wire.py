# SPDX-License-Identifier: Apache-2.0
"""Rewritten bytes are those that rclpy makes of a message with the same numbers."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")

from geometry_msgs.msg import PoseStamped
from hypothesis import given, settings
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import JointState

from kinest_ros.bags.types import blank
from kinest_ros.bags.wire import WireField, WireMessage, stamp_numbers

NUMBERS = st.floats(allow_nan=False)


@settings(deadline=None)  # the first one loads the types
@given(
    frame=st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=9),
    stamp_ns=st.integers(0, 2**31 * 10**9 - 1),
    values=st.lists(NUMBERS, min_size=3, max_size=3),
)
def test_what_is_written_is_what_is_read(frame: str, stamp_ns: int, values: list[float]) -> None:
    message = blank("geometry_msgs/msg/PoseStamped")
    message.header.frame_id = frame
    stamp, position = message.header.stamp, message.pose.position

    def set_stamp(numbers: list[int]) -> None:
        stamp.sec, stamp.nanosec = numbers

    def set_position(numbers: list[float]) -> None:
        position.x, position.y, position.z = numbers

    wire = WireMessage(
        message,
        {
            "stamp": WireField(np.int32, 2, set_stamp),
            "position": WireField(np.float64, 3, set_position),
        },
    )
    for numbers in ((1.0, 2.0, 3.0), values):
        wire.write("position", np.array(numbers))
        wire.write("stamp", stamp_numbers(stamp_ns))
    read = deserialize_message(wire.tobytes(), PoseStamped)
    assert (read.header.stamp.sec, read.header.stamp.nanosec) == divmod(stamp_ns, 10**9)
    assert read.header.frame_id == frame
    assert [read.pose.position.x, read.pose.position.y, read.pose.position.z] == values
    assert len(serialize_message(read)) == len(wire.tobytes())  # what pads is anything


def test_bytes_given_away_do_not_change_afterwards() -> None:
    message = blank("sensor_msgs/msg/JointState")
    message.name = ["a"]

    def assign(values: list[float]) -> None:
        message.position = np.array(values)

    wire = WireMessage(
        message,
        {"angle": WireField(np.float64, 1, assign)},
    )
    wire.write("angle", np.array(1.0))
    first = wire.tobytes()
    wire.write("angle", np.array(2.0))
    assert deserialize_message(first, JointState).position[0] == 1.0


def test_numbers_that_are_not_there_are_noticed() -> None:
    with pytest.raises(RuntimeError, match=r"JointState: 0 of 2 angle"):
        WireMessage(
            blank("sensor_msgs/msg/JointState"),
            {"angle": WireField(np.float64, 2, lambda values: None)},
        )
