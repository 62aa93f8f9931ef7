# SPDX-License-Identifier: Apache-2.0
"""The kind of a file, detected by its content, not its name."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from kinest_ros.errors import KinestError
from kinest_ros.formats.recordings.bsor import MAGIC
from kinest_ros.formats.recordings.trajectories import is_tum

#: Recordings of trackers, and whole-body motion, by the names of their formats.
RECORDINGS = ("aframe", "bsor", "xror", "json", "tum", "table")
CLIPS = ("amass", "bvh", "bodies")
BAG = "bag"
#: What files begin with.
_BAGS = (b"\x89MCAP", b"SQLite format 3", b"#ROSBAG", b"\x28\xb5\x2f\xfd")
_HEAD = 1 << 16


def kind_of(path: Path) -> str:
    """Return "bag", or one of `RECORDINGS` and `CLIPS`.

    Raises:
        KinestError: no such file, or none of these.
    """
    if path.is_dir():
        return BAG
    if not path.exists():
        raise KinestError(f"{path} does not exist")
    if not path.is_file():
        raise KinestError(f"{path} is not a regular file")
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
            size = os.fstat(stream.fileno()).st_size
    except OSError as error:
        raise KinestError(f"{path} cannot be read: {error.strerror or error}") from None
    if head.startswith(_BAGS) or path.suffix in (".mcap", ".db3", ".bag"):
        return BAG
    if head.startswith(MAGIC) or path.suffix == ".bsor":
        return "bsor"
    if head.startswith(b"PK\x03\x04") or path.suffix == ".npz":
        return "amass"
    if path.suffix == ".xror" or (len(head) > 4 and struct.unpack("<i", head[:4])[0] == size):
        return "xror"
    return _kind_of_text(path, head)


def _kind_of_text(path: Path, head: bytes) -> str:
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if text[:9].upper() == "HIERARCHY" or path.suffix.lower() == ".bvh":
        return "bvh"
    if text.startswith("stamp_ns,pelvis.x,"):
        return "bodies"
    if text.startswith(("{", "[")) or path.suffix in (".json", ".jsonl"):
        return "aframe" if _is_aframe(path, text) else "json"
    lines = text.splitlines()
    rows = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if rows and is_tum(rows[0]) and "," not in rows[0]:
        return "tum"
    if lines and any(lines[0].count(mark) >= 7 for mark in ",;\t") and "\ufffd" not in text:
        return "table"
    raise KinestError(
        f"{path} has no known format: it is neither a bag, nor whole-body motion (AMASS-style "
        ".npz, .bvh, .csv of bodies), nor a recording of trackers (A-Frame or pose log .json, "
        ".bsor, .xror, TUM lines, or a .csv whose first line names its columns)"
    )


def _is_aframe(path: Path, text: str) -> bool:
    """Return whether JSON has an object for each device, not for each frame."""
    if path.suffix == ".jsonl" or text.startswith("["):
        return False
    start = text[: 1 << 12]
    first_line = text.splitlines()[0].rstrip()
    a_line_each = first_line.endswith("}") and len(text) > len(first_line) + 2
    return '"frames"' not in start and not a_line_each
