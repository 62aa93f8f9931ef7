# SPDX-License-Identifier: Apache-2.0
"""Read trajectories: TUM's lines of one tracker, and tables (.csv) of one tracker or several.

TUM (https://cvg.cit.tum.de/data/datasets/rgbd-dataset/file_formats): a line each of time in s, x,
y, z in m, and the quaternion xyzw; lines that begin with # are comments. A table says in its first
line what its columns are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import OutOfBounds, read_text
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

_PLACES, _TURNS = ("x", "y", "z"), ("qx", "qy", "qz", "qw")
_TIME = re.compile(r"(time|stamp|timestamp|t|sec|seconds|ns|ms|us)")
_TURN_WORDS = {"q", "quat", "quaternion", "rot", "rotation", "ori", "orientation"}
_PLACE_WORDS = {"p", "pos", "position", "t", "trans", "translation", "pose", "loc", "location"}
_ANGLES = re.compile(r"roll|pitch|yaw|euler")


def read_trajectories(files: Sequence[tuple[str | None, Path]], basis: str = "ros") -> Recording:
    """Read one tracker of each file, or several of one table, on one clock.

    Args:
        files: slot, or None for what the file's columns or its name say, and path.
        basis: axes of the poses.

    Raises:
        KinestError: a file that cannot be read, columns that are missing, or no head.
    """
    tracks: dict[str, Track] = {}
    for slot, path in files:
        for name, track in _tracks(slot, path, basis).items():
            if name in tracks:
                raise KinestError(f"{path}: there is a track '{name}' already")
            tracks[name] = track
    first = min((int(t.stamps_ns[0]) for t in tracks.values() if len(t.stamps_ns)), default=1)
    if first <= 0:
        tracks = {
            name: Track(
                track.entity, track.stamps_ns - first + FIRST_NS, track.positions,
                track.quaternions, track.dropped,
            )
            for name, track in tracks.items()
        }  # fmt: skip
    return by_slot(tracks, ", ".join(str(path) for _, path in files))


def is_tum(line: str) -> bool:
    """Return whether a line is one of TUM's: eight numbers."""
    return len(_numbers(line)) == 8


def _tracks(slot: str | None, path: Path, basis: str) -> dict[str, Track]:
    with reading(path):
        text = read_text(path, RECORDING_LIMIT)
    try:
        lines = [line for line in text.splitlines() if line.strip()]
        rows = [line for line in lines if not line.lstrip().startswith("#")]
        if rows and is_tum(rows[0]) and "," not in rows[0]:
            return {_name(slot, path): _tum(path, rows, basis)}
        return _table(slot, path, lines, basis)
    except (OutOfBounds, csv.Error) as error:
        raise KinestError(f"recording {path} cannot be read: {error}") from None
    except ValueError as error:
        raise KinestError(f"{path}: {error}") from None


def _name(slot: str | None, path: Path) -> str:
    name = slot or path.stem
    if slot_of(name) is None:
        raise KinestError(f"{path} does not name its tracker: write head:={path}, or another slot")
    return name


def _tum(path: Path, rows: list[str], basis: str) -> Track:
    values = []
    for number, row in enumerate(rows):
        found = _numbers(row)
        if len(found) != 8:
            if number == len(rows) - 1:  # the recorder was stopped in the middle of a line
                break
            raise ValueError(f"line '{row[:60]}' is not: time x y z qx qy qz qw")
        values.append(found)
    stamps = stamps_of([value[0] for value in values], "time_s")
    poses = np.array([value[1:] for value in values], float).reshape(-1, 7)
    return track_of(path.name, stamps, poses, basis)


def _numbers(line: str) -> list[str]:
    """Return the numbers of a line, as they are written; none if anything else is in it."""
    parts = line.replace(",", " ").split()
    try:
        return [part for part in parts if float(part) is not None]
    except ValueError:
        return []


def _table(slot: str | None, path: Path, lines: list[str], basis: str) -> dict[str, Track]:
    if not lines:
        raise ValueError("it is empty")
    header = lines[0].lstrip("#\ufeff ")
    delimiter = max(",;\t", key=header.count)
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
    rows = list(csv.reader(io.StringIO("\n".join(lines[1:])), delimiter=delimiter))
    if rows and len(rows[-1]) != len(names):
        rows.pop()
    wrong = next((i for i, row in enumerate(rows) if len(row) != len(names)), None)
    if wrong is not None:
        raise ValueError(
            f"row {wrong + 2} has {len(rows[wrong])} columns; the first has {len(names)}"
        )
    time = next((i for i, name in enumerate(names) if _is_time(name)), None)
    if time is None or not rows:
        raise ValueError(f"no time column, such as stamp_ns or time_s, among {', '.join(names)}")
    stamps = stamps_of([row[time] for row in rows], re.sub(r"\W+$", "", names[time]))
    tracks = {}
    for name, columns in _devices(names, time).items():
        values = [[_cell(row[columns[part]]) for part in (*_PLACES, *_TURNS)] for row in rows]
        label = name or _name(slot, path)
        tracks[label] = track_of(label, stamps, np.array(values, float).reshape(-1, 7), basis)
    return tracks


def _is_time(name: str) -> bool:
    words = _words(name)
    return bool(words) and not _part(name)[0] and _TIME.fullmatch(words[0]) is not None


def _devices(names: list[str], time: int) -> dict[str, dict[str, int]]:
    """Return columns by part, of each device by its name; "" where the names name none."""
    parts: dict[str, dict[str, int]] = {}
    for index, name in enumerate(names):
        part, rest = _part(name)
        if index != time and part:
            parts.setdefault(rest if slot_of(rest) else "", {}).setdefault(part, index)
    found = {
        name: columns for name, columns in parts.items() if set(_PLACES + _TURNS) <= columns.keys()
    }
    if not found:
        angles = any(_ANGLES.search(name.lower()) for name in names)
        mend = "; Euler angles are not supported: write quaternions" if angles else ""
        raise ValueError(f"no columns x, y, z, qx, qy, qz, qw among {', '.join(names)}{mend}")
    return found


def _part(name: str) -> tuple[str, str]:
    """Return which part of a pose a column is, such as qx, and what is left of its name."""
    words = _words(name)
    match = re.fullmatch(r"([a-z]*?)([xyzw])", words[-1]) if words else None
    if match is None or (match[1] and match[1] not in _TURN_WORDS | _PLACE_WORDS):
        return "", ""
    said = {*words[:-1], match[1]}
    turned = bool(said & _TURN_WORDS)
    if match[2] == "w" and not turned:
        return "", ""
    rest = "".join(word for word in words[:-1] if word not in _TURN_WORDS | _PLACE_WORDS)
    return ("q" if turned else "") + match[2], rest


def _words(name: str) -> list[str]:
    """Return the words of a name: p_RS_R_x [m], leftHand.posX, left_hand.pos.x."""
    plain = re.sub(r"\[[^\]]*\]|\([^)]*\)", "", name)
    plain = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", plain)
    return [word for word in re.split(r"[^A-Za-z]+", plain.lower()) if word]


def _cell(text: str) -> float:
    if not text.strip():
        return float("nan")
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"'{text[:40]}' is not a number") from None
