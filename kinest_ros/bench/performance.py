# SPDX-License-Identifier: Apache-2.0
"""The performance that benchmarks run on: invented motion, seen by three ideal trackers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import NUM_SLOTS, SLOT_JOINTS, SLOTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import quaternions_from_matrices
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from kinest_ros.tracking.sampling.resampler import tick_stamp

#: The motion is played again and again from here; longer would only cost memory.
_LONGEST = 7200


@dataclass(frozen=True)
class Performance:
    """Trackers over time.

    Attributes:
        skeleton: of the performer.
        positions: (N, 6, 3) of the tracked links, m.
        rotations: (N, 6, 3, 3) world_from_link.
        quaternions: (N, 6, 4) xyzw of the same.
        valid: (6,) bool, head and hands.
    """

    skeleton: Skeleton
    positions: np.ndarray
    rotations: np.ndarray
    quaternions: np.ndarray
    valid: np.ndarray

    def frames(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield positions, rotations and validity of one frame after the other, for ever."""
        while True:
            for at, turned in zip(self.positions, self.rotations, strict=True):
                yield at, turned, self.valid

    def tracker_frames(self) -> Iterator[TrackerFrame]:
        """Yield the same as tracker frames on the ticks, for ever."""
        tick = 0
        while True:
            for at, turned in zip(self.positions, self.quaternions, strict=True):
                poses = {
                    slot: TrackerPose(at[index], turned[index])
                    for index, slot in enumerate(SLOTS)
                    if self.valid[index]
                }
                yield TrackerFrame(tick_stamp(tick), poses)
                tick += 1


def performance(frames: int, seed: int = 0, stature: float = 1.7) -> Performance:
    """Return a performance of at most so many frames at 60 Hz."""
    skeleton = Skeleton.from_stature(stature)
    motion = generate("everything", skeleton, seed, min(frames, _LONGEST) / 60.0)
    positions, world = forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )
    joints = list(SLOT_JOINTS)
    rotations = world[:, joints] @ JOINT_FROM_LINK
    return Performance(
        skeleton,
        positions[:, joints],
        rotations,
        quaternions_from_matrices(rotations),
        np.arange(NUM_SLOTS) < 3,
    )
