# SPDX-License-Identifier: Apache-2.0
"""What RViz is told to draw."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")

from rclpy.serialization import deserialize_message, serialize_message
from visualization_msgs.msg import Marker, MarkerArray

from kinest_ros.body.joints import JOINT_INDEX, PARENTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.node.outputs.markers import BodyMarkers
from tests.node.bodies import random_body

SKELETON = Skeleton.from_stature(1.8)


def _xyz(message) -> tuple[float, float, float]:
    return message.x, message.y, message.z


def _drawn(body, builder: BodyMarkers) -> list[Marker]:
    message = serialize_message(builder.fill(body, "map"))
    return deserialize_message(message, MarkerArray).markers


def test_bones_joints_trackers_and_contacts() -> None:
    builder = BodyMarkers()
    builder.fill(random_body(1, SKELETON), "elsewhere")
    body = random_body(2, SKELETON, 12_016_666_667)
    markers = _drawn(body, builder)
    bones, joints, trackers, contacts, _ = markers
    assert {marker.header.frame_id for marker in markers} == {"map"}
    stamps = {(marker.header.stamp.sec, marker.header.stamp.nanosec) for marker in markers}
    assert stamps == {(12, 16_666_667)}
    assert len({(marker.ns, marker.id) for marker in markers}) == 5
    assert joints.scale.x == joints.scale.y == joints.scale.z  # balls
    assert contacts.scale.x == contacts.scale.y > 5.0 * contacts.scale.z  # plates on the floor
    ends = np.array([_xyz(point) for point in bones.points]).reshape(21, 2, 3)
    np.testing.assert_allclose(ends[:, 1], body.positions[1:])
    np.testing.assert_allclose(ends[:, 0], body.positions[list(PARENTS[1:])])
    np.testing.assert_allclose([_xyz(point) for point in joints.points], body.positions)
    np.testing.assert_allclose(
        [_xyz(point) for point in trackers.points], body.tracker_positions[body.tracker_valid]
    )
    toes = [JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]]
    np.testing.assert_allclose([_xyz(point) for point in contacts.points], body.positions[toes])
    np.testing.assert_allclose([color.a for color in contacts.colors], body.contacts, rtol=1e-6)
    body.tracker_valid[:] = False
    assert _drawn(body, builder)[2].action == Marker.DELETE


def test_colours_are_colours_whatever_the_confidence_is() -> None:
    body = random_body(3, SKELETON)
    body.confidence[:] = np.linspace(-0.5, 1.5, 22)
    for color in _drawn(body, BodyMarkers())[1].colors:
        assert all(0.0 <= part <= 1.0 for part in (color.r, color.g, color.b, color.a))


def test_sure_joints_are_greener_in_spheres_and_bones() -> None:
    body = random_body(3, SKELETON)
    body.confidence[:] = np.linspace(0.05, 1.0, 22)
    bones, joints, *_ = _drawn(body, BodyMarkers())
    green = np.array([color.g - color.r for color in joints.colors])
    assert (np.diff(green) > 0).all()
    assert len(bones.colors) == len(bones.points)
    for joint in range(1, 22):
        assert bones.colors[2 * (joint - 1) + 1] == joints.colors[joint]
        assert bones.colors[2 * (joint - 1)] == joints.colors[PARENTS[joint]]


def test_markers_vanish_by_themselves_soon_after_the_body_does() -> None:
    """A frozen body in RViz would be taken for one that is tracked."""
    builder = BodyMarkers()
    for seed in (1, 2):
        for marker in _drawn(random_body(seed, SKELETON), builder):
            assert (marker.lifetime.sec, marker.lifetime.nanosec) == (0, 300_000_000)
