# SPDX-License-Identifier: Apache-2.0
"""Messages become frames in the axes they came in."""

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from geometry_msgs.msg import PoseStamped

from kinest_ros.decoding.poses import tracker_frame, tracker_pose


def test_pose_becomes_a_tracker_frame() -> None:
    message = PoseStamped()
    message.header.stamp.sec, message.header.stamp.nanosec = 3, 7
    message.header.frame_id = "vr"
    message.pose.position.y = 2.0
    message.pose.orientation.x, message.pose.orientation.w = 1.0, 0.0
    frame = tracker_frame(message.header, {"left_hand": tracker_pose(message.pose)})
    assert (frame.stamp_ns, frame.frame_id, list(frame.poses)) == (
        3_000_000_007,
        "vr",
        ["left_hand"],
    )
    assert tuple(frame.poses["left_hand"].position) == (0.0, 2.0, 0.0)
    assert tuple(frame.poses["left_hand"].quaternion) == (1.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("frame_id", ["", "/world", "world"])
def test_the_frame_id_is_handed_on_as_it_was_sent(frame_id: str) -> None:
    """So that messages can quote it; what it stands for is settled behind."""
    message = PoseStamped()
    message.header.frame_id = frame_id
    assert tracker_frame(message.header, {}).frame_id == frame_id
