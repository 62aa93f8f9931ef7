# SPDX-License-Identifier: Apache-2.0
"""`kinest convert`: a headset recording, or a bag of any kind of input, becomes a bag of poses."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from kinest_ros.cli import input_options
from kinest_ros.cli.options import add_output, note, report
from kinest_ros.errors import KinestError

NAME = "convert"
HELP = "turn a headset recording (A-Frame motion-capture JSON) or another bag into a bag of poses"
EXAMPLES = """examples:
  kinest convert recording.json --out /tmp/mine
  kinest replay /tmp/mine --out /tmp/body --stature 1.80
  kinest convert lab_bag --input tf --source head:=hmd --tf-fixed-frame map --out /tmp/poses

The recording is what A-Frame's motion-capture-recorder saves: Y up, Euler angles in degrees, times
in milliseconds. The bag has the ROS axes (x forward, y left, z up) and the topics
/kinest/head/pose, /kinest/left_hand/pose, /kinest/right_hand/pose (geometry_msgs/PoseStamped);
`ros2 bag play` plays it too. A bag whose trackers come otherwise (odometry, /tf, arrays, rigid
bodies) becomes one with these topics, in the axes it came in."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "recording", type=Path, metavar="RECORDING", help="what to convert: a .json file, or a bag"
    )
    add_output(parser)
    input_options.add_inputs(parser.add_argument_group("of a bag"))


def run(args: argparse.Namespace) -> int:
    """Convert."""
    return _recording(args) if args.recording.suffix == ".json" else _bag(args)


def _bag(args: argparse.Namespace) -> int:
    from kinest_ros.bags.reader import BagReader
    from kinest_ros.bags.topics import HAND_POSE_TOPICS, POSE_TOPICS, WORN
    from kinest_ros.bags.writer import BodyBagWriter

    if args.out.resolve() == args.recording.resolve():
        raise KinestError(f"--out {args.out} is the bag to read; choose another folder")
    poses: Counter[str] = Counter()
    with BagReader(args.recording) as bag:
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
                raise KinestError(f"{args.recording} gave no pose: {reason or 'it is empty'}")
    for text in inputs.notes():
        note(f"warning: {text}")
    summary = {"bag": str(args.out), "input": inputs.kind, "poses": dict(poses)}
    lines = [f"{args.out}: of input {inputs.kind}"]
    report(args, summary, [*lines, *(f"  {topic}: {n} poses" for topic, n in poses.items())])
    return 0


def _recording(args: argparse.Namespace) -> int:
    from kinest_ros.bags.aframe import read_aframe
    from kinest_ros.bags.topics import POSE_TOPICS
    from kinest_ros.bags.writer import BodyBagWriter

    recording = read_aframe(args.recording)
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
