# SPDX-License-Identifier: Apache-2.0
"""The table of bodies (.csv) that `kinest convert --to csv` writes, written and read."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from kinest_ros.body.joints import JOINT_NAMES, NUM_JOINTS
from kinest_ros.body.rotations_numpy import (
    continuous,
    matrices_from_quaternions,
    unit_quaternions,
)
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import OutOfBounds, read_text
from kinest_ros.files.whole import write_whole
from kinest_ros.formats.clips.rest_offsets import rest_offsets
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.clips.amass import TARGET_FPS

#: Most bytes of a table: half an hour.
TABLE_LIMIT = 1 << 29
#: What follows a joint's name: position, m, and local rotation xyzw.
PARTS = ("x", "y", "z", "qx", "qy", "qz", "qw")
HEADER = ("stamp_ns", *(f"{name}.{part}" for name in JOINT_NAMES for part in PARTS))


def write_bodies_table(
    stamps_ns: np.ndarray, positions: np.ndarray, rotations: np.ndarray, path: Path
) -> None:
    """Write a row per body, every digit of it.

    Args:
        stamps_ns: (N,) int64.
        positions: (N, 22, 3) m, Z up.
        rotations: (N, 22, 4) xyzw in SMPL axes, [:, 0] world_from_pelvis, the others
            parent_from_joint.
        path: of the file.

    Raises:
        OSError: it cannot be written.
    """
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(HEADER)
    values = np.concatenate((positions, rotations), axis=-1)
    for stamp, row in zip(stamps_ns.tolist(), values, strict=True):
        out.writerow([stamp, *map(repr, row.ravel().tolist())])
    write_whole(path, text.getvalue())


def read_bodies_table(path: Path) -> tuple[Motion, Skeleton]:
    """Read a clip, at 60 frames per second; ticks without a row repeat the one before.

    Raises:
        KinestError: no such file, or anything else in it.
    """
    try:
        text = read_text(path, TABLE_LIMIT)
        header, _, rest = text.partition("\n")
        if header.strip() != ",".join(HEADER):
            raise ValueError("its first line is not the header that kinest convert --to csv writes")
        rows = [line for line in rest.splitlines() if line.strip()]
        if rows and rows[-1].count(",") != len(HEADER) - 1:
            rows.pop()
        cells = [row.split(",") for row in rows]
        wrong = next((i for i, row in enumerate(cells) if len(row) != len(HEADER)), None)
        if wrong is not None:
            raise ValueError(f"row {wrong + 2} has {len(cells[wrong])} columns, not {len(HEADER)}")
        stamps = np.array([int(row[0]) for row in cells], np.int64)
        values = np.array([row[1:] for row in cells], float).reshape(-1, NUM_JOINTS, len(PARTS))
    except FileNotFoundError:
        raise KinestError(f"motion file {path} does not exist") from None
    except (OSError, UnicodeDecodeError, OutOfBounds, OverflowError, ValueError) as error:
        raise KinestError(
            f"motion file {path} is not a readable table of bodies: {error}"
        ) from None
    norms = np.linalg.norm(values[..., 3:], axis=-1)
    if len(values) < 2 or not np.isfinite(values).all() or (norms < 1e-3).any():
        raise KinestError(
            f"motion file {path} has fewer than 2 bodies, or rows that are not a valid body"
        )
    if (np.diff(stamps) <= 0).any():
        raise KinestError(f"motion file {path}: its stamps do not increase")
    ticks = np.round((stamps - stamps[0]) * (TARGET_FPS * 1e-9)).astype(int)
    if ticks[-1] > 10 * len(ticks) + 600:
        raise KinestError(f"motion file {path}: more than half of its time has no body")
    kept = np.searchsorted(ticks, np.arange(ticks[-1] + 1), side="right") - 1
    turns = continuous(unit_quaternions(values[..., 3:]))
    local = matrices_from_quaternions(turns)
    offsets = rest_offsets(local, values[..., :3])
    motion = Motion(local[kept], values[kept, 0, :3], TARGET_FPS)
    return motion, Skeleton(offsets, str(path))
