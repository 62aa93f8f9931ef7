# SPDX-License-Identifier: Apache-2.0
"""Bodies on any topic are found and heard, over DDS."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from geometry_msgs.msg import Point
from visualization_msgs.msg import Marker, MarkerArray

from kinest_ros.msg import FullBodyState
from kinest_ros.node.clients.body_listener import BodyListener
from tests.node.live import Client, wait_for

pytestmark = pytest.mark.ros


class Heard:
    def __init__(self) -> None:
        self.bodies: dict[str, np.ndarray] = {}
        self.places: dict[str, np.ndarray] = {}
        self.looks = 0

    def trackers(self, name, places) -> None:
        self.places[name] = places

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
    places = Marker(id=2, action=Marker.ADD, points=[Point(y=1.0), Point(z=2.0)])

    def there() -> bool:
        for publisher in (*bodies, truth):
            publisher.publish(message)
        markers.publish(MarkerArray(markers=[Marker(id=1), places]))
        return len(heard.bodies) == 2 and bool(heard.places) and heard.looks > 0

    wait_for(there, 30.0)
    assert set(heard.bodies) == {"kinest anna", "kinest ben"}
    assert heard.bodies["kinest anna"][:, 0].tolist() == list(range(22))
    assert heard.places == {"kinest anna": pytest.approx(np.array([[0.0, 1, 0], [0, 0, 2]]))}
    assert listener is not None
