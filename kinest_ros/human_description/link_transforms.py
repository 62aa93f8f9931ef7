# SPDX-License-Identifier: Apache-2.0
"""Link transforms (parent to child) of a body, in the axes /tf and the URDF use."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_NAMES, PARENTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.tracking.body_pose import BodyPose

#: The quaternion of JOINT_FROM_LINK, xyzw: a third of a turn.
_LINK_QUATERNION = np.array((0.5, 0.5, 0.5, -0.5))


def link_frame_names(body_id: str = "") -> tuple[str, ...]:
    """Return the 22 link frames: the SMPL joint names, prefixed ``<body_id>/`` when it is set."""
    prefix = f"{body_id}/" if body_id else ""
    return tuple(prefix + name for name in JOINT_NAMES)


def parent_frame_names(world_frame: str, body_id: str = "") -> tuple[str, ...]:
    """Return the parent frame of each of the 22 links; the pelvis hangs on ``world_frame``."""
    names = link_frame_names(body_id)
    return tuple(world_frame if parent < 0 else names[parent] for parent in PARENTS)


def link_offsets(skeleton: Skeleton | np.ndarray) -> np.ndarray:
    """Return each link's constant origin in its parent link's axes.

    Args:
        skeleton: body whose ``rest_offsets`` (22, 3) are in metres, SMPL T-pose axes; or those.

    Returns:
        (22, 3) float64, metres; row 0 is zero (the pelvis moves freely in the world).
    """
    offsets = skeleton.rest_offsets if isinstance(skeleton, Skeleton) else skeleton
    return np.asarray(offsets, dtype=np.float64) @ JOINT_FROM_LINK


def link_rotations(body: BodyPose) -> np.ndarray:
    """Return ``parent_link_from_link`` of every link, ``world_from_link`` for the pelvis.

    A link's axes are its joint's axes turned by the constant C (``joint_from_link``), so a local
    rotation R becomes Cᵀ·R·C: the same angle about Cᵀ·axis. The pelvis has no parent link and
    only gains the factor on the right: R·C.

    Args:
        body: pose with ``local_rotations`` (22, 4), xyzw, SMPL axes, [0] = world_from_pelvis.

    Returns:
        (22, 4) float64 unit quaternions, xyzw.
    """
    local = np.asarray(body.local_rotations, dtype=np.float64)
    links = np.empty((len(PARENTS), 4))
    links[:, :3] = local[:, :3] @ JOINT_FROM_LINK
    links[:, 3] = local[:, 3]
    links[0] = _hamilton(local[0], _LINK_QUATERNION)
    return links


def _hamilton(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Product a·b of two xyzw quaternions (4,)."""
    # On plain floats: numpy.cross alone takes longer than all of this.
    ax, ay, az, aw = a.tolist()
    bx, by, bz, bw = b.tolist()
    return np.array(
        (
            aw * bx + bw * ax + ay * bz - az * by,
            aw * by + bw * ay + az * bx - ax * bz,
            aw * bz + bw * az + ax * by - ay * bx,
            aw * bw - ax * bx - ay * by - az * bz,
        )
    )
