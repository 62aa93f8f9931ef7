# SPDX-License-Identifier: Apache-2.0
"""Axis conventions of tracking systems, brought to the ROS basis (x forward, y left, z up)."""

from __future__ import annotations

import numpy as np

from kinest_ros.errors import KinestError

#: M with p_ros = M p, by basis. Rotations become R_ros = M R M^T, so a device's own axes are
#: renamed with the world's: a headset that looks ahead has no rotation in any of them.
_ROS_FROM_BASIS: dict[str, np.ndarray] = {
    "ros": np.eye(3),
    # x right, y up, z backward; right-handed.
    "openxr": np.array([[0.0, 0.0, -1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    # x right, y up, z forward; left-handed.
    "unity": np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
}
BASES: tuple[str, ...] = tuple(_ROS_FROM_BASIS)


def basis_matrices(basis: str) -> tuple[np.ndarray, np.ndarray]:
    """Return M (3, 3) for positions and its counterpart (3, 3) for a quaternion's vector part.

    With M = det(M) P, P a rotation, M R M^T = P R P^T: the quaternion's vector part turns with
    P = det(M) M, and w stays.

    Raises:
        KinestError: unknown basis.
    """
    matrix = _ROS_FROM_BASIS.get(basis)
    if matrix is None:
        raise KinestError(f"input_basis is '{basis}'; use one of {', '.join(BASES)}")
    return matrix, round(float(np.linalg.det(matrix))) * matrix


def to_ros_basis(
    position: np.ndarray, quaternion: np.ndarray, basis: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return poses given in another basis in the ROS basis.

    Args:
        position: (..., 3) m.
        quaternion: (..., 4) xyzw.
        basis: one of BASES.

    Returns:
        position (..., 3) and quaternion (..., 4) xyzw.

    Raises:
        KinestError: unknown basis.
    """
    matrix, vector_matrix = basis_matrices(basis)
    converted = np.array(quaternion, dtype=np.float64)
    converted[..., :3] = converted[..., :3] @ vector_matrix.T
    return np.asarray(position, dtype=np.float64) @ matrix.T, converted
