# SPDX-License-Identifier: Apache-2.0
"""kinest convert: the trackers of a bag or a recording, as a bag of poses."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from kinest_ros.bags.reader import BagReader
from kinest_ros.bags.topics import HAND_POSE_TOPICS, POSE_TOPICS, WORN
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.cli import input_options, sources
from kinest_ros.cli.options import note, report
from kinest_ros.errors import KinestError


def of_bag(args: argparse.Namespace, path: Path) -> int:
    """Convert a bag of any input to a bag of poses; returns the exit code."""
    if args.out.resolve() == path.resolve():
        raise KinestError(f"--out {args.out} is the bag to read; choose another folder")
    poses: Counter[str] = Counter()
    with BagReader(path) as bag:
        inputs = input_options.chosen_input(bag, args)
        with BodyBagWriter(args.out, overwrite=args.overwrite) as out:
            for heard in inputs.heard():
                for frame, _ in heard.frames:
                    tracked = {s for s, pose in frame.poses.items() if pose.device == "hand"}
                    names = {**POSE_TOPICS, **{s: HAND_POSE_TOPICS[s] for s in tracked}}
                    out.write_frame(frame, heard.raw.time_ns, names)
                    poses.update(names[slot] for slot in frame.poses)
                if heard.raw.topic == inputs.worn:
                    out.write_raw(WORN, heard.raw.msgtype, heard.raw.time_ns, heard.raw.data)
            if not poses:
                reason = "; ".join(inputs.warnings.values()) or inputs.why_no_head()
                raise KinestError(f"{path} gave no pose: {reason or 'it is empty'}")
    for text in inputs.notes():
        note(f"warning: {text}")
    summary = {"bag": str(args.out), "input": inputs.kind, "poses": dict(poses)}
    lines = [f"{args.out}: of input {inputs.kind}"]
    report(args, summary, [*lines, *(f"  {topic}: {n} poses" for topic, n in poses.items())])
    return 0


def of_recording(
    args: argparse.Namespace, kind: str, files: Sequence[tuple[str | None, Path]]
) -> int:
    """Convert a recording of trackers to a bag of poses; returns the exit code."""
    recording = sources.recorded(kind, files, args.input_basis)
    with BodyBagWriter(args.out, overwrite=args.overwrite) as bag:
        for frame in recording.frames():
            bag.write_frame(frame)
    tracks = recording.tracks
    start = min(int(track.stamps_ns[0]) for track in tracks.values())
    end = max(int(track.stamps_ns[-1]) for track in tracks.values())
    summary = {
        "bag": str(args.out),
        "seconds": (end - start) * 1e-9,
        "trackers": {
            slot: {
                "entity": track.entity,
                "topic": POSE_TOPICS[slot],
                "poses": len(track.stamps_ns),
                "dropped": track.dropped,
            }
            for slot, track in tracks.items()
        },
        "ignored": recording.ignored,
        "notes": recording.notes,
    }
    lines = [f"{args.out}: {summary['seconds']:.1f} s"]
    for slot, track in tracks.items():
        dropped = "".join(f", {count} dropped ({why})" for why, count in track.dropped.items())
        lines.append(
            f"  {POSE_TOPICS[slot]}: {len(track.stamps_ns)} poses of '{track.entity}'{dropped}"
        )
    if recording.ignored:
        lines.append(f"  not used: {', '.join(recording.ignored)}")
    report(args, summary, lines)
    return 0
