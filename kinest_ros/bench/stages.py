# SPDX-License-Identifier: Apache-2.0
"""Where the time of a tick goes: the body tracker taken apart while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from kinest_ros.bags.body_messages import FullBodyMessage, JointStateMessage, TransformsMessage
from kinest_ros.bench.performance import performance
from kinest_ros.bench.timing import WARM_UP
from kinest_ros.human_description.joint_angles import JointAngles
from kinest_ros.human_description.revolutes import JOINT_STATE_NAMES
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.node.clients.trace import percentiles
from kinest_ros.runtime.predictor import StreamingPredictor
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.body_tracker import BodyTracker

NETWORK, TRACKER, MESSAGES = "network", "body tracker, all", "messages"
#: A stage, the part of the tracker that does it, and its method. Stages within others come first:
#: their time is taken out of the others'.
_STAGES = (
    ("checked, admitted", "_intake", "admit"),
    ("resampled", "_intake", "ticks"),
    ("mounts, gating, recentring", "_reader", "read"),
    ("features", "predictor._features", "next"),
    (NETWORK, "predictor.runtime", "step"),
    ("decoded", "predictor", "step"),
    ("posture, smoothed", "_finisher", "_posture"),
    ("fitted to the trackers", "_finisher", "_fitted"),
    ("steadied, feet locked", "_finisher", "_steadied"),
    ("expected errors", "_finisher", "_expected_errors"),
    ("quaternions and the rest", "_finisher", "finish"),
)


class Clock:
    """Adds up the time in each stage, without that of the stages within it."""

    def __init__(self, stages: Iterable[str]) -> None:
        """Start at zero."""
        self.spent = dict.fromkeys(stages, 0.0)
        self._within = 0.0

    def timed(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a call that is timed."""

        def with_clock(*args: Any, **named: Any) -> Any:
            before, self._within = self._within, 0.0
            start = time.perf_counter()
            try:
                return call(*args, **named)
            finally:
                took = time.perf_counter() - start
                self.spent[stage] += took - self._within
                self._within = before + took

        return with_clock


def stages(
    model: StreamingKineST,
    device: str,
    ticks: int = 1200,
    runtime: str = "auto",
    progress: Callable[[], object] = lambda: None,
) -> dict[str, dict[str, Any]]:
    """Return the time of each stage of a tick, ms: p50, p90, p99, max.

    Args:
        model: streaming weights, on the device.
        device: "cpu" or "cuda".
        ticks: to be timed.
        runtime: a name of kinest_ros.runtime.base.RUNTIMES.
        progress: called at each tick.

    Returns:
        Rows by stage, in their order; then TRACKER, which is all of them and what lies between
        (the clock's own time, too), and MESSAGES: what /tf, joint states and body are made of it.
    """
    played = performance(ticks + WARM_UP)
    tracker = BodyTracker(
        StreamingPredictor(model, played.skeleton, device, runtime), played.skeleton
    )
    clock = Clock(stage for stage, _, _ in _STAGES)
    for stage, path, method in _STAGES:
        part: Any = tracker
        for name in path.split("."):
            part = getattr(part, name)
        setattr(part, method, clock.timed(stage, getattr(part, method)))
    transforms, full_body = TransformsMessage(played.skeleton), FullBodyMessage()
    angles, joint_state = JointAngles(), JointStateMessage(JOINT_STATE_NAMES)

    def publish(body: BodyPose) -> None:
        transforms.fill(body, body.frame_id)
        joint_state.fill(body.stamp_ns, *angles.update(body))
        full_body.fill(body, body.frame_id, 0.0)

    found: dict[str, list[float]] = {name: [] for name in (*clock.spent, TRACKER, MESSAGES)}
    frames = played.tracker_frames()
    for tick in range(ticks + WARM_UP):
        clock.spent = dict.fromkeys(clock.spent, 0.0)
        frame = next(frames)
        start = time.perf_counter()
        bodies = tracker.push(frame)
        between = time.perf_counter()
        for body in bodies:
            publish(body)
        end = time.perf_counter()
        progress()
        if tick < WARM_UP:
            continue
        row = {**clock.spent, TRACKER: between - start, MESSAGES: end - between}
        for stage, seconds in row.items():
            found[stage].append(seconds * 1e3)
    return {stage: percentiles(np.array(spent)) for stage, spent in found.items()}
