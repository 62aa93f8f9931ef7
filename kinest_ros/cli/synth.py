# SPDX-License-Identifier: Apache-2.0
"""`kinest synth`: a tracker bag with ground truth, from our own motion or from a clip."""

from __future__ import annotations

import argparse
from pathlib import Path

from kinest_ros.cli.options import add_body_size, add_output, report, skeleton_of
from kinest_ros.errors import KinestError

NAME = "synth"
HELP = "make a tracker bag with ground truth, from procedural motion or from a motion clip"
EXAMPLES = """examples:
  kinest synth --out /tmp/sample                                  the bundled performance
  kinest synth --out /tmp/sit --performance sitting --seed 7 --duration 120 --stature 1.85
  kinest synth --out /tmp/six --trackers head,left_hand,right_hand,pelvis,left_foot,right_foot
  kinest synth --out /tmp/clip --motion walk.npz --noise 1        an AMASS-style clip

Writes /kinest/SLOT/pose (geometry_msgs/PoseStamped), the true body on
/kinest/ground_truth/body (kinest_ros/FullBodyState, 60 Hz), and skeleton.npz beside the bag's
metadata.yaml. The same options give the same messages."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_output(parser)
    parser.add_argument(
        "--performance",
        default="sample",
        metavar="NAME",
        help="sample, everything, standing, reaching, squatting, sitting, kneeling, stances or "
        "walking (default: sample)",
    )
    parser.add_argument(
        "--motion", type=Path, metavar="CLIP", help="a clip (.npz, .bvh) instead of a performance"
    )
    parser.add_argument("--seed", type=int, default=0, help="other numbers, other motion")
    parser.add_argument(
        "--duration", type=float, metavar="S", help="length in s (default: the whole performance)"
    )
    add_body_size(parser)
    parser.add_argument(
        "--rate", type=float, default=72.0, metavar="HZ", help="tracker rate (default: 72)"
    )
    parser.add_argument(
        "--trackers",
        default="head,left_hand,right_hand",
        metavar="SLOTS",
        help="comma-separated (default: head,left_hand,right_hand)",
    )
    parser.add_argument(
        "--noise",
        type=float,
        default=0.0,
        metavar="X",
        help="tracker noise: 1 is 1 mm, 0.2 degrees and 1 ms (default: 0)",
    )


def run(args: argparse.Namespace) -> int:
    """Make the motion and write the bag."""
    from kinest_ros.bags.body_files import write_clip_bag
    from kinest_ros.bags.topics import GROUND_TRUTH, POSE_TOPICS
    from kinest_ros.bags.writer import BodyBagWriter
    from kinest_ros.motion.clip import Motion

    if args.seed < 0:
        raise KinestError(f"--seed is {args.seed}; it must not be negative")
    if not 0.0 <= args.noise <= 100.0:
        raise KinestError(f"--noise is {args.noise}; it must lie between 0 and 100")
    if args.motion is not None:
        from kinest_ros.formats.clips.load import load_clip

        motion, skeleton = load_clip(args.motion)
        if args.stature is not None or args.skeleton is not None:
            own, skeleton = skeleton, skeleton_of(args)
            # Shorter legs carry the pelvis lower, and as far as they reach.
            scale = skeleton.pelvis_height / own.pelvis_height
            motion = Motion(motion.local_rotations, motion.root_position * scale, motion.fps)
        if args.duration is not None:
            count = max(int(args.duration * motion.fps), 2)
            motion = Motion(
                motion.local_rotations[:count], motion.root_position[:count], motion.fps
            )
    else:
        from kinest_ros.motion.procedural.performance import generate

        skeleton = skeleton_of(args)
        motion = generate(args.performance, skeleton, args.seed, args.duration)
    slots = tuple(dict.fromkeys(name.strip() for name in args.trackers.split(",") if name.strip()))
    with BodyBagWriter(args.out, skeleton, overwrite=args.overwrite) as bag:
        frames, bodies = write_clip_bag(
            motion, skeleton, bag, slots, args.rate, args.noise, args.seed
        )
    summary = {
        "bag": str(args.out),
        "seconds": motion.duration,
        "poses": {POSE_TOPICS[slot]: frames for slot in slots},
        "bodies": {GROUND_TRUTH: bodies},
        "skeleton": str(args.out / "skeleton.npz"),
        "stature": skeleton.stature,
    }
    source = args.motion.name if args.motion is not None else f"'{args.performance}'"
    lines = [
        f"{args.out}: {motion.duration:.1f} s of {source}",
        f"  {frames} poses each: {', '.join(POSE_TOPICS[slot] for slot in slots)}",
        f"  {bodies} true bodies: {GROUND_TRUTH}",
        f"  skeleton: {args.out / 'skeleton.npz'} (stature {skeleton.stature:.2f} m)",
    ]
    report(args, summary, lines)
    return 0
