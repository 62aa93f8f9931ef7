# SPDX-License-Identifier: Apache-2.0
"""Bodies on any topic are found and heard, over DDS."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from geometry_msgs.msg import Point
from scipy.spatial.transform import Rotation
from visualization_msgs.msg import MarkerArray

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.msg import FullBodyState
from kinest_ros.node.clients.body_listener import BodyListener
from kinest_ros.node.outputs.markers import BodyMarkers
from tests.node.bodies import random_body
from tests.node.live import Client, wait_for

pytestmark = pytest.mark.ros


class Heard:
    def __init__(self) -> None:
        self.bodies: dict[str, np.ndarray] = {}
        self.places: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self.looks = 0

    def trackers(self, name, positions, rotations) -> None:
        self.places[name] = positions, rotations

    def body(self, name, positions, confidence, contacts, states, latency) -> None:
        assert confidence.shape == (22,) and contacts.shape == (2,) and states.shape == (6,)
        self.bodies[name] = positions

    def look(self) -> None:
        self.looks += 1


def test_every_body_is_heard_by_its_name(client: Client):
    heard = Heard()
    publish = client.node.create_publisher
    bodies = [publish(FullBodyState, f"/kinest/{name}/body", 10) for name in ("anna", "ben")]
    truth = publish(FullBodyState, "/kinest/ground_truth/body", 10)
    markers = publish(MarkerArray, "/kinest/anna/markers", 10)
    listener = BodyListener(client.node, heard)
    message = FullBodyState(positions=[Point(x=float(i)) for i in range(22)])
    builder = BodyMarkers()
    body = random_body(1, Skeleton.from_stature(1.7))

    def there() -> bool:
        for publisher in (*bodies, truth):
            publisher.publish(message)
        markers.publish(builder.fill(body, "map"))
        return len(heard.bodies) == 2 and bool(heard.places) and heard.looks > 0

    wait_for(there, 30.0)
    assert set(heard.bodies) == {"kinest anna", "kinest ben"}
    assert heard.bodies["kinest anna"][:, 0].tolist() == list(range(22))
    assert set(heard.places) == {"kinest anna"}
    positions, rotations = heard.places["kinest anna"]
    np.testing.assert_allclose(positions, body.tracker_positions, atol=1e-9)
    turns = Rotation.from_quat(body.tracker_rotations[:2]).as_matrix()
    np.testing.assert_allclose(rotations[:2], turns, atol=1e-9)
    assert np.isnan(rotations[2:]).all()
    assert listener is not None
