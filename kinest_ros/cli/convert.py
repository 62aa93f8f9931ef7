# SPDX-License-Identifier: Apache-2.0
"""`kinest convert`: recordings, clips and bags of any kind into the formats of other trades."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from kinest_ros.cli import input_options, sources
from kinest_ros.cli.options import add_output
from kinest_ros.errors import KinestError
from kinest_ros.formats.kinds import BAG, CLIPS, RECORDINGS, kind_of
from kinest_ros.tracking.devices.basis import BASES

NAME = "convert"
HELP = "turn recordings, clips and bags into a bag, AMASS-style .npz, BVH, glTF or a table"
EXAMPLES = """examples:
  kinest convert recording.json --out /tmp/mine             A-Frame, or a pose log
  kinest convert replay.bsor --out /tmp/mine                Beat Saber; .xror the same
  kinest convert head:=hmd.txt left_hand:=l.txt right_hand:=r.txt --out /tmp/mine      TUM lines
  kinest replay /tmp/mine --out /tmp/body --stature 1.80
  kinest convert /tmp/body --to amass --out body.npz
  kinest convert /tmp/body --to gltf --out body.glb         for Blender
  kinest convert dance.bvh --to amass --out dance.npz
  kinest convert dance.bvh --unit cm --joints names.yaml --out /tmp/dance
  kinest convert lab_bag --input tf --source head:=hmd --tf-fixed-frame map --out /tmp/poses

The kind of input is detected from its content. Recordings of trackers become a bag in the ROS axes
(x forward, y left, z up) with the topics /kinest/head/pose, /kinest/left_hand/pose,
/kinest/right_hand/pose (geometry_msgs/PoseStamped); `ros2 bag play` plays it too. Whole-body motion
(.npz, .bvh, a table of bodies) becomes a bag of ideal trackers with the true body, as kinest synth
writes. A bag whose trackers come otherwise (odometry, /tf, arrays, rigid bodies) becomes one with
these topics, in the same axes. docs/formats.md lists the formats and their round-trip errors."""
#: What --to writes: what it is, and what its name ends in.
TARGETS = {
    "bag": "a rosbag2 folder", "amass": "an AMASS-style .npz", "csv": "a table, a row per body",
    "bvh": "BVH, in cm", "gltf": "glTF 2.0, binary if --out ends in .glb",
}  # fmt: skip
_KINDS = (BAG, *RECORDINGS, *CLIPS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "recording", nargs="+", metavar="IN",
        help="what to convert; for trajectories one file per tracker, as FILE or SLOT:=FILE",
    )  # fmt: skip
    parser.add_argument(
        "--to", choices=tuple(TARGETS), default="bag",
        help="; ".join(f"{name}: {what}" for name, what in TARGETS.items()) + " (default: bag)",
    )  # fmt: skip
    parser.add_argument(
        "--from",
        dest="kind",
        choices=_KINDS,
        help="kind of IN (default: from its content)",
    )
    add_output(parser)
    parser.add_argument(
        "--input-basis", choices=BASES,
        help="axes of a recording's poses (default: what the file says, or its format)",
    )  # fmt: skip
    parser.add_argument(
        "--body-model", type=Path, metavar="FILE", help="SMPL file, for original AMASS clips"
    )
    sources.add_bvh(parser.add_argument_group("of a BVH file"))
    input_options.add_inputs(parser.add_argument_group("of a bag"))


def run(args: argparse.Namespace) -> int:
    """Convert."""
    from kinest_ros.cli import convert_bodies, convert_trackers

    files = [sources.parted(item) for item in args.recording]
    kind = _kind(args, files)
    if len(files) > 1 and kind not in RECORDINGS:
        raise KinestError(f"{files[1][1]}: several inputs are for trajectories; convert one by one")
    path = files[0][1]
    if kind in CLIPS:
        return convert_bodies.of_clip(args, path)
    if args.to != "bag":
        if kind in RECORDINGS:
            from kinest_ros.bags.contents import replay_first

            raise KinestError(
                f"{path} holds trackers, and --to {args.to} is of bodies; {replay_first(path)}"
            )
        return convert_bodies.of_bag(args, path)
    if kind == BAG:
        return convert_trackers.of_bag(args, path)
    return convert_trackers.of_recording(args, kind, files)


def _kind(args: argparse.Namespace, files: Sequence[tuple[str | None, Path]]) -> str:
    if args.kind is not None:
        return str(args.kind)
    kinds = [_kind_of(path) for _, path in files]
    if len(set(kinds)) > 1 and not set(kinds) <= {"tum", "table"}:
        named = ", ".join(f"{path} ({kind})" for (_, path), kind in zip(files, kinds, strict=True))
        raise KinestError(f"several inputs have to be trajectories, one tracker each: {named}")
    return kinds[0]


def _kind_of(path: Path) -> str:
    if not path.exists() and path.suffix == ".json":
        raise KinestError(f"recording {path} does not exist")
    return kind_of(path)
