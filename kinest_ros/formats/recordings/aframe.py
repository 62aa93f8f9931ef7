# SPDX-License-Identifier: Apache-2.0
"""Read recordings of A-Frame's motion-capture components (JSON)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import parse_json, read_text
from kinest_ros.formats.recordings.recording import (
    RECORDING_LIMIT,
    Recording,
    Track,
    reading,
    slot_of,
)
from kinest_ros.tracking.devices.basis import to_ros_basis


def read_aframe(path: str | Path) -> Recording:
    """Read a recording.

    The file holds one object per entity, perhaps under the key ``recording``, each with ``poses``:
    a list of ``position`` {x, y, z} m, ``rotation`` {x, y, z} degrees (R = Ry Rx Rz) and
    ``timestamp`` ms; Y up, forward -Z. Poses before a tracker moves for the first time (repeated
    or zero) and poses whose time does not increase are left out.

    Raises:
        KinestError: no such file, no JSON, or something missing or wrong in it, named by its key.
    """
    path = Path(path)
    entities = _entities(path)
    tracks: dict[str, Track] = {}
    ignored = []
    for name, entity in entities.items():
        slot = slot_of(name)
        if slot is None or not isinstance(entity, dict):
            ignored.append(name)
            continue
        if slot in tracks:
            raise KinestError(f"{path}: '{name}' and '{tracks[slot].entity}' are both the {slot}")
        track = _track(path, name, entity)
        if len(track.stamps_ns):
            tracks[slot] = track
        else:
            ignored.append(name)
    if "head" not in tracks:
        still = next((name for name in ignored if slot_of(name) == "head"), None)
        if still is not None:
            raise KinestError(f"{path}: no headset with poses: '{still}' is empty or never moves")
        raise KinestError(
            f"{path}: no headset with poses; expected an entity 'camera' beside "
            f"{', '.join(map(repr, entities)) or 'nothing'}"
        )
    return Recording(tracks, ignored)


def _entities(path: Path) -> dict[str, Any]:
    try:
        with reading(path):
            content = parse_json(read_text(path, RECORDING_LIMIT))
    except ValueError as error:
        raise KinestError(f"recording {path} is not valid JSON: {error}") from None
    if isinstance(content, dict) and isinstance(content.get("recording"), dict):
        content = content["recording"]
    if not isinstance(content, dict):
        raise KinestError(
            f"recording {path} holds a {type(content).__name__}; expected an object with one "
            "entry per entity, such as 'camera', 'leftHand', 'rightHand'"
        )
    return content


def _track(path: Path, name: str, entity: dict[str, Any]) -> Track:
    poses = entity.get("poses")
    if not isinstance(poses, list):
        raise KinestError(f"{path}: '{name}.poses' is missing or not a list")
    rows = [_row(f"{path}: '{name}.poses[{i}]", pose) for i, pose in enumerate(poses)]
    values = np.array(rows, float).reshape(-1, 7)
    first = _first_moved(values)
    values, kept = values[first:], len(values) - first
    dropped = {"before the first movement": first} if first else {}
    latest = np.maximum.accumulate(values[:, 6]) if kept else values[:, 6]
    later = np.concatenate([[True] * min(kept, 1), values[1:, 6] > latest[:-1]]).astype(bool)
    if not later.all():
        dropped["time not increasing"] = int(kept - later.sum())
    values = values[later]
    rotations = Rotation.from_euler("YXZ", values[:, [4, 3, 5]], degrees=True)
    positions, quaternions = to_ros_basis(values[:, :3], rotations.as_quat(), "openxr")
    stamps = np.round(values[:, 6] * 1e6).astype(np.int64)
    return Track(name, stamps, positions, quaternions, dropped)


def _first_moved(values: np.ndarray) -> int:
    """Index of the first pose (x, y, z, 3 angles, time) that a tracked device reported."""
    if not len(values):
        return 0
    still = (values[:, :6] == values[0, :6]).all(-1)
    moved = int(np.argmin(still)) if not still.all() else len(values)
    first = moved if moved > 1 else 0
    while first < len(values) and not values[first, :3].any():
        first += 1
    return first


def _row(where: str, pose: Any) -> list[float]:
    """Position, angles and time of one pose."""
    if not isinstance(pose, dict):
        raise KinestError(f"{where}' is not an object")
    row = []
    for key in ("position", "rotation"):
        vector = pose.get(key)
        if not isinstance(vector, dict):
            raise KinestError(f"{where}.{key}' is missing; expected {{x, y, z}}")
        row += [_number(f"{where}.{key}.{axis}'", vector.get(axis)) for axis in "xyz"]
    return [*row, _number(f"{where}.timestamp'", pose.get("timestamp"))]


def _number(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise KinestError(f"{where} is {value!r}; expected a number")
    if not math.isfinite(value):
        raise KinestError(f"{where} is {value}; expected a finite number")
    return float(value)
