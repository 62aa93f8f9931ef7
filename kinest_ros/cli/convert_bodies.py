# SPDX-License-Identifier: Apache-2.0
"""kinest convert: whole bodies, of a bag or a clip, into files of other trades."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from kinest_ros.bags.body_files import clip_of, write_clip_bag, write_csv
from kinest_ros.bags.contents import why_no_bodies
from kinest_ros.bags.reader import BagReader, read_bodies
from kinest_ros.bags.topics import BODY, GROUND_TRUTH, POSE_TOPICS
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.joints import SLOTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import continuous, quaternions_from_matrices
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.cli import sources
from kinest_ros.cli.options import note, report
from kinest_ros.errors import KinestError
from kinest_ros.formats.clips.bodies_table import write_bodies_table
from kinest_ros.formats.clips.load import load_clip
from kinest_ros.formats.clips.read_bvh import read_bvh
from kinest_ros.formats.clips.write_amass import write_amass_clip
from kinest_ros.formats.clips.write_bvh import write_bvh
from kinest_ros.formats.clips.write_gltf import write_gltf
from kinest_ros.formats.kinds import kind_of
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.trackers import START_NS


def of_bag(args: argparse.Namespace, path: Path) -> int:
    """Convert the bodies of a bag; returns the exit code."""
    _check_place(args, path)
    with BagReader(path) as bag:
        topic = next((t for t in (BODY, GROUND_TRUTH) if t in bag.types), None)
        if topic is None:
            raise KinestError(why_no_bodies(bag))
    bodies = read_bodies(path, topic)
    repeated = 0
    if args.to == "csv":
        write_csv(bodies, args.out)
    else:
        motion, skeleton, repeated = clip_of(bodies)
        _write(args, motion, skeleton)
    summary = {"file": str(args.out), "topic": topic, "bodies": len(bodies), "repeated": repeated}
    lines = [f"{args.out}: {len(bodies)} bodies of {topic}"]
    if repeated:
        lines.append(f"  {repeated} ticks had no body and repeat the one before")
    report(args, summary, lines)
    return 0


def of_clip(args: argparse.Namespace, path: Path) -> int:
    """Convert a clip; returns the exit code."""
    joints: dict[str, str] = {}
    if (args.kind or kind_of(path)) == "bvh":
        clip = read_bvh(path, sources.bvh_choice(args))
        motion, skeleton, joints = clip.motion, clip.skeleton, clip.joints
        for text in clip.notes:
            note(f"note: {text}")
    else:
        motion, skeleton = load_clip(path, args.body_model)
    summary = {
        "file" if args.to != "bag" else "bag": str(args.out), "frames": len(motion),
        "seconds": motion.duration, "stature": skeleton.stature, "joints": joints,
    }  # fmt: skip
    lines = [
        f"{args.out}: {len(motion)} bodies, {motion.duration:.1f} s, stature "
        f"{skeleton.stature:.2f} m"
    ]
    if args.to == "bag":
        # What was not asked for: all trackers are what a bag is read for, not what a clip wears.
        slots = sources.WORN if args.trackers is SLOTS else args.trackers
        with BodyBagWriter(args.out, skeleton, overwrite=args.overwrite) as out:
            write_clip_bag(motion, skeleton, out, slots)
        lines += [f"  ideal trackers: {', '.join(POSE_TOPICS[slot] for slot in slots)}",
                  f"  the true body: {GROUND_TRUTH}"]  # fmt: skip
    else:
        _check_place(args, path)
        _write(args, motion, skeleton)
    if joints:
        odd = {ours: theirs for ours, theirs in joints.items() if ours != theirs}
        if odd:
            named = ", ".join(f"{ours}: {theirs}" for ours, theirs in odd.items())
            lines.append(f"  joints: {named}")
    report(args, summary, lines)
    return 0


def _check_place(args: argparse.Namespace, path: Path) -> None:
    if args.out.resolve() == path.resolve():
        raise KinestError(f"--out {args.out} is what is to be read; choose another name")
    if args.out.exists() and not args.overwrite:
        raise KinestError(
            f"{args.out} exists; choose another --out, or replace it with --overwrite"
        )
    if args.out.is_dir():
        raise KinestError(f"{args.out} is a folder; --to {args.to} writes a file")


def _write(args: argparse.Namespace, motion: Motion, skeleton: Skeleton) -> None:
    try:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        if args.to == "csv":
            _write_table(motion, skeleton, args.out)
            return
        writers = {"amass": write_amass_clip, "bvh": write_bvh, "gltf": write_gltf}
        writers[args.to](motion, skeleton, args.out)
    except OSError as error:
        raise KinestError(f"cannot write {args.out}: {error.strerror or error}") from None


def _write_table(motion: Motion, skeleton: Skeleton, path: Path) -> None:
    positions, _ = forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )
    turns = continuous(quaternions_from_matrices(motion.local_rotations))
    stamps = START_NS + np.round(np.arange(len(motion)) * 1e9 / motion.fps).astype(np.int64)
    write_bodies_table(stamps, positions, turns, path)
