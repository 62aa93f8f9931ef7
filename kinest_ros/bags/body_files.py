# SPDX-License-Identifier: Apache-2.0
"""The bodies of a bag as files of other trades, and clips of other trades as bags."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kinest_ros.bags.reader import Bodies
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.rotations_numpy import matrices_from_quaternions, unit_quaternions
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.formats.clips.bodies_table import write_bodies_table
from kinest_ros.formats.clips.rest_offsets import rest_offsets
from kinest_ros.formats.clips.write_amass import write_amass_clip
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.trackers import tracker_frames, true_bodies

_FPS = 60.0
_TICK_NS = 1e9 / _FPS


def clip_of(bodies: Bodies) -> tuple[Motion, Skeleton, int]:
    """Return bodies at 60 Hz ticks as a clip: motion, skeleton, and the number of missing ticks.

    A tick without a body repeats the one before. Bone lengths are the median over the bodies, whose
    sizes differ while the stature is being estimated. The world is the bodies' frame: Z up, m.

    Raises:
        KinestError: fewer than two bodies.
    """
    if len(bodies) < 2:
        raise KinestError(f"{len(bodies)} bodies: a clip needs at least 2")
    rotations = matrices_from_quaternions(unit_quaternions(bodies.local_rotations))
    offsets = rest_offsets(rotations, bodies.positions)
    ticks = np.round((bodies.stamps_ns - bodies.stamps_ns[0]) / _TICK_NS).astype(int)
    wanted = np.arange(ticks[-1] + 1)
    rows = np.searchsorted(ticks, wanted, side="right") - 1
    motion = Motion(rotations[rows], bodies.positions[rows, 0], _FPS)
    return motion, Skeleton(offsets, "bodies"), len(wanted) - len(np.unique(ticks))


def write_amass(bodies: Bodies, path: Path) -> int:
    """Write an AMASS-style clip at 60 Hz.

    Args:
        bodies: at 60 Hz ticks.
        path: of the file to be made.

    Returns:
        Ticks that have no body; each repeats the one before.

    Raises:
        KinestError: fewer than two bodies.
    """
    motion, skeleton, repeated = clip_of(bodies)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_amass_clip(motion, skeleton, path)
    return repeated


def write_csv(bodies: Bodies, path: Path) -> None:
    """Write a row per body: stamp_ns, then of each joint x, y, z in m and local rotation xyzw.

    Positions are in the bodies' frame; rotations in SMPL axes: world_from_pelvis, then
    parent_from_joint.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bodies_table(bodies.stamps_ns, bodies.positions, bodies.local_rotations, path)


def write_clip_bag(
    motion: Motion,
    skeleton: Skeleton,
    out: BodyBagWriter,
    slots: Sequence[str],
    rate: float = _FPS,
    noise: float = 0.0,
    seed: int = 0,
) -> tuple[int, int]:
    """Write what ideal trackers on a clip's body report, and the body itself as ground truth.

    Args:
        motion: of the clip.
        skeleton: of the clip.
        out: open bag.
        slots: trackers that are worn.
        rate: reports per second.
        noise: of the trackers, see `tracker_frames`.
        seed: of the noise.

    Returns:
        Tracker frames, and bodies, that were written.
    """
    frames = tracker_frames(motion, skeleton, rate, slots, noise, seed)
    bodies = list(true_bodies(motion, skeleton, slots))
    following = iter(bodies)
    body = next(following, None)
    for frame in frames:
        while body is not None and body.stamp_ns <= frame.stamp_ns:
            out.write_ground_truth(body)
            body = next(following, None)
        out.write_frame(frame)
    while body is not None:
        out.write_ground_truth(body)
        body = next(following, None)
    return len(frames), len(bodies)
