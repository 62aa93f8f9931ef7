# SPDX-License-Identifier: Apache-2.0
"""Two-bone inverse kinematics on arrays of frames, and small rotation helpers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


def axis_rotation(axis: str, angle: np.ndarray | float) -> np.ndarray:
    """Rotation matrices (..., 3, 3) by ``angle`` (...) rad about the x, y or z axis."""
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


def apply(rotation: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Rotation (..., 3, 3) times vector (..., 3)."""
    return np.einsum("...ij,...j->...i", rotation, vector)


def unit(vector: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) scaled to length 1."""
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-12)


def frame_from(direction: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Orthonormal frames (..., 3, 3) along a direction.

    Their columns are the direction, the reference made perpendicular to it, and the cross product
    of the two.

    Args:
        direction: (..., 3), any length.
        reference: (..., 3), not parallel to the direction.
    """
    first = unit(direction)
    second = unit(reference - np.sum(reference * first, -1, keepdims=True) * first)
    return np.stack([first, second, np.cross(first, second)], -1)


class Limb(NamedTuple):
    """A solved limb.

    World positions (N, 3) of the middle joint and the end, world rotations (N, 3, 3) of both bones.
    """

    middle: np.ndarray
    end: np.ndarray
    world_from_upper: np.ndarray
    world_from_lower: np.ndarray


def solve_limb(
    root: np.ndarray,
    target: np.ndarray,
    pole: np.ndarray,
    upper_offset: np.ndarray,
    lower_offset: np.ndarray,
    rest_pole: np.ndarray,
    closest: float = 0.2,
) -> Limb:
    """Bend a chain of two bones so that its end meets the target (law of cosines).

    The middle joint lies on the side of ``pole``; at rest (identity rotations) it would bend
    towards ``rest_pole``. A target out of reach is met along its direction as far as the bones
    go, one too near is pushed out to the distance of the tightest fold.

    Args:
        root: (N, 3) world position of the first joint.
        target: (N, 3) world position wanted for the end.
        pole: (N, 3) world direction in which the middle joint points.
        upper_offset: (3,) first bone at rest.
        lower_offset: (3,) second bone at rest.
        rest_pole: (3,) direction in which the middle joint points at rest.
        closest: Smallest distance root-end as a fraction of the stretched length.
    """
    a, b = float(np.linalg.norm(upper_offset)), float(np.linalg.norm(lower_offset))
    line = target - root
    distance = np.clip(np.linalg.norm(line, axis=-1), closest * (a + b), 0.9995 * (a + b))
    world = frame_from(line, pole)
    along = (a * a - b * b + distance * distance) / (2.0 * distance)
    aside = np.sqrt(np.maximum(a * a - along * along, 0.0))
    middle = root + along[:, None] * world[..., 0] + aside[:, None] * world[..., 1]
    end = root + distance[:, None] * world[..., 0]
    normal = world[..., 2]
    return Limb(
        middle,
        end,
        _turn(middle - root, normal, upper_offset, rest_pole),
        _turn(end - middle, normal, lower_offset, rest_pole),
    )


def _turn(
    bone: np.ndarray, normal: np.ndarray, rest_bone: np.ndarray, rest_pole: np.ndarray
) -> np.ndarray:
    """Rotation (N, 3, 3) that carries a rest bone onto its place in the plane of the limb."""
    rest = frame_from(rest_bone, rest_pole)
    world = frame_from(bone, np.cross(normal, bone))
    return world @ rest.T
