# SPDX-License-Identifier: Apache-2.0
"""Read a recording of trackers, whatever format it is in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kinest_ros.errors import KinestError
from kinest_ros.formats.recordings.aframe import read_aframe
from kinest_ros.formats.recordings.bsor import read_bsor
from kinest_ros.formats.recordings.pose_log import read_pose_log
from kinest_ros.formats.recordings.recording import Recording
from kinest_ros.formats.recordings.trajectories import read_trajectories
from kinest_ros.formats.recordings.xror import read_xror


def read_recording(
    kind: str, files: Sequence[tuple[str | None, Path]], basis: str | None = None
) -> Recording:
    """Read a recording; several files are trajectories of one tracker each.

    Args:
        kind: one of `formats.kinds.RECORDINGS`.
        files: slot, where the user gave it, and path.
        basis: axes of the poses, one of `BASES`; None: what the file says, or its format.

    Raises:
        KinestError: naming the file, what is wrong with it, and what to do about it.
    """
    if kind in ("tum", "table"):
        return read_trajectories(files, basis or "ros")
    (slot, path), *others = files
    if others or slot is not None:
        raise KinestError(
            f"{path} already has all trackers: give only this file. Several files, or "
            "SLOT:=FILE, are for trajectories of one tracker each"
        )
    if kind == "json":
        return read_pose_log(path, basis)
    if kind == "xror":
        return read_xror(path, basis or "unity")
    fixed = {"aframe": "openxr", "bsor": "unity"}[kind]
    if basis not in (None, fixed):
        raise KinestError(f"{path}: this format always has {fixed} axes: leave out --input-basis")
    return read_aframe(path) if kind == "aframe" else read_bsor(path)
