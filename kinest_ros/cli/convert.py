# SPDX-License-Identifier: Apache-2.0
"""`kinest convert`: a headset recording becomes a bag."""

from __future__ import annotations

import argparse
from pathlib import Path

from kinest_ros.cli.options import add_output, report

NAME = "convert"
HELP = "turn a headset recording (A-Frame motion-capture JSON) into a bag"
EXAMPLES = """examples:
  kinest convert recording.json --out /tmp/mine
  kinest replay /tmp/mine --out /tmp/body --stature 1.80

The recording is what A-Frame's motion-capture-recorder saves: Y up, Euler angles in degrees, times
in milliseconds. The bag has the ROS axes (x forward, y left, z up) and the topics
/kinest/head/pose, /kinest/left_hand/pose, /kinest/right_hand/pose (geometry_msgs/PoseStamped);
`ros2 bag play` plays it too."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("recording", type=Path, metavar="RECORDING.json", help="what to convert")
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Convert."""
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
