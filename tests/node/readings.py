# SPDX-License-Identifier: Apache-2.0
"""Published messages as arrays."""

import io
from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import TransformStamped
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import JointState
from tf2_msgs.msg import TFMessage

from kinest_ros.body.joints import JOINT_NAMES
from kinest_ros.msg import FullBodyState


def positions(body: FullBodyState) -> np.ndarray:
    """Joint positions (22, 3), metres."""
    return np.array([(p.x, p.y, p.z) for p in body.positions])


def rotations(body: FullBodyState) -> np.ndarray:
    """Local rotations (22, 4), xyzw."""
    return np.array([(q.x, q.y, q.z, q.w) for q in body.local_rotations])


def link_poses(message: TFMessage, root_parent: str, prefix: str = "") -> np.ndarray:
    """Chain the transforms from ``root_parent``: (22, 4, 4), in the order of JOINT_NAMES."""
    by_child = {transform.child_frame_id: transform for transform in message.transforms}
    assert len(by_child) == len(message.transforms)
    poses = {root_parent: np.eye(4)}

    def pose(frame: str) -> np.ndarray:
        if frame not in poses:
            transform = by_child[frame]
            poses[frame] = pose(transform.header.frame_id) @ _matrix(transform)
        return poses[frame]

    return np.array([pose(prefix + name) for name in JOINT_NAMES])


def urdf_link_poses(urdf: str, states: Sequence[JointState]) -> np.ndarray:
    """Forward kinematics by yourdfpy: (N, 22, 4, 4), pelvis_from_link."""
    from yourdfpy import URDF

    robot = URDF.load(io.BytesIO(urdf.encode()), build_scene_graph=True, load_meshes=False)
    result = []
    for state in states:
        robot.update_cfg(dict(zip(state.name, state.position, strict=True)))
        result.append([robot.get_transform(name, "pelvis") for name in JOINT_NAMES])
    return np.array(result)


def assert_finite(body: FullBodyState) -> None:
    """Fail if any number of the message is not finite."""
    for values in (positions(body), rotations(body), body.confidence, body.contacts):
        assert np.isfinite(values).all()
    assert np.isfinite(body.latency)


def _matrix(transform: TransformStamped) -> np.ndarray:
    t, q = transform.transform.translation, transform.transform.rotation
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_quat((q.x, q.y, q.z, q.w)).as_matrix()
    matrix[:3, 3] = t.x, t.y, t.z
    return matrix
