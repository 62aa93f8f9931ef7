# SPDX-License-Identifier: Apache-2.0
"""Link frames (REP-103) against SMPL joint frames, and the heading of a link."""

import math

import numpy as np

#: world_from_link = world_from_joint @ JOINT_FROM_LINK. The columns are the link axes (x forward,
#: y left, z up at T-pose) in SMPL body axes (X left, Y up, Z forward).
JOINT_FROM_LINK = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
_JOINT_COLUMNS = np.array([1, 2, 0])


def joints_of_links(world_from_link: np.ndarray) -> np.ndarray:
    """Return world_from_joint (..., 3, 3) of link rotations: @ JOINT_FROM_LINK.T, which is this."""
    return world_from_link.take(_JOINT_COLUMNS, axis=-1)


def heading_of(world_from_link: np.ndarray) -> float:
    """Return `heading_yaw` of a single link (3, 3), rad."""
    (a, b, _), (c, d, _), _ = world_from_link.tolist()
    return math.atan2(c - b, a + d)


def heading_yaw(world_from_link: np.ndarray) -> np.ndarray:
    """Return the heading: the twist of a link's rotation about the world's vertical.

    The swing-twist decomposition (Dobrowolski 2015) has no singularity when the link's x axis
    points straight down or up, unlike the direction of gaze; it has one only where the link is
    turned upside down.

    Args:
        world_from_link: rotation matrices (..., 3, 3), world z up.

    Returns:
        Yaw (...,) in rad, in (-pi, pi].
    """
    m = np.asarray(world_from_link)
    # 2 atan2(q_z, q_w) without the quaternion: q_w q_z and q_w^2 up to a common factor.
    yaw: np.ndarray = np.arctan2(m[..., 1, 0] - m[..., 0, 1], m[..., 0, 0] + m[..., 1, 1])
    return yaw
