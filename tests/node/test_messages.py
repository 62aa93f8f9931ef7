# SPDX-License-Identifier: Apache-2.0
"""Messages carry what the body says, and refilling leaves nothing of the body before."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")

from rclpy.serialization import deserialize_message, serialize_message
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import Marker, MarkerArray

from kinest_ros.body.joints import JOINT_NAMES, PARENTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.msg import FullBodyState
from kinest_ros.node.link_transforms import link_offsets, link_rotations
from kinest_ros.node.markers import BodyMarkers
from kinest_ros.node.messages import FullBodyMessage, TransformsMessage
from tests.node.bodies import random_body

SKELETON = Skeleton.from_stature(1.8)
STAMP_NS = 12_016_666_667


def _xyz(message) -> tuple[float, float, float]:
    return message.x, message.y, message.z


def _xyzw(message) -> tuple[float, float, float, float]:
    return message.x, message.y, message.z, message.w


def _over_the_wire(message):
    return deserialize_message(serialize_message(message), type(message))


def test_transforms_message() -> None:
    builder = TransformsMessage(SKELETON, "bob")
    builder.fill(random_body(1, SKELETON), "elsewhere")
    body = random_body(2, SKELETON, STAMP_NS)
    message: TFMessage = _over_the_wire(builder.fill(body, "map"))
    assert len(message.transforms) == len(JOINT_NAMES)
    offsets, rotations = link_offsets(SKELETON), link_rotations(body)
    for joint, (transform, parent) in enumerate(zip(message.transforms, PARENTS, strict=True)):
        assert transform.child_frame_id == f"bob/{JOINT_NAMES[joint]}"
        expected_parent = "map" if parent < 0 else f"bob/{JOINT_NAMES[parent]}"
        assert transform.header.frame_id == expected_parent
        assert (transform.header.stamp.sec, transform.header.stamp.nanosec) == (12, 16_666_667)
        offset = body.positions[0] if parent < 0 else offsets[joint]
        np.testing.assert_allclose(_xyz(transform.transform.translation), offset)
        np.testing.assert_allclose(_xyzw(transform.transform.rotation), rotations[joint])


def test_full_body_message() -> None:
    builder = FullBodyMessage()
    builder.fill(random_body(1, SKELETON), "elsewhere", 1.0)
    body = random_body(2, SKELETON, STAMP_NS)
    message: FullBodyState = _over_the_wire(builder.fill(body, "map", 0.25))
    assert message.header.frame_id == "map"
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (12, 16_666_667)
    np.testing.assert_allclose([_xyz(p) for p in message.positions], body.positions)
    np.testing.assert_allclose([_xyzw(q) for q in message.local_rotations], body.local_rotations)
    assert list(message.tracker_valid) == list(body.tracker_valid)
    np.testing.assert_allclose(message.confidence, body.confidence, rtol=1e-6)
    np.testing.assert_allclose(message.contacts, body.contacts, rtol=1e-6)
    assert message.latency == 0.25


def test_markers_show_bones_joints_and_the_valid_trackers() -> None:
    builder = BodyMarkers()
    builder.fill(random_body(1, SKELETON), "elsewhere")
    body = random_body(2, SKELETON, STAMP_NS)
    message: MarkerArray = _over_the_wire(builder.fill(body, "map"))
    bones, joints, trackers = message.markers
    assert {marker.header.frame_id for marker in message.markers} == {"map"}
    assert len({(marker.ns, marker.id) for marker in message.markers}) == 3
    ends = np.array([_xyz(point) for point in bones.points]).reshape(21, 2, 3)
    np.testing.assert_allclose(ends[:, 1], body.positions[1:])
    np.testing.assert_allclose(ends[:, 0], body.positions[list(PARENTS[1:])])
    np.testing.assert_allclose([_xyz(point) for point in joints.points], body.positions)
    assert len(joints.colors) == 22
    np.testing.assert_allclose(
        [_xyz(point) for point in trackers.points], body.tracker_positions[body.tracker_valid]
    )
    body.tracker_valid[:] = False
    assert builder.fill(body, "map").markers[2].action == Marker.DELETE
