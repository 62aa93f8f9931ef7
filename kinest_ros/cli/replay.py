# SPDX-License-Identifier: Apache-2.0
"""`kinest replay`: a tracker bag becomes a body bag, with no ROS running."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinest_ros.cli import fleet_options, input_options, options, sources
from kinest_ros.cli.progress import Progress
from kinest_ros.errors import KinestError

if TYPE_CHECKING:
    from kinest_ros.calibration.calibration import Calibration
    from kinest_ros.tracking.settings import TrackerSettings

NAME = "replay"
HELP = "run the body tracker over a bag and write what the node would publish, without ROS"
EXAMPLES = """examples:
  kinest replay /tmp/sample --out /tmp/body
  kinest replay /tmp/mine --out /tmp/body --stature 1.82 --mount left_hand:=-0.1,0,0
  kinest replay recording.mcap --out /tmp/body --topic head:=/vr/hmd --topic left_hand:=/vr/left
  kinest replay /tmp/sample --out /tmp/body --skeleton /tmp/sample/skeleton.npz --json
  kinest replay /tmp/mine --out /tmp/body --calibration anna
  kinest replay lab_bag --out /tmp/body --input tf --tf-fixed-frame map \\
    --source head:=hmd --source left_hand:=glove
  kinest replay mocap --out /tmp/body --topic poses:=/mocap/poses --source head:=helmet
  kinest replay lab/ --out results --jobs 4
  kinest replay --list bags.txt --out /nfs/results --ray head-node:6379

Reads every kind of message that the node reads: the kind is detected, or set by --input, --topic
and --source, which are named like the node's parameters and topics. Writes /tf,
/kinest/joint_states, /kinest/body and /kinest/robot_description, and copies trackers and ground
truth. The frames are those that the live node publishes for the same messages."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "bag",
        type=Path,
        nargs="*",
        metavar="BAG",
        help="rosbag2 folder, bare .mcap or .db3 file, or .bag of ROS 1; several: parts of one "
        "recording; or what kinest convert reads; or a folder of bags",
    )
    options.add_output(parser)
    options.add_model(parser)
    options.add_wearer(parser)
    input_options.add_inputs(parser)
    options.add_tracking(parser)
    parser.add_argument(
        "--no-inputs", action="store_true", help="leave trackers and ground truth out of the result"
    )
    fleet_options.add_fleet(parser)


def run(args: argparse.Namespace) -> int:
    """Replay."""
    mounts = options.mounts_of(args)
    calibration = options.calibration_of(args)
    # The bag is looked at before torch is loaded: a wrong name should not take seconds to tell.
    from kinest_ros.bags.reader import BagReader
    from kinest_ros.bags.writer import BodyBagWriter
    from kinest_ros.tracking.settings import TrackerSettings

    fleet = fleet_options.wants_fleet(args, args.bag)
    if not args.bag and not fleet:
        raise KinestError("nothing to replay: give a bag (see --help)")
    if args.out.resolve() in [part.resolve() for part in args.bag]:
        raise KinestError(f"--out {args.out} is the bag to read; choose another folder")
    settings = TrackerSettings(
        input_basis=args.input_basis,
        mounts=mounts,
        tracker_timeout=args.tracker_timeout,
        snap_wrists=not args.no_snap,
        snap_body=not args.no_body_snap,
        smooth_posture=not args.no_smoothing,
        foot_lock=not args.no_foot_lock,
    )
    if fleet:
        return _fleet(args, settings, calibration)
    with (
        contextlib.ExitStack() as stack,
        BagReader([sources.as_bag(part, stack) for part in args.bag]) as bag,
    ):
        inputs = input_options.chosen_input(bag, args)
        from kinest_ros.bags.replay import replay
        from kinest_ros.calibration.wearer import wearer
        from kinest_ros.runtime.predictor import streaming_of
        from kinest_ros.runtime.threads import single_threaded
        from kinest_ros.tracking.body_tracker import BodyTracker

        single_threaded()
        who = wearer(settings, args.stature, args.skeleton, calibration)
        writer = BodyBagWriter(args.out, who.skeleton, overwrite=args.overwrite)
        tracker = BodyTracker.build(
            weights=args.weights,
            device=args.device,
            runtime=args.runtime,
            wearer=who,
        )
        progress = Progress(f"replaying {args.bag[0].name}", inputs.count())
        with writer as out:
            try:
                found = replay(bag, out, tracker, inputs, not args.no_inputs, progress.step)
            finally:
                progress.close()
    for text in [*found.bad_poses.values(), *inputs.notes()]:
        options.note(f"warning: {text}")
    predictor = streaming_of(tracker.predictor)
    summary = {
        "bag": str(args.out),
        "weights": getattr(predictor.model, "weights_name", args.weights),
        "weights_hash": getattr(predictor.model, "weights_hash", ""),
        "device": predictor.device,
        "runtime": predictor.runtime.name,
        "skeleton": tracker.skeleton.name,
        **found.summary(tracker),
    }
    options.report(args, summary, _lines(summary))
    return 0


def _fleet(
    args: argparse.Namespace, settings: TrackerSettings, calibration: Calibration | None
) -> int:
    """Replay many bags."""
    from kinest_ros.calibration.wearer import wearer

    if args.overwrite:
        raise KinestError("many bags continue where they stopped; to start again, remove --out DIR")
    who = wearer(settings, args.stature, args.skeleton, calibration)
    task = fleet_options.task_of(args, "replay", args.weights, who)
    return fleet_options.run(args, args.bag, task)


def _lines(summary: dict[str, Any]) -> list[str]:
    """The summary for people."""
    poses = ", ".join(f"{slot} {count}" for slot, count in summary["poses_in"].items())
    dropped = ", ".join(
        f"{sum(counts.values())} {reason}" for reason, counts in summary["dropped"].items()
    )
    cost, toes = summary["ms_per_body"], summary["toe_height_cm"]
    reached = ", ".join(
        f"{slot} {value['p50']:.1f} ({value['p95']:.1f})"
        for slot, value in summary["reprojection_cm"].items()
    )
    return [
        f"{summary['bag']}: {summary['bodies_out']} bodies, {summary['seconds']:.1f} s",
        f"  skeleton: {summary['skeleton']}"
        + ("" if summary["stature_known"] else " (assumed: nobody was seen standing)"),
        f"  poses in: {poses}; dropped: {dropped}",
        f"  ticks without the head: {summary['head_lost_ticks']}; resets: {summary['resets']}",
        f"  link to tracker, cm, median (95 %): {reached}",
        f"  toes above the floor: {toes['p50']:.1f} cm (median), {toes['p5']:.1f} cm (5 %)",
        f"  {cost['p50']:.1f} ms per body ({cost['p99']:.1f} ms at 99 %), "
        f"{summary['speed']:.1f} x real time on {summary['device']} ({summary['runtime']}), "
        f"weights {summary['weights']} {summary['weights_hash']}",
    ]
