# SPDX-License-Identifier: Apache-2.0
"""Bodies to publish in tests."""

import numpy as np
from scipy.spatial.transform import Rotation

from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import quaternions_from_matrices
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.tracking.body_pose import BodyPose


def random_body(seed: int, skeleton: Skeleton, stamp_ns: int = 1_000_000_000) -> BodyPose:
    """Return a body with random joint rotations somewhere in the world."""
    random = np.random.default_rng(seed)
    local = Rotation.from_quat(random.normal(size=(22, 4))).as_matrix()
    positions, world = forward_kinematics_np(
        local, skeleton.rest_offsets, random.uniform(-5.0, 5.0, 3)
    )
    return BodyPose(
        stamp_ns=stamp_ns,
        frame_id="world",
        local_rotations=quaternions_from_matrices(local),
        positions=positions,
        world_rotations=quaternions_from_matrices(world),
        tracker_valid=np.array([True, True, False, False, False, False]),
        tracker_state=np.array([3, 2, 0, 0, 4, 0]),
        tracker_positions=np.vstack([positions[[15, 20]], np.full((4, 3), np.nan)]),
        confidence=random.uniform(0.1, 1.0, 22),
        contacts=random.uniform(0.0, 1.0, 2),
        tracker_matrices=Rotation.random(6, random).as_matrix(),
    )
