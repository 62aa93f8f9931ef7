# SPDX-License-Identifier: Apache-2.0
"""The axes of trackers as a marker: of length, in colour, grey where a tracker was lost."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")

from scipy.spatial.transform import Rotation

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.node.outputs.markers import BodyMarkers
from kinest_ros.node.outputs.tracker_axes import LENGTH, decoded
from tests.node.bodies import random_body

SKELETON = Skeleton.from_stature(1.8)


def _colours(marker) -> np.ndarray:
    return np.array([(c.r, c.g, c.b) for c in marker.colors]).reshape(6, 3, 2, 3)


def test_lines_lead_from_the_link_along_its_axes() -> None:
    body = random_body(1, SKELETON)
    axes = BodyMarkers().fill(body, "map").markers[-1]
    assert axes.ns == "kinest/tracker_axes"
    ends = np.array([(p.x, p.y, p.z) for p in axes.points]).reshape(6, 3, 2, 3)
    along = ends[:2, :, 1] - ends[:2, :, 0]
    np.testing.assert_allclose(ends[:2, :, 0], body.tracker_positions[:2, None].repeat(3, 1))
    columns = Rotation.from_quat(body.tracker_rotations[:2]).as_matrix().transpose(0, 2, 1)
    np.testing.assert_allclose(along, LENGTH * columns, atol=1e-9)
    assert (_colours(axes)[0].argmax(axis=-1) == [[0, 0], [1, 1], [2, 2]]).all()
    # RViz refuses what is not finite: who never was valid has lines of no length.
    assert (np.ptp(ends[2:], axis=2) == 0.0).all() and np.isfinite(ends).all()
    assert np.isnan(decoded(axes)[0][2:]).all()


def test_a_lost_tracker_stays_in_grey_until_a_reset() -> None:
    body, builder = random_body(1, SKELETON), BodyMarkers()
    builder.fill(body, "map")
    later = random_body(2, SKELETON)
    valid = later.tracker_valid & [True, False, False, False, False, False]
    positions = np.where(valid[:, None], later.tracker_positions, np.nan)
    lost = replace(later, tracker_valid=valid, tracker_positions=positions)
    axes = builder.fill(lost, "map").markers[-1]
    places, rotations = decoded(axes)
    np.testing.assert_allclose(places[1], body.tracker_positions[1], atol=1e-9)
    turn = Rotation.from_quat(body.tracker_rotations[1]).as_matrix()
    np.testing.assert_allclose(rotations[1], turn, atol=1e-9)
    assert (_colours(axes)[1] == _colours(axes)[1, 0, 0, 0]).all()
    assert _colours(axes)[0, 0, 0].argmax() == 0
    builder.reset()
    assert np.isnan(decoded(builder.fill(lost, "map").markers[-1])[0][1]).all()
    body.tracker_valid[:] = False
    assert np.isnan(decoded(BodyMarkers().fill(body, "map").markers[-1])[0]).all()
