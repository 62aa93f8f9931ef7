# SPDX-License-Identifier: Apache-2.0
"""The bytes that go out say what the body says, and nothing of the body before."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")

from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState
from tf2_msgs.msg import TFMessage

from kinest_ros.bags.body_messages import (
    FullBodyMessage,
    JointStateMessage,
    TransformsMessage,
)
from kinest_ros.body.joints import JOINT_INDEX, JOINT_NAMES, PARENTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.human_description.link_transforms import link_offsets, link_rotations
from kinest_ros.msg import FullBodyState
from tests.node.bodies import random_body
from tests.node.readings import link_poses, positions, rotations

SKELETON = Skeleton.from_stature(1.8)
STAMP_NS = 12_016_666_667


def _xyz(message) -> tuple[float, float, float]:
    return message.x, message.y, message.z


def _xyzw(message) -> tuple[float, float, float, float]:
    return message.x, message.y, message.z, message.w


def test_transforms() -> None:
    builder = TransformsMessage(SKELETON, "bob")
    builder.fill(random_body(1, SKELETON), "elsewhere")
    body = random_body(2, SKELETON, STAMP_NS)
    message = deserialize_message(builder.fill(body, "map"), TFMessage)
    assert len(message.transforms) == len(JOINT_NAMES)
    offsets, turns = link_offsets(SKELETON), link_rotations(body)
    for joint, (transform, parent) in enumerate(zip(message.transforms, PARENTS, strict=True)):
        assert transform.child_frame_id == f"bob/{JOINT_NAMES[joint]}"
        expected_parent = "map" if parent < 0 else f"bob/{JOINT_NAMES[parent]}"
        assert transform.header.frame_id == expected_parent
        assert (transform.header.stamp.sec, transform.header.stamp.nanosec) == (12, 16_666_667)
        offset = body.positions[0] if parent < 0 else offsets[joint]
        np.testing.assert_array_equal(_xyz(transform.transform.translation), offset)
        np.testing.assert_array_equal(_xyzw(transform.transform.rotation), turns[joint])


@pytest.mark.parametrize("rep155_frame", ["", "body_bob"])
def test_the_root_alone(rep155_frame: str) -> None:
    """What hangs on it is robot_state_publisher's."""
    whole = TransformsMessage(SKELETON, "bob", rep155_frame)
    alone = TransformsMessage(SKELETON, "bob", rep155_frame, root_only=True)
    body = random_body(2, SKELETON, STAMP_NS)
    expected = deserialize_message(whole.fill(body, "map"), TFMessage).transforms
    found = deserialize_message(alone.fill(body, "map"), TFMessage).transforms
    kept = [t for t in expected if t.header.frame_id == "map"]
    assert found == kept
    assert len(found) == 1 + bool(rep155_frame)


def test_bones_that_grow() -> None:
    builder = TransformsMessage(SKELETON)
    builder.fill(random_body(1, SKELETON), "map")
    taller = Skeleton.from_stature(1.9)
    body = replace(random_body(2, taller, STAMP_NS), rest_offsets=taller.rest_offsets)
    links = link_poses(deserialize_message(builder.fill(body, "map"), TFMessage), "map")
    np.testing.assert_allclose(links[:, :3, 3], body.positions, atol=1e-9)


def test_the_body_frame_of_rep155_lies_between_the_hips() -> None:
    body = random_body(3, SKELETON, STAMP_NS)
    builder = TransformsMessage(SKELETON, "bob", rep155_frame="body_bob")
    *links, frame = deserialize_message(builder.fill(body, "map"), TFMessage).transforms
    assert len(links) == len(JOINT_NAMES)
    assert (frame.child_frame_id, frame.header.frame_id) == ("body_bob", "map")
    assert frame.header.stamp == links[0].header.stamp
    assert frame.transform.rotation == links[0].transform.rotation
    hips = body.positions[[JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]]
    np.testing.assert_allclose(_xyz(frame.transform.translation), hips.mean(axis=0))


def test_full_body() -> None:
    builder = FullBodyMessage()
    builder.fill(random_body(1, SKELETON), "elsewhere", 1.0)
    body = random_body(2, SKELETON, STAMP_NS)
    message = deserialize_message(builder.fill(body, "map", 0.25), FullBodyState)
    assert message.header.frame_id == "map"
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (12, 16_666_667)
    np.testing.assert_array_equal(positions(message), body.positions)
    np.testing.assert_array_equal(rotations(message), body.local_rotations)
    assert list(message.tracker_valid) == list(body.tracker_valid)
    assert list(message.tracker_state) == list(body.tracker_state)
    np.testing.assert_array_equal(message.confidence, body.confidence.astype(np.float32))
    np.testing.assert_array_equal(message.contacts, body.contacts.astype(np.float32))
    assert message.latency == 0.25


def test_joint_states() -> None:
    builder = JointStateMessage(["a", "b_joint", "c"])
    builder.fill(1, np.ones(3), np.ones(3))
    data = builder.fill(STAMP_NS, np.array([1.0, 2.0, np.pi]), np.array([0.5, 0.0, -0.5]))
    message = deserialize_message(data, JointState)
    assert list(message.name) == ["a", "b_joint", "c"]
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (12, 16_666_667)
    assert list(message.position) == [1.0, 2.0, np.pi]
    assert list(message.velocity) == [0.5, 0.0, -0.5]
    assert not message.effort
