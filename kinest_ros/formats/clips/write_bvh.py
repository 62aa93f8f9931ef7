# SPDX-License-Identifier: Apache-2.0
"""Write whole-body motion as BVH: cm, Y up, +Z ahead, SMPL's joint names, T-pose at rest."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_NAMES, PARENTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.files.whole import write_whole
from kinest_ros.motion.clip import Motion

#: y_up_from_ros: the file's axes are SMPL's at heading 0.
Y_UP_FROM_ROS = JOINT_FROM_LINK
_CM = 100.0
#: Where bones end that have no joint below, m: a head's top, toes, fingers.
_ENDS = {
    "head": (0.0, 0.18, 0.0), "left_foot": (0.0, 0.0, 0.06), "right_foot": (0.0, 0.0, 0.06),
    "left_wrist": (0.17, 0.0, 0.0), "right_wrist": (-0.17, 0.0, 0.0),
}  # fmt: skip


def write_bvh(motion: Motion, skeleton: Skeleton, path: Path) -> None:
    """Write a clip: numbers with six decimals, in cm and degrees; rotations Z, X, Y (R = Rz Rx Ry).

    Z up in the motion becomes Y up in the file.

    Raises:
        OSError: it cannot be written.
    """
    order = _depth_first()
    angles = np.degrees(_angles_zxy(_turned(motion)))[:, order].reshape(len(motion), -1)
    places = _CM * motion.root_position @ Y_UP_FROM_ROS.T
    text = io.StringIO()
    text.write("HIERARCHY\n")
    _write_joint(text, 0, skeleton.rest_offsets * _CM, 0)
    text.write(f"MOTION\nFrames: {len(motion)}\nFrame Time: {1.0 / motion.fps:.9f}\n")
    np.savetxt(text, np.concatenate((places, angles), axis=1), "%.6f")
    write_whole(path, text.getvalue())


def _write_joint(text: io.StringIO, joint: int, offsets: np.ndarray, depth: int) -> None:
    name, indent = JOINT_NAMES[joint], "  " * depth
    x, y, z = offsets[joint]
    text.write(f"{indent}{'JOINT' if joint else 'ROOT'} {name}\n{indent}{{\n")
    text.write(f"{indent}  OFFSET {x:.6f} {y:.6f} {z:.6f}\n")
    turns = "Zrotation Xrotation Yrotation"
    channels = f"3 {turns}" if joint else f"6 Xposition Yposition Zposition {turns}"
    text.write(f"{indent}  CHANNELS {channels}\n")
    for child in _children(joint):
        _write_joint(text, child, offsets, depth + 1)
    if name in _ENDS:
        x, y, z = np.array(_ENDS[name]) * _CM
        text.write(f"{indent}  End Site\n{indent}  {{\n")
        text.write(f"{indent}    OFFSET {x:.6f} {y:.6f} {z:.6f}\n{indent}  }}\n")
    text.write(f"{indent}}}\n")


def _children(joint: int) -> list[int]:
    return [child for child, parent in enumerate(PARENTS) if parent == joint]


def _depth_first(joint: int = 0) -> list[int]:
    return [joint, *(below for child in _children(joint) for below in _depth_first(child))]


def _turned(motion: Motion) -> np.ndarray:
    """Return the local rotations (N, 22, 3, 3), the root's in the file's axes."""
    rotations = motion.local_rotations.copy()
    rotations[:, 0] = Y_UP_FROM_ROS @ rotations[:, 0]
    return rotations


def _angles_zxy(matrices: np.ndarray) -> np.ndarray:
    """Return angles z, x, y (N, ..., 3), rad, with R = Rz Rx Ry, continuous along N."""
    m = matrices
    x = np.arcsin(np.clip(m[..., 2, 1], -1.0, 1.0))
    free = np.hypot(m[..., 0, 1], m[..., 1, 1]) > 1e-7
    z = np.where(free, np.arctan2(-m[..., 0, 1], m[..., 1, 1]), 0.0)
    y = np.where(
        free,
        np.arctan2(-m[..., 2, 0], m[..., 2, 2]),
        np.arctan2(m[..., 0, 2], m[..., 0, 0]),
    )
    return np.unwrap(np.stack((z, x, y), axis=-1), axis=0)
