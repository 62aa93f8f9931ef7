# SPDX-License-Identifier: Apache-2.0
"""Read XROR, the extended reality open recording of MetaGuard (and of the data set BOXRR-23).

The format is described at https://github.com/MetaGuard/xror: a BSON document with devices, each
with named axes, and frames, packed by fpzip: a row each of the time in s and then the axes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import OutOfBounds, read_bytes
from kinest_ros.formats.recordings.bson import parse_bson
from kinest_ros.formats.recordings.fpzip_frames import unpack
from kinest_ros.formats.recordings.game_time import seconds_of_song
from kinest_ros.formats.recordings.recording import (
    FIRST_NS,
    RECORDING_LIMIT,
    Recording,
    Track,
    reading,
    slot_of,
    stamps_from,
    track_of,
)

#: x, y, z, and the quaternion's i, j, k and real part.
_AXES = ("x", "y", "z", "i", "j", "k", "1")
_SLOTS = {
    "HEAD": "head", "HAND_LEFT": "left_hand", "WRIST_LEFT": "left_hand",
    "HAND_RIGHT": "right_hand", "WRIST_RIGHT": "right_hand", "PELVIS": "pelvis",
    "FOOT_LEFT": "left_foot", "ANKLE_LEFT": "left_foot",
    "FOOT_RIGHT": "right_foot", "ANKLE_RIGHT": "right_foot",
}  # fmt: skip


def read_xror(path: str | Path, basis: str = "unity") -> Recording:
    """Read a recording.

    Args:
        path: the file.
        basis: axes of the poses; by the format's convention Unity's.

    Raises:
        KinestError: no such file, no XROR, no head in it, or the package fpzip is missing.
    """
    path = Path(path)
    with reading(path):
        data = read_bytes(path, RECORDING_LIMIT)
    try:
        content = parse_bson(data)
        info, devices = content.get("info"), _devices(content)
        packed = content.get("frames")
        if not isinstance(packed, bytes):
            raise ValueError("it has no frames")
        rows = unpack(packed).astype(np.float64)
    except (OSError, OutOfBounds) as error:
        raise KinestError(f"recording {path} cannot be read: {error}") from None
    except ValueError as error:
        raise KinestError(f"{path} is not a readable XROR recording: {error}") from None
    width = 1 + sum(len(axes) for _, _, axes in devices)
    if rows.shape[1] != width:
        raise KinestError(
            f"{path}: a frame has {rows.shape[1]} numbers; the time and the devices' axes are "
            f"{width}"
        )
    # fpzip packs no less than some rows: the writer fills up with -1.
    rows = rows[~(rows == -1.0).all(axis=1)]
    stamps = stamps_from(rows[:, 0] / _speed(info), _begun(info))
    tracks: dict[str, Track] = {}
    ignored, column = [], 1
    for index, (name, slot, axes) in enumerate(devices):
        label = name or f"device {index}"
        if slot is None or slot in tracks or not set(_AXES) <= set(axes):
            ignored.append(label)
        else:
            values = rows[:, [column + axes.index(axis) for axis in _AXES]]
            tracks[slot] = track_of(label, stamps, values, basis)
        column += len(axes)
    if "head" not in tracks or not len(tracks["head"].stamps_ns):
        there = ", ".join(f"{name or '?'} ({' '.join(axes)})" for name, _, axes in devices)
        raise KinestError(f"{path}: no device on the HEAD with {' '.join(_AXES)} among {there}")
    return Recording(tracks, ignored)


def _devices(content: dict[str, Any]) -> list[tuple[str, str | None, list[str]]]:
    """Return name, slot and axes of each device."""
    found: Any = content
    for key in ("info", "hardware", "devices"):
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, list) or not found:
        raise ValueError("it does not list its devices (info.hardware.devices)")
    devices = []
    for device in found:
        axes = device.get("axes") if isinstance(device, dict) else None
        if not isinstance(axes, list) or not all(isinstance(axis, str) for axis in axes):
            raise ValueError("one of its devices has no axes")
        name, joint = str(device.get("name") or ""), str(device.get("joint") or "").upper()
        hmd = str(device.get("type")).upper() == "HMD"
        slot = _SLOTS.get(joint) if joint else ("head" if hmd else slot_of(name))
        devices.append((name, slot, axes))
    return devices


def _speed(info: Any) -> float:
    """Return how fast the clock of the frames runs: that of a song, in Beat Saber."""
    software = info.get("software") if isinstance(info, dict) else None
    activity = software.get("activity") if isinstance(software, dict) else None
    if not isinstance(activity, dict):
        return 1.0
    speed = activity.get("speed")
    practice = float(speed) if isinstance(speed, (int, float)) else 0.0
    return seconds_of_song(str(activity.get("modifiers") or ""), practice)


def _begun(info: Any) -> int:
    """Return the stamp of the first frame, ns."""
    milliseconds = info.get("timestamp") if isinstance(info, dict) else None
    if isinstance(milliseconds, int) and 0 < milliseconds < 1 << 42:
        return milliseconds * 1_000_000
    return FIRST_NS
