# SPDX-License-Identifier: Apache-2.0
"""mocap4r2_msgs/RigidBodies, as the MOCAP4ROS2 drivers send them."""

from __future__ import annotations

from collections.abc import Iterator

from geometry_msgs.msg import Pose
from mocap4r2_msgs.msg import RigidBodies

from kinest_ros.node.inputs.named_poses import NamedPosesInput


class RigidBodiesInput(NamedPosesInput):
    """~/rigid_bodies; the slots' trackers are told apart by rigid_body_name."""

    kind = RigidBodies
    suffix = "rigid_bodies"

    def entries(self, message: RigidBodies) -> Iterator[tuple[str, Pose]]:
        """Yield all names and poses."""
        return ((body.rigid_body_name, body.pose) for body in message.rigidbodies)
