# SPDX-License-Identifier: Apache-2.0
"""Read pose logs in JSON, as bridges of OpenXR and Unity write them: an object for each frame.

    {"basis": "openxr"}
    {"time_s": 12.011, "head": {"position": [x, y, z], "rotation": [x, y, z, w]}, "left": ...}

One object a line, a list of them, or an object whose ``frames`` they are. Vectors are lists or
objects with x, y, z (and w). A device that is null, or says that it is not valid or tracked, is not
there in that frame.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import parse_json, read_text
from kinest_ros.formats.recordings.recording import (
    FIRST_NS,
    RECORDING_LIMIT,
    Recording,
    Track,
    by_slot,
    reading,
    slot_of,
    track_of,
)
from kinest_ros.formats.recordings.time_units import stamps_of
from kinest_ros.tracking.devices.basis import BASES

_TIMES = (
    "stamp_ns", "timestamp_ns", "time_ns", "time_us", "timestamp_us", "time_ms", "timestamp_ms",
    "time_s", "timestamp_s", "time", "timestamp", "stamp", "t",
)  # fmt: skip
_BASIS = ("basis", "input_basis", "coordinate_system", "coordinates")
_PLACE, _TURN = ("position", "pos", "p"), ("rotation", "orientation", "quaternion", "rot", "q", "r")
_VALID = ("valid", "is_valid", "isValid", "tracked", "is_tracked", "isTracked")


def read_pose_log(path: str | Path, basis: str | None = None) -> Recording:
    """Read a log.

    Args:
        path: the file.
        basis: axes of the poses; None: what the file says.

    Raises:
        KinestError: no such file, something wrong in it (named by frame and key), or no axes said.
    """
    path = Path(path)
    try:
        with reading(path):
            said, frames, notes = _frames(path, read_text(path, RECORDING_LIMIT))
    except ValueError as error:
        raise KinestError(f"recording {path} is not valid JSON: {error}") from None
    basis = basis or said
    if basis is None:
        raise KinestError(
            f'{path} does not say which axes its poses are in: add "basis": "openxr" (x right, '
            'y up, z back), "unity" (x right, y up, z ahead) or "ros", or give --input-basis'
        )
    if basis not in BASES:
        raise KinestError(f"{path}: its basis is '{basis}'; known are {', '.join(BASES)}")
    return replace(by_slot(_tracks(path, frames, basis), path), notes=notes)


def _frames(path: Path, text: str) -> tuple[str | None, list[dict[str, Any]], list[str]]:
    """Return the basis that is said, the frames, and notes."""
    notes: list[str] = []
    try:
        content = parse_json(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        content = []
        for number, line in enumerate(lines):
            try:
                content.append(parse_json(line))
            except ValueError as error:
                if number < len(lines) - 1:
                    raise ValueError(f"line {number + 1}: {error}") from None
                notes.append(f"{path} is truncated in line {number + 1}, which is skipped")
    header: dict[str, Any] = {}
    if isinstance(content, dict):
        header, content = content, content.get("frames", [content])
    if not isinstance(content, list) or not all(isinstance(frame, dict) for frame in content):
        raise KinestError(
            f"{path}: expected one object per frame, one per line or in a list, possibly "
            "under the key 'frames'"
        )
    frames: list[dict[str, Any]] = content
    if frames and not _first(frames[0], _TIMES):
        header, frames = {**header, **frames[0]}, frames[1:]
    said = _first(header, _BASIS)
    if not frames:
        raise KinestError(f"{path} has no frames")
    return (str(header[said]).lower() if said else None), frames, notes


def _tracks(path: Path, frames: list[dict[str, Any]], basis: str) -> dict[str, Track]:
    key = _first(frames[0], _TIMES)
    if not key:
        there = ", ".join(frames[0]) or "nothing"
        raise KinestError(f"{path}: frame 1 has no time, such as stamp_ns or time_s, but {there}")
    texts = []
    for number, frame in enumerate(frames, 1):
        value = frame.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise KinestError(f"{path}: frame {number}: '{key}' is {value!r}; expected a number")
        texts.append(repr(value))
    try:
        stamps = stamps_of(texts, key)
    except ValueError as error:
        raise KinestError(f"{path}: {error}") from None
    if stamps[0] <= 0:
        stamps = stamps - stamps[0] + FIRST_NS
    names = dict.fromkeys(name for frame in frames for name in frame if slot_of(name))
    tracks = {}
    for name in names:
        rows = [_pose(path, i, name, frame.get(name)) for i, frame in enumerate(frames, 1)]
        tracks[name] = track_of(name, stamps, np.array(rows, float).reshape(-1, 7), basis)
    return tracks


def _pose(path: Path, number: int, name: str, pose: Any) -> list[float]:
    """Return position and quaternion; NaN where the device is not there."""
    if pose is None:
        return [math.nan] * 7
    where = f"{path}: frame {number}: '{name}'"
    if not isinstance(pose, dict):
        raise KinestError(f"{where} is not an object with position and rotation")
    valid = _first(pose, _VALID)
    if valid and not pose[valid]:
        return [math.nan] * 7
    place, turn = _first(pose, _PLACE), _first(pose, _TURN)
    if not place or not turn:
        raise KinestError(f"{where} has {', '.join(pose) or 'nothing'}; give position and rotation")
    return [
        *_vector(f"{where}: {place}", pose[place], "xyz"),
        *_vector(f"{where}: {turn}", pose[turn], "xyzw"),
    ]


def _vector(where: str, value: Any, parts: str) -> list[float]:
    if isinstance(value, dict):
        value = [value.get(part) for part in parts]
    if not isinstance(value, list) or len(value) != len(parts):
        angles = (
            " (Euler angles are not supported: write the quaternion)" if len(parts) == 4 else ""
        )
        raise KinestError(f"{where} is not {len(parts)} numbers, {' '.join(parts)}{angles}")
    for number in value:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise KinestError(f"{where} holds {number!r}; expected a number")
    try:
        return [float(number) for number in value]
    except OverflowError:
        raise KinestError(f"{where} has a number that is far too large") from None


def _first(found: dict[str, Any], keys: tuple[str, ...]) -> str:
    return next((key for key in keys if key in found), "")
