# SPDX-License-Identifier: Apache-2.0
"""Link frames (REP-103) against SMPL joint frames, and the heading of a link."""

import numpy as np

#: world_from_link = world_from_joint @ JOINT_FROM_LINK. The columns are the link axes (x forward,
#: y left, z up at T-pose) in SMPL body axes (X left, Y up, Z forward).
JOINT_FROM_LINK = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])


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
