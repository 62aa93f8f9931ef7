# SPDX-License-Identifier: Apache-2.0
"""Read BeatLeader's open replays (BSOR): headset and sabers of a game of Beat Saber.

The format is described at https://github.com/BeatLeader/BS-Open-Replay: little endian, a magic
number and a version, then sections that begin with a byte: 0 what was played, 1 the frames.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import read_bytes
from kinest_ros.formats.recordings.game_time import seconds_of_song
from kinest_ros.formats.recordings.recording import (
    FIRST_NS,
    RECORDING_LIMIT,
    Recording,
    reading,
    stamps_from,
    track_of,
)

MAGIC = struct.pack("<i", 0x442D3D69)
_DEVICES = (("head", "head"), ("left_hand", "left saber"), ("right_hand", "right saber"))
_POSE = [("position", "<f4", 3), ("rotation", "<f4", 4)]
_FRAME = np.dtype([("time", "<f4"), ("fps", "<i4"), *((slot, _POSE) for slot, _ in _DEVICES)])
#: Longest text in the file.
_TEXT = 1 << 16


def read_bsor(path: str | Path) -> Recording:
    """Read a replay: Unity's axes and metres in the file, ROS's (Z up, quaternions xyzw) returned.

    Stamps are the moment at which the song was begun, where the file says it, and the song's time
    divided by its speed. Times at which the game paused are left out.

    Raises:
        KinestError: no such file, another format or version, or no frames.
    """
    path = Path(path)
    with reading(path):
        data = read_bytes(path, RECORDING_LIMIT)
    if data[:4] != MAGIC:
        raise KinestError(
            f"{path} is not a BSOR replay: it begins with {data[:4].hex() or 'nothing'}"
        )
    if len(data) < 6 or data[4] != 1:
        version = data[4] if len(data) > 4 else "none"
        raise KinestError(f"{path}: BSOR version {version}; only version 1 is supported")
    try:
        begun, modifiers, practice, place = _what_was_played(data)
    except (ValueError, struct.error):
        # Early versions of the mod wrote wrong lengths of texts that are not ASCII.
        begun, modifiers, practice, place = 0, "", 0.0, _find_frames(data)
    if place < 0 or data[place : place + 1] != b"\x01":
        raise KinestError(f"{path}: the BSOR replay has no frames, or is truncated before them")
    promised = struct.unpack_from("<i", data, place + 1)[0] if len(data) >= place + 5 else 0
    there = (len(data) - place - 5) // _FRAME.itemsize
    count = min(promised, there)
    if count < 2:
        raise KinestError(f"{path}: {max(count, 0)} frames; at least 2 are needed")
    frames = np.frombuffer(data, _FRAME, count, place + 5)
    notes = ["hands are the sabers, as the player has set them: calibrate their mounts"]
    if count < promised:
        notes.append(f"{path} is truncated: it has {count} of {promised} frames")
    speed = seconds_of_song(modifiers, practice)
    start = begun * 1_000_000_000 if 0 < begun < 1 << 32 else FIRST_NS
    stamps = stamps_from(frames["time"].astype(np.float64) / speed, start)
    tracks = {}
    for slot, name in _DEVICES:
        values = np.concatenate((frames[slot]["position"], frames[slot]["rotation"]), axis=-1)
        tracks[slot] = track_of(name, stamps, values.astype(np.float64), "unity")
    if not len(tracks["head"].stamps_ns):
        raise KinestError(f"{path}: no frame has a pose of the head")
    kept = {slot: track for slot, track in tracks.items() if len(track.stamps_ns)}
    return Recording(kept, [name for slot, name in _DEVICES if slot not in kept], notes)


def _what_was_played(data: bytes) -> tuple[int, str, float, int]:
    """Return when (s, Unix), modifiers, practice speed, and the place behind the section."""
    if data[5] != 0:
        raise ValueError("no info")
    place = 6
    texts = []
    # version, game, timestamp; player's id, name, platform; tracking, hmd, controller; hash, song,
    # mapper, difficulty; then the score; mode, environment, modifiers.
    for index in range(16):
        if index == 13:
            place += 4
        length = struct.unpack_from("<i", data, place)[0]
        if not 0 <= length <= _TEXT or place + 4 + length > len(data):
            raise ValueError("a text of invalid length")
        texts.append(data[place + 4 : place + 4 + length].decode("utf-8", "replace"))
        place += 4 + length
    _, _, _, _, _, speed = struct.unpack_from("<f?ffff", data, place)
    place += struct.calcsize("<f?ffff")
    if data[place : place + 1] != b"\x01":
        raise ValueError("no frames behind")
    begun = int(texts[2]) if texts[2].isascii() and texts[2].isdigit() else 0
    return begun, texts[15], speed, place


def _find_frames(data: bytes) -> int:
    """Return where the frames begin, by what must stand before and behind them; -1 for nowhere."""
    place = data.find(b"\x01", 6)
    while 0 <= place < min(len(data) - 5 - _FRAME.itemsize, 1 << 20):
        count = struct.unpack_from("<i", data, place + 1)[0]
        behind = place + 5 + count * _FRAME.itemsize
        if count > 0 and data[behind : behind + 1] == b"\x02":
            turns = np.frombuffer(data, _FRAME, 1, place + 5)["head"]["rotation"]
            if abs(float(np.linalg.norm(turns)) - 1.0) < 0.01:
                return place
        place = data.find(b"\x01", place + 1)
    return -1
