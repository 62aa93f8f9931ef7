# SPDX-License-Identifier: Apache-2.0
"""Rotation vectors of many matrices at once."""

from __future__ import annotations

import mujoco
import numpy as np

#: Where a rotation's vector stands in it, times twice the sine.
_TRACE = np.eye(3).reshape(9)
_PLUS, _MINUS = np.array([7, 2, 3]), np.array([5, 6, 1])


def rotation_vectors(matrices: np.ndarray) -> np.ndarray:
    """Return rotation vectors (n, 3) of rotation matrices (n, 3, 3), rad, up to half a turn."""
    flat = matrices.reshape(-1, 9)
    skew = flat[:, _PLUS] - flat[:, _MINUS]
    double_sine = np.sqrt(np.einsum("ni,ni->n", skew, skew))
    angle = np.arctan2(double_sine, flat @ _TRACE - 1.0)
    vectors = (angle / np.maximum(double_sine, 1e-30))[:, None] * skew
    if len(angle) and angle.max() > 2.0:
        # Near half a turn the axis stands in the symmetric part.
        for index in np.flatnonzero((double_sine < 0.2) & (angle > 2.0)):
            quaternion, vector = np.zeros(4), np.zeros(3)
            mujoco.mju_mat2Quat(quaternion, matrices[index].reshape(-1))
            mujoco.mju_quat2Vel(vector, quaternion, 1.0)
            vectors[index] = vector
    return np.asarray(vectors)
