# SPDX-License-Identifier: Apache-2.0
"""The solids that show a skeleton: a stretched octahedron for each bone, a box for the head."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, PARENTS
from kinest_ros.body.rotations_numpy import frame_from
from kinest_ros.body.skeleton import Skeleton

_FACES = ((0, 1, 2), (0, 2, 3), (0, 3, 4), (0, 4, 1), (5, 2, 1), (5, 3, 2), (5, 4, 3), (5, 1, 4))
#: A bone is thickest at a fifth of its length, and by so much of it, within bounds in m.
_WAIST, _WIDTH, _THIN, _THICK = 0.2, 0.12, 0.008, 0.03


def bone_mesh(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return corners (V, 3), m, normals (V, 3) and the joint (V,) each one moves with.

    Corners come in threes, a triangle each, in SMPL's axes at rest, from the pelvis.
    """
    places = skeleton.rest_positions() - skeleton.rest_positions()[0]
    triangles, joints = [], []
    bones = [(PARENTS[joint], places[PARENTS[joint]], places[joint]) for joint in range(1, 22)]
    head = places[JOINT_INDEX["head"]]
    bones.append((JOINT_INDEX["head"], head, head + np.array((0.0, 0.2, 0.02))))
    for joint, start, end in bones:
        found = _octahedron(start, end)
        triangles.append(found)
        joints.append(np.full(len(found) * 3, joint))
    corners = np.concatenate(triangles)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
    flat = np.repeat(normals, 3, axis=0)
    return corners.reshape(-1, 3), flat, np.concatenate(joints)


def _octahedron(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return its triangles (8, 3, 3)."""
    along = end - start
    length = float(np.linalg.norm(along))
    if length < 1e-6:
        along, length = np.array((0.0, 1e-3, 0.0)), 1e-3
    frame = frame_from(along / length, np.array((0.3, 0.2, 0.9)))
    width = np.clip(_WIDTH * length, _THIN, _THICK)
    middle = start + _WAIST * along
    ring = [middle + width * s * frame[:, k] for k, s in ((1, 1), (2, 1), (1, -1), (2, -1))]
    points = np.array([start, *ring, end])
    return points[np.array(_FACES)]
