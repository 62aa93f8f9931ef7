# SPDX-License-Identifier: Apache-2.0
"""The loop from frames to bodies; the node, replay, evaluation and benchmarks are fronts of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kinest_ros.tracking.asking import Asking, answered
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.frame import BadTrackerPose, TrackerFrame

if TYPE_CHECKING:
    from kinest_ros.tracking.body_tracker import BodyTracker

#: Takes a pose that cannot be used; it may raise it.
OnBadPose = Callable[[BadTrackerPose], None]


@dataclass(frozen=True)
class Step:
    """What one frame gave.

    Attributes:
        frame: as it was pushed: without the poses that were refused.
        bodies: of the ticks that it completed, oldest first.
        seconds: that it took.
    """

    frame: TrackerFrame
    bodies: list[BodyPose]
    seconds: float


def _raise(error: BadTrackerPose) -> None:
    raise error


def follow(
    tracker: BodyTracker, frames: Iterable[TrackerFrame], on_bad_pose: OnBadPose = _raise
) -> Iterator[Step]:
    """Push frames as received and yield what each of them gives.

    Args:
        tracker: takes them.
        frames: in the order in which they come.
        on_bad_pose: see `push_usable`; by default it is raised.
    """
    for frame in frames:
        start = time.perf_counter()
        taken, bodies = push_usable(tracker, frame, on_bad_pose)
        yield Step(taken, bodies, time.perf_counter() - start)


def push_usable(
    tracker: BodyTracker, frame: TrackerFrame, on_bad_pose: OnBadPose
) -> tuple[TrackerFrame, list[BodyPose]]:
    """Push a frame as received without the poses of it that cannot be used.

    One bad pose must not cost the others of its message.

    Args:
        tracker: takes it.
        frame: as received.
        on_bad_pose: is told of every pose that cannot be used; its slot is as received.

    Returns:
        The frame as it was taken, and the bodies. Where it had poses and none can be used, nothing
        is pushed, and the frame has none.
    """
    return answered(usable_steps(tracker, frame, on_bad_pose), tracker.predictor)


def usable_steps(
    tracker: BodyTracker, frame: TrackerFrame, on_bad_pose: OnBadPose
) -> Asking[tuple[TrackerFrame, list[BodyPose]]]:
    """Push a frame as `push_usable`, but let another one answer what the predictor is asked."""
    left = frame
    while True:
        try:
            return left, (yield from tracker.steps(left))
        except BadTrackerPose as error:
            on_bad_pose(error)
            poses = {slot: pose for slot, pose in left.poses.items() if slot != error.slot}
            left = replace(left, poses=poses)
            if not poses:
                return left, []
