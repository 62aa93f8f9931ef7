# SPDX-License-Identifier: Apache-2.0
"""Drives the real BodyTracker with streams, and says what broke."""

from __future__ import annotations

import functools
import time
import traceback
from dataclasses import replace

import numpy as np

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.model.weights import load_model
from kinest_ros.runtime.predictor import StreamingPredictor
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import BadTrackerPose, TrackerFrame
from kinest_ros.tracking.settings import TrackerSettings
from tests.campaign.invariants import Violation, Watch
from tests.campaign.streams import Spec, Step, as_frames, stream


@functools.cache
def _predictor() -> StreamingPredictor:
    return StreamingPredictor(load_model("default"), Skeleton.from_stature(1.7), "cpu", "auto")


def tracker_of(spec: Spec) -> BodyTracker:
    """Return a tracker with nothing received, the bundled weights and the spec's wearer."""
    skeleton = Skeleton.from_stature(spec.stature if spec.known else 1.7)
    _predictor().set_skeleton(skeleton)
    return BodyTracker(_predictor(), skeleton, TrackerSettings(), estimate_stature=not spec.known)


def push(tracker: BodyTracker, frame: TrackerFrame) -> list[BodyPose]:
    """Push a frame without the poses that cannot be used, as the node does."""
    while True:
        try:
            return tracker.push(frame)
        except BadTrackerPose as error:
            poses = {slot: pose for slot, pose in frame.poses.items() if slot != error.slot}
            if len(poses) == len(frame.poses):
                raise
            frame = replace(frame, poses=poses)


def act(tracker: BodyTracker, step: Step) -> None:
    """Do to the tracker what a step says."""
    if step.act == ("reset",):
        tracker.reset()
    elif step.act is not None:
        _, stature, floor, swap = step.act
        tracker.wear(
            Skeleton.from_stature(stature), TrackerSettings(floor_height=floor, swap_hands=swap)
        )


def run(
    spec: Spec, bundled: bool = True, shuffle: int | None = None
) -> tuple[list[BodyPose], list[Violation], Watch]:
    """Drive a tracker through a stream.

    Args:
        spec: of the stream.
        bundled: samples of one time come in one frame, or each in its own.
        shuffle: seed of the order of samples of one time.
    """
    tracker = tracker_of(spec)
    watch, bodies = Watch(tracker), []
    rng = None if shuffle is None else np.random.default_rng(shuffle)
    for step in stream(spec):
        act(tracker, step)
        if step.act is not None:
            watch.acted()
        for frame in as_frames(step, bundled, rng):
            try:
                came = push(tracker, frame)
            except Exception:
                watch.found.append(
                    Violation("exception", step.time, traceback.format_exc(limit=-3))
                )
                return bodies, watch.found, watch
            watch.look(came)
            bodies += came
    watch.end()
    return bodies, watch.found, watch


def check(spec: Spec) -> list[Violation]:
    """Return what a stream breaks, also by coming otherwise bundled and in another order."""
    bodies, found, _ = run(spec)
    others, more, _ = run(spec, bundled=False, shuffle=spec.seed)
    return [*found, *more, *_differences(bodies, others)]


def _differences(bodies: list[BodyPose], others: list[BodyPose]) -> list[Violation]:
    begin = bodies[0].stamp_ns if bodies else 0
    for first, second in zip(bodies, others, strict=False):
        time_ = (first.stamp_ns - begin) * 1e-9
        if first.stamp_ns != second.stamp_ns:
            return [Violation("arrival", time_, f"{first.stamp_ns} is {second.stamp_ns}")]
        for name in ("positions", "local_rotations", "confidence", "tracker_state"):
            if not np.array_equal(getattr(first, name), getattr(second, name)):
                off = abs(getattr(first, name) - getattr(second, name)).max()
                return [Violation("arrival", time_, f"{name} by {off:.1e}")]
    if len(bodies) != len(others):
        return [Violation("arrival", 0.0, f"{len(bodies)} bodies are {len(others)}")]
    return []


def minimised(spec: Spec, what: str, seconds: float = 120.0) -> Spec:
    """Return a stream with fewer faults and a shorter one that breaks the same.

    Args:
        spec: breaks it.
        what: the invariant.
        seconds: after which it stays as it is.
    """
    judge = check if what == "arrival" else lambda spec: run(spec)[1]
    until = time.monotonic() + seconds

    def breaks(spec: Spec) -> bool:
        return time.monotonic() < until and any(v.what == what for v in judge(spec))

    index = 0
    while index < len(spec.faults):
        fewer = spec.without(index)
        if breaks(fewer):
            spec = fewer
        else:
            index += 1
    for slots in (("head",), ("head", "left_hand", "right_hand")):
        if set(slots) < set(spec.slots) and breaks(replace(spec, slots=slots)):
            return replace(spec, slots=slots)
    return spec
