# SPDX-License-Identifier: Apache-2.0
"""Closed-form rotation arithmetic on small float64 arrays, for the 60 Hz path.

scipy's Rotation does the same; its fixed cost per call is larger than a whole tick may take here.
"""

from __future__ import annotations

import numpy as np


def slerp(first: np.ndarray, second: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    """Return the quaternions (..., 4) a fraction (...,) of the way along the shorter arc.

    A constant angular velocity is met exactly; fractions outside [0, 1] continue it.
    """
    cosine = _dot(first, second)
    across = np.copysign(1.0, cosine) * second - np.abs(cosine) * first
    sine = np.sqrt(_dot(across, across))
    angle = np.arctan2(sine, np.abs(cosine)) * fraction[..., None]
    # `across / sine` has no direction where both quaternions agree; then its weight is zero.
    result = np.cos(angle) * first + np.sin(angle) / np.maximum(sine, 1e-300) * across
    unit: np.ndarray = result / np.sqrt(_dot(result, result))
    return unit


def matrices_from_quaternions(quaternion: np.ndarray) -> np.ndarray:
    """Return rotation matrices (..., 3, 3) of unit quaternions xyzw (..., 4)."""
    x, y, z, w = (quaternion[..., index] for index in range(4))
    matrix = np.empty((*quaternion.shape[:-1], 3, 3))
    xx, yy, zz = x * x, y * y, z * z
    xy, xz, yz = x * y, x * z, y * z
    xw, yw, zw = x * w, y * w, z * w
    matrix[..., 0, 0] = 1.0 - 2.0 * (yy + zz)
    matrix[..., 0, 1] = 2.0 * (xy - zw)
    matrix[..., 0, 2] = 2.0 * (xz + yw)
    matrix[..., 1, 0] = 2.0 * (xy + zw)
    matrix[..., 1, 1] = 1.0 - 2.0 * (xx + zz)
    matrix[..., 1, 2] = 2.0 * (yz - xw)
    matrix[..., 2, 0] = 2.0 * (xz - yw)
    matrix[..., 2, 1] = 2.0 * (yz + xw)
    matrix[..., 2, 2] = 1.0 - 2.0 * (xx + yy)
    return matrix


# 4 q q^T is linear in the matrix: entry [i, j] of it is the sum over k of _OUTER[i, j, k] times
# the flattened matrix, plus one on the diagonal.
_OUTER = np.zeros((4, 4, 9))
for _i, _signs in enumerate(((1, -1, -1), (-1, 1, -1), (-1, -1, 1), (1, 1, 1))):
    _OUTER[_i, _i, [0, 4, 8]] = _signs
for _i, _j, _first, _second, _sign in (
    (0, 1, 1, 3, 1), (0, 2, 2, 6, 1), (1, 2, 5, 7, 1),
    (0, 3, 7, 5, -1), (1, 3, 2, 6, -1), (2, 3, 3, 1, -1),
):  # fmt: skip
    _OUTER[_i, _j, [_first, _second]] = _OUTER[_j, _i, [_first, _second]] = (1, _sign)
_OUTER_FLAT = np.ascontiguousarray(_OUTER.reshape(16, 9).T)
_OUTER_ONE = np.eye(4).reshape(16)


def quaternions_from_matrices(matrix: np.ndarray) -> np.ndarray:
    """Return unit quaternions xyzw (..., 4), w >= 0, of rotation matrices (..., 3, 3).

    Takes the row of 4 q q^T with the largest diagonal, so it is accurate at every angle
    (Shepperd 1978).
    """
    flat = matrix.reshape(-1, 9)
    outer = (flat @ _OUTER_FLAT + _OUTER_ONE).reshape(-1, 4, 4)
    largest = np.argmax(outer[:, (0, 1, 2, 3), (0, 1, 2, 3)], axis=1)
    row = outer[np.arange(len(outer)), largest]
    norm = np.sqrt(_dot(row, row))
    row = row / np.where(row[:, 3:] < 0.0, -norm, norm)
    quaternion: np.ndarray = row.reshape(*matrix.shape[:-2], 4)
    return quaternion


def rotation_vectors(matrix: np.ndarray) -> np.ndarray:
    """Return rotation vectors (..., 3), rad, angle in [0, pi], of matrices (..., 3, 3)."""
    quaternion = quaternions_from_matrices(matrix)
    sine = np.sqrt(_dot(quaternion[..., :3], quaternion[..., :3]))
    angle = 2.0 * np.arctan2(sine, quaternion[..., 3:])
    # For tiny angles angle / sine tends to 2.
    factor = np.where(sine > 1e-12, angle / np.maximum(sine, 1e-12), 2.0)
    vector: np.ndarray = factor * quaternion[..., :3]
    return vector


def matrices_from_vectors(vector: np.ndarray) -> np.ndarray:
    """Return rotation matrices (..., 3, 3) of rotation vectors (..., 3), rad."""
    angle = np.sqrt(_dot(vector, vector))
    half = 0.5 * angle
    factor = np.where(angle > 1e-12, np.sin(half) / np.maximum(angle, 1e-12), 0.5)
    return matrices_from_quaternions(np.concatenate((factor * vector, np.cos(half)), axis=-1))


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the inner products (..., 1)."""
    product: np.ndarray = np.einsum("...i,...i->...", first, second)[..., None]
    return product
