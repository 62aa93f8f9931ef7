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
HELP = "turn a headset recording (A-Frame JSON) or a bag into a bag of poses, a clip or a table"
EXAMPLES = """examples:
  kinest convert recording.json --out /tmp/mine
  kinest replay /tmp/mine --out /tmp/body --stature 1.80
  kinest convert /tmp/body --to amass --out body.npz
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
    parser.add_argument(
        "--to", choices=("bag", "amass", "csv"), default="bag",
        help="amass, csv: the bodies of a bag that kinest replay wrote, as an AMASS-style .npz "
        "file or a row each (default: bag, of the trackers)",
    )  # fmt: skip
    add_output(parser)
    input_options.add_inputs(parser.add_argument_group("of a bag"))


def run(args: argparse.Namespace) -> int:
    """Convert."""
    if args.to != "bag":
        return _bodies(args)
    return _recording(args) if args.recording.suffix == ".json" else _bag(args)


def _bodies(args: argparse.Namespace) -> int:
    from kinest_ros.bags.body_files import write_amass, write_csv
    from kinest_ros.bags.reader import BagReader, read_bodies
    from kinest_ros.bags.topics import BODY, GROUND_TRUTH

    if args.out.exists() and not args.overwrite:
        raise KinestError(
            f"{args.out} exists; choose another --out, or replace it with --overwrite"
        )
    if args.out.is_dir():
        raise KinestError(f"{args.out} is a folder; --to {args.to} writes a file")
    with BagReader(args.recording) as bag:
        topic = next((t for t in (BODY, GROUND_TRUTH) if t in bag.types), None)
        if topic is None:
            raise KinestError(
                f"{args.recording} holds no bodies ({BODY}): make them with kinest replay. Its "
                f"topics are:{bag.listing()}"
            )
    bodies = read_bodies(args.recording, topic)
    repeated = 0
    if args.to == "amass":
        repeated = write_amass(bodies, args.out)
    else:
        write_csv(bodies, args.out)
    summary = {"file": str(args.out), "topic": topic, "bodies": len(bodies), "repeated": repeated}
    lines = [f"{args.out}: {len(bodies)} bodies of {topic}"]
    if repeated:
        lines.append(f"  {repeated} ticks had no body and repeat the one before")
    report(args, summary, lines)
    return 0


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
    from kinest_ros.formats.recordings.aframe import read_aframe
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
