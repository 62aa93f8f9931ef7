# SPDX-License-Identifier: Apache-2.0
"""Runs a body tracker over a bag and keeps the bodies."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinest_ros.bags.contents import read_tracker_frames
from kinest_ros.bags.inputs import InputChoice
from kinest_ros.bags.reader import Bodies
from kinest_ros.errors import KinestError
from kinest_ros.evaluation.tracked_links import TrackedLinks
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.following import follow
from kinest_ros.tracking.frame import BadTrackerPose


def track_bag(
    path: Path, tracker: BodyTracker, choice: InputChoice | None = None
) -> tuple[Bodies, TrackedLinks]:
    """Return the bodies that a tracker makes of a bag, and where it measured the tracked links.

    The bodies' latency is the time, s, that computing each of them took.

    Args:
        path: bag with trackers.
        tracker: fresh tracker.
        choice: which of the bag's topics the trackers are; None: what the bag holds.

    Raises:
        KinestError: topics that are not there, or not a single body came out.
    """
    made: list[BodyPose] = []
    spent: list[float] = []
    refused: list[BadTrackerPose] = []
    for step in follow(tracker, read_tracker_frames(path, choice), refused.append):
        made += step.bodies
        spent += [step.seconds / max(len(step.bodies), 1)] * len(step.bodies)
    if not made:
        raise KinestError(
            f"{path} gave no body: {refused[0] if refused else 'it has too few poses of the head'}"
        )
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
    return bodies_of_bag, TrackedLinks.of(made)
