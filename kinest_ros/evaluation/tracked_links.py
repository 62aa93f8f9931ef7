# SPDX-License-Identifier: Apache-2.0
"""Where a bag's trackers measured the links that they are bound to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinest_ros.bags.contents import input_of, read_tracker_frames
from kinest_ros.bags.inputs import InputChoice
from kinest_ros.bags.reader import BagReader, Bodies
from kinest_ros.bags.topics import BODY
from kinest_ros.body.joints import SLOTS
from kinest_ros.body.rotations_numpy import slerp, unit_quaternions
from kinest_ros.errors import KinestError
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.frame import MIN_QUATERNION_NORM, TrackerPose


@dataclass(frozen=True)
class TrackedLinks:
    """Measured poses of the six tracked links at N ticks; NaN where a tracker is not valid.

    Attributes:
        positions: (N, 6, 3) m.
        quaternions: (N, 6, 4) xyzw, world_from_link.
    """

    positions: np.ndarray
    quaternions: np.ndarray

    @classmethod
    def nowhere(cls, count: int) -> TrackedLinks:
        """Return `count` ticks without a valid tracker."""
        size = (count, len(SLOTS))
        return cls(np.full((*size, 3), np.nan), np.full((*size, 4), np.nan))

    @classmethod
    def of(cls, bodies: Sequence[BodyPose]) -> TrackedLinks:
        """Return those of bodies, with the mounts applied."""
        links = cls.nowhere(len(bodies))
        for index, body in enumerate(bodies):
            links.positions[index] = body.tracker_positions
            if (rotations := body.tracker_rotations) is not None:
                links.quaternions[index] = rotations
        return links


def tracked_links(path: Path, bodies: Bodies, choice: InputChoice | None) -> TrackedLinks:
    """Return the poses of a bag's trackers at the stamps of bodies, as if they had no mounts.

    Args:
        path: bag.
        bodies: of the bag; a tracker counts where they say that it was valid.
        choice: which of the bag's topics the trackers are; None: what the bag holds.
    """
    links = TrackedLinks.nowhere(len(bodies))
    if not has_trackers(path, choice):
        return links
    samples: dict[str, dict[int, TrackerPose]] = {}
    for frame in read_tracker_frames(path, choice):
        for slot, pose in frame.poses.items():
            samples.setdefault(slot, {})[frame.stamp_ns] = pose
    for slot, by_stamp in samples.items():
        index, valid = SLOTS.index(slot), bodies.tracker_valid[:, SLOTS.index(slot)]
        stamps = np.array(sorted(by_stamp), np.int64)
        poses = [by_stamp[stamp] for stamp in stamps.tolist()]
        positions, quaternions = _between(stamps, poses, bodies.stamps_ns)
        links.positions[valid, index] = positions[valid]
        links.quaternions[valid, index] = quaternions[valid]
    return links


def _between(
    stamps_ns: np.ndarray, poses: Sequence[TrackerPose], ticks_ns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return positions (N, 3) and quaternions (N, 4) at ticks (N,); held before and after."""
    places = np.array([np.asarray(pose.position, float) for pose in poses])
    turns = np.array([np.asarray(pose.quaternion, float) for pose in poses])
    turns[np.linalg.norm(turns, axis=1) < MIN_QUATERNION_NORM] = np.nan
    turns = unit_quaternions(turns)
    positions = np.stack([np.interp(ticks_ns, stamps_ns, c) for c in places.T], axis=1)
    after = np.clip(np.searchsorted(stamps_ns, ticks_ns), 1, max(len(poses) - 1, 1))
    before, after = after - 1, np.minimum(after, len(poses) - 1)
    span = np.maximum(stamps_ns[after] - stamps_ns[before], 1)
    fraction = np.clip((ticks_ns - stamps_ns[before]) / span, 0.0, 1.0)
    return positions, slerp(turns[before], turns[after], fraction)


def has_trackers(path: Path, choice: InputChoice | None) -> bool:
    """Whether a bag has trackers, and not only bodies.

    Raises:
        KinestError: they were asked for by `choice` and are not there.
    """
    with BagReader(path) as bag:
        try:
            input_of(bag, choice)
        except KinestError:
            if choice not in (None, InputChoice()) or BODY not in bag.types:
                raise
            return False
    return True
