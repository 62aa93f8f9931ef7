# SPDX-License-Identifier: Apache-2.0
"""The bodies of a bag as files of other trades: AMASS-style .npz and .csv."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from kinest_ros.bags.reader import Bodies
from kinest_ros.body.joints import JOINT_NAMES, NUM_JOINTS, PARENTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import (
    matrices_from_quaternions,
    rotation_vectors,
    unit_quaternions,
)
from kinest_ros.errors import KinestError
from kinest_ros.files.whole import whole_file, write_whole

#: Numbers of a pose in AMASS: 52 joints of SMPL-H, of which the hands' are zero here.
_POSE = 156
_TICK_NS = 1e9 / 60.0


def write_amass(bodies: Bodies, path: Path) -> int:
    """Write an AMASS-style clip at 60 Hz, which `kinest train` and `evaluate --data` read.

    It has poses (N, 156) axis-angle in rad, trans (N, 3), betas (16,) zero, mocap_framerate; and,
    as our clips do, rest_offsets (22, 3) m, taken from the bodies, and trans_is_pelvis True: trans
    is where the pelvis is, not, as of a body model's file, that less its rest position.

    Args:
        bodies: at 60 Hz ticks.
        path: of the file to be made.

    Returns:
        Ticks that have no body; each repeats the one before.

    Raises:
        KinestError: fewer than two bodies.
    """
    if len(bodies) < 2:
        raise KinestError(f"{len(bodies)} bodies are no clip; at least 2 are needed")
    rotations = matrices_from_quaternions(unit_quaternions(bodies.local_rotations))
    offsets = rest_offsets(rotations, bodies.positions)
    ticks = np.round((bodies.stamps_ns - bodies.stamps_ns[0]) / _TICK_NS).astype(int)
    wanted = np.arange(ticks[-1] + 1)
    rows = np.searchsorted(ticks, wanted, side="right") - 1
    poses = np.zeros((len(rows), _POSE))
    poses[:, : 3 * NUM_JOINTS] = rotation_vectors(rotations[rows]).reshape(len(rows), -1)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as stream:
        np.savez_compressed(
            stream,
            poses=poses,
            trans=bodies.positions[rows, 0],
            betas=np.zeros(16),
            gender="neutral",
            mocap_framerate=60.0,
            rest_offsets=offsets,
            trans_is_pelvis=True,
        )
    return len(wanted) - len(np.unique(ticks))


def write_csv(bodies: Bodies, path: Path) -> None:
    """Write a row per body: stamp_ns, then of each joint x, y, z in m and local rotation xyzw."""
    parts = ("x", "y", "z", "qx", "qy", "qz", "qw")
    values = np.concatenate((bodies.positions, bodies.local_rotations), axis=-1)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(["stamp_ns", *(f"{name}.{part}" for name in JOINT_NAMES for part in parts)])
    for stamp, row in zip(bodies.stamps_ns.tolist(), values, strict=True):
        out.writerow([stamp, *map(repr, row.ravel().tolist())])
    write_whole(path, text.getvalue())


def rest_offsets(rotations: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return the bones (22, 3) m of bodies: the median over frames, in SMPL's T-pose axes.

    Args:
        rotations: local (N, 22, 3, 3), [:, 0] world_from_pelvis.
        positions: (N, 22, 3) m.
    """
    _, world = forward_kinematics_np(rotations, np.zeros((NUM_JOINTS, 3)), positions[:, 0])
    parents = np.array(PARENTS[1:])
    bones = positions[:, 1:] - positions[:, parents]
    inside = np.einsum("njba,njb->nja", world[:, parents], bones)
    return np.concatenate((np.zeros((1, 3)), np.median(inside, axis=0)))
