# SPDX-License-Identifier: Apache-2.0
"""mocap4r2_msgs/RigidBodies, as the MOCAP4ROS2 drivers send them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kinest_ros.decoding.decoder import Channel
from kinest_ros.decoding.named_poses import NamedPosesDecoder


class RigidBodiesDecoder(NamedPosesDecoder):
    """The slots' trackers are told apart by rigid_body_name; markers are not used."""

    array = Channel("rigid_bodies", "mocap4r2_msgs/msg/RigidBodies")

    def entries(self, topic: str, message: Any) -> Iterator[tuple[str, Any]]:
        """Yield all names and poses."""
        return ((body.rigid_body_name, body.pose) for body in message.rigidbodies)
