# SPDX-License-Identifier: Apache-2.0
"""What the user gives as input: bags, recordings of trackers, clips; and options to read them."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinest_ros.body.joints import SLOTS
from kinest_ros.cli.options import note
from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import parse_yaml, read_text
from kinest_ros.formats.kinds import BAG, CLIPS, RECORDINGS, kind_of

if TYPE_CHECKING:
    from kinest_ros.formats.clips.read_bvh import BvhChoice
    from kinest_ros.formats.recordings.recording import Recording

#: Trackers that a clip is given where the user names none.
WORN = SLOTS[:3]


def add_bvh(parser: argparse._ActionsContainer) -> None:
    """--joints, --unit, --up, --rest-frame: what a BVH file does not say."""
    parser.add_argument(
        "--joints", type=Path, metavar="FILE",
        help="YAML, a line each: our joint: what the file calls it (default: found by names)",
    )  # fmt: skip
    parser.add_argument(
        "--unit", help="of the file: m, cm, mm, inch, or metres (default: by the body's size)"
    )
    parser.add_argument(
        "--up", choices=("y", "z"), help="of the file (default: by how the body is held)"
    )
    parser.add_argument(
        "--rest-frame", type=int, metavar="N",
        help="a frame, from 0, in which they stand upright, arms out or down, where the file's "
        "own rest pose shows nobody who stands",
    )  # fmt: skip


def bvh_choice(args: argparse.Namespace) -> BvhChoice:
    """Return what was said with add_bvh()."""
    from kinest_ros.formats.clips.read_bvh import BvhChoice

    joints: Any = {}
    if args.joints is not None:
        try:
            joints = parse_yaml(read_text(args.joints))
        except (OSError, ValueError) as error:
            raise KinestError(f"--joints {args.joints} cannot be read: {error}") from None
        plain = isinstance(joints, dict) and all(
            isinstance(part, str) for pair in joints.items() for part in pair
        )
        if not plain:
            raise KinestError(f"--joints {args.joints}: write lines like left_wrist: LeftHand")
    return BvhChoice(joints, args.unit, args.up, args.rest_frame)


def parted(item: str) -> tuple[str | None, Path]:
    """Return slot and path of an input that is given as FILE, or as SLOT:=FILE."""
    slot, sign, path = item.partition(":=")
    if not sign or slot not in SLOTS:
        return None, Path(item)
    return slot, Path(path)


def recorded(kind: str, files: Sequence[tuple[str | None, Path]], basis: str | None) -> Recording:
    """Read a recording and tell the user what is to be known of it."""
    from kinest_ros.formats.recordings.read import read_recording

    found = read_recording(kind, files, basis)
    for text in found.notes:
        note(f"note: {text}")
    return found


def as_bag(path: Path, stack: contextlib.ExitStack) -> Path:
    """Return a bag of whatever is at a path: itself, or a temporary one of a recording or clip.

    Args:
        path: what the user gave.
        stack: removes the temporary bag.

    Raises:
        KinestError: nothing that is read.
    """
    if path.is_dir() or path.suffix in (".mcap", ".db3", ".bag", ".zstd") or not path.exists():
        return path
    kind = kind_of(path)
    if kind == BAG:
        return path
    from kinest_ros.bags.writer import BodyBagWriter

    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="kinest_"))
    made = Path(folder, path.name)
    if kind in RECORDINGS:
        recording = recorded(kind, [(None, path)], None)
        with BodyBagWriter(made) as out:
            for frame in recording.frames():
                out.write_frame(frame)
    else:
        assert kind in CLIPS
        from kinest_ros.bags.body_files import write_clip_bag
        from kinest_ros.formats.clips.load import load_clip

        motion, skeleton = load_clip(path)
        with BodyBagWriter(made, skeleton) as out:
            write_clip_bag(motion, skeleton, out, WORN)
        note(f"note: {path}: ideal trackers ({', '.join(WORN)}) on the clip, itself the truth")
    return made
