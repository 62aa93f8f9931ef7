# SPDX-License-Identifier: Apache-2.0
"""Runs a body tracker over a bag and keeps the bodies."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kinest_ros.bags.reader import Bodies, read_tracker_frames
from kinest_ros.errors import KinestError
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import BadTrackerPose


def track_bag(
    path: Path, tracker: BodyTracker, topics: Mapping[str, str] | None = None
) -> tuple[Bodies, np.ndarray]:
    """Return the bodies that a tracker makes of a bag, and tracked link positions (N, 6, 3), m.

    The bodies' latency is the time, s, that computing each of them took.

    Args:
        path: bag with trackers.
        tracker: fresh tracker.
        topics: topic by slot where it is not the default one.

    Raises:
        KinestError: topics that are not there, or not a single body came out.
    """
    made: list[BodyPose] = []
    spent: list[float] = []
    refused = ""
    for frame in read_tracker_frames(path, topics):
        start = time.perf_counter()
        try:
            bodies = tracker.push(frame)
        except BadTrackerPose as error:
            refused = refused or str(error)
            continue
        took = time.perf_counter() - start
        made += bodies
        spent += [took / max(len(bodies), 1)] * len(bodies)
    if not made:
        raise KinestError(f"{path} gave no body: {refused or 'it has too few poses of the head'}")
    bodies_of_bag = Bodies(
        np.array([body.stamp_ns for body in made], np.int64),
        made[-1].frame_id,
        np.stack([body.local_rotations for body in made]),
        np.stack([body.positions for body in made]),
        np.stack([body.tracker_valid for body in made]),
        np.stack([body.confidence for body in made]),
        np.stack([body.contacts for body in made]),
        np.array(spent),
    )
    return bodies_of_bag, np.stack([body.tracker_positions for body in made])
