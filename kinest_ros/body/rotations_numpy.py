# SPDX-License-Identifier: Apache-2.0
"""Rotations in numpy: quaternions xyzw, matrices, rotation vectors, 6D; any leading shapes.

Closed forms on float64 arrays: the fixed cost of a call of scipy's Rotation is larger than a whole
tick may take here. The same in torch: `rotations_torch`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

_IDENTITY = np.eye(3)
_YZX, _ZXY = np.array([1, 2, 0]), np.array([2, 0, 1])
_ONE_AND_A_HALF = 1.5 * _IDENTITY
#: axis @ _CROSS is the matrix of the cross product with the axis, row after row.
_CROSS = np.array(
    [[0, 0, 0, 0, 0, -1, 0, 1, 0], [0, 0, 1, 0, 0, 0, -1, 0, 0], [0, -1, 0, 1, 0, 0, 0, 0, 0]],
    float,
)


def slerp(first: np.ndarray, second: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    """Return the quaternions (..., 4) a fraction (...,) of the way along the shorter arc.

    A constant angular velocity is met exactly; fractions outside [0, 1] continue it.
    """
    cosine = _dot(first, second)
    near = np.abs(cosine)
    across = np.copysign(1.0, cosine) * second - near * first
    sine = np.sqrt(_dot(across, across))
    angle = np.arctan2(sine, near) * fraction[..., None]
    # `across / sine` has no direction where both quaternions agree; then its weight is zero.
    result = np.cos(angle) * first + np.sin(angle) / np.maximum(sine, 1e-300) * across
    unit: np.ndarray = result / np.sqrt(_dot(result, result))
    return unit


def slerp_of_few(
    pairs: Iterable[tuple[Sequence[float], Sequence[float], float]],
) -> list[tuple[float, float, float, float]]:
    """Return the same, of pairs of quaternions (4,) with their fractions, in plain floats."""
    found = []
    for (a, b, c, d), (x, y, z, w), fraction in pairs:
        cosine = a * x + b * y + c * z + d * w
        near, sign = abs(cosine), math.copysign(1.0, cosine)
        x, y, z, w = (
            sign * x - near * a,
            sign * y - near * b,
            sign * z - near * c,
            sign * w - near * d,
        )
        sine = math.sqrt(x * x + y * y + z * z + w * w)
        angle = math.atan2(sine, near) * fraction
        along, across = math.cos(angle), math.sin(angle) / max(sine, 1e-300)
        x, y, z, w = (
            along * a + across * x,
            along * b + across * y,
            along * c + across * z,
            along * d + across * w,
        )
        length = math.sqrt(x * x + y * y + z * z + w * w)
        found.append((x / length, y / length, z / length, w / length))
    return found


def unit_quaternions(quaternion: np.ndarray) -> np.ndarray:
    """Return quaternions xyzw (..., 4), float64, at unit length."""
    quaternion = np.asarray(quaternion, dtype=np.float64)
    result: np.ndarray = quaternion / np.sqrt(_dot(quaternion, quaternion))
    return result


def continuous(quaternion: np.ndarray) -> np.ndarray:
    """Return quaternions (N, ..., 4) with the signs that make them continuous along N."""
    dots = np.sum(quaternion[1:] * quaternion[:-1], -1, keepdims=True)
    signs = np.cumprod(np.where(dots < 0.0, -1.0, 1.0), axis=0)
    return np.concatenate([quaternion[:1], quaternion[1:] * signs])


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


def matrices_of_few(quaternion: np.ndarray) -> np.ndarray:
    """Return the same, of n quaternions (n, 4): up to a dozen, plain floats are quicker."""
    rows: list[float] = []
    for x, y, z, w in quaternion.tolist():
        xx, yy, zz = x * x, y * y, z * z
        xy, xz, yz = x * y, x * z, y * z
        xw, yw, zw = x * w, y * w, z * w
        rows += (
            1.0 - 2.0 * (yy + zz), 2.0 * (xy - zw), 2.0 * (xz + yw),
            2.0 * (xy + zw), 1.0 - 2.0 * (xx + zz), 2.0 * (yz - xw),
            2.0 * (xz - yw), 2.0 * (yz + xw), 1.0 - 2.0 * (xx + yy),
        )  # fmt: skip
    return np.array(rows).reshape(-1, 3, 3)


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
    outer = matrix.reshape(-1, 9) @ _OUTER_FLAT
    outer += _OUTER_ONE
    rows = outer[:, ::5].argmax(axis=1)  # of the diagonal
    rows += np.arange(0, 4 * len(outer), 4)
    row = outer.reshape(-1, 4).take(rows, axis=0)
    norm = np.sqrt(np.einsum("ij,ij->i", row, row))
    row /= np.copysign(norm, row[:, 3])[:, None]
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


def matrices_about_axes(axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Return rotation matrices (..., 3, 3) about unit axes (..., 3) by angles (...,) in rad.

    Rodrigues' formula, R = I + sin(a) K + (1 - cos(a)) K^2.
    """
    cross = (axis @ _CROSS).reshape(*axis.shape, 3)
    sine, half_sine = np.sin(angle)[..., None, None], np.sin(0.5 * angle)[..., None, None]
    result: np.ndarray = _IDENTITY + sine * cross + (2.0 * half_sine**2) * (cross @ cross)
    return result


def axis_rotation(axis: str, angle: np.ndarray | float) -> np.ndarray:
    """Return rotation matrices (..., 3, 3) by ``angle`` (...) rad about the x, y or z axis."""
    angle = np.asarray(angle, float)
    c, s = np.cos(angle), np.sin(angle)
    k = "xyz".index(axis)
    i, j = (k + 1) % 3, (k + 2) % 3
    out = np.zeros((*angle.shape, 3, 3))
    out[..., k, k] = 1.0
    out[..., i, i] = c
    out[..., j, j] = c
    out[..., j, i] = s
    out[..., i, j] = -s
    return out


def frame_from(direction: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return orthonormal frames (..., 3, 3) along a direction.

    Their columns are the direction, the reference made perpendicular to it, and the cross product
    of the two.

    Args:
        direction: (..., 3), any length.
        reference: (..., 3), not parallel to the direction.
    """
    first = unit(direction)
    second = unit(reference - np.sum(reference * first, -1, keepdims=True) * first)
    return np.stack([first, second, np.cross(first, second)], -1)


def unit(vector: np.ndarray) -> np.ndarray:
    """Return vectors (..., 3) scaled to length 1."""
    result: np.ndarray = vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-12)
    return result


def apply(rotation: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Return rotations (..., 3, 3) times vectors (..., 3)."""
    result: np.ndarray = np.einsum("...ij,...j->...i", rotation, vector)
    return result


def matrices_from_sixd(sixd: np.ndarray) -> np.ndarray:
    """Return rotation matrices (n, 3, 3) float64 from 6D (n, 6) by Gram-Schmidt.

    The numpy counterpart of `rotations_torch.matrix_from_sixd`.
    """
    # Numbers stand along the last axis: x, y and z are rows that numpy goes along at once.
    columns = np.empty((3, 3, len(sixd)))
    first, second, third = columns
    pair = sixd.T.astype(np.float64)
    np.divide(pair[:3], _lengths(pair[:3]), out=first)
    pair[3:] -= np.einsum("ij,ij->j", first, pair[3:]) * first
    np.divide(pair[3:], _lengths(pair[3:]), out=second)
    np.multiply(first.take(_YZX, 0), second.take(_ZXY, 0), out=third)
    third -= first.take(_ZXY, 0) * second.take(_YZX, 0)
    return np.ascontiguousarray(columns.transpose(2, 1, 0))


def _lengths(vectors: np.ndarray) -> np.ndarray:
    """Return the lengths (n,) of vectors (3, n), 1e-8 of shorter ones."""
    lengths: np.ndarray = np.maximum(np.sqrt(np.einsum("ij,ij->j", vectors, vectors)), 1e-8)
    return lengths


def nearest_rotations(matrices: np.ndarray, steps: int = 3) -> np.ndarray:
    """Return the rotations nearest to matrices (..., 3, 3) that are all but rotations.

    Newton's iteration for the polar decomposition; three steps are exact to rounding for blends of
    rotations less than about half a turn apart.
    """
    for _ in range(steps):
        squared = matrices.swapaxes(-1, -2) @ matrices
        squared *= -0.5
        squared += _ONE_AND_A_HALF
        matrices = matrices @ squared
    return matrices


def mean_rotation(matrices: np.ndarray) -> np.ndarray:
    """Return the rotation (3, 3) with the least sum of squared distances to some (n, 3, 3).

    The chordal mean, which is also that of the quaternions (Markley et al. 2007).
    """
    left, _, right = np.linalg.svd(matrices.mean(axis=0))
    left[:, 2] *= np.linalg.det(left @ right)
    mean: np.ndarray = left @ right
    return mean


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the inner products (..., 1)."""
    product: np.ndarray = np.einsum("...i,...i->...", first, second)[..., None]
    return product
