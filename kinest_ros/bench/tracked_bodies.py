# SPDX-License-Identifier: Apache-2.0
"""Several bodies from trackers to body, stepped together and one after another, without ROS."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from kinest_ros.bench.performance import performance
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.node.clients.trace import percentiles
from kinest_ros.node.together import Alone, Member, Together
from kinest_ros.runtime.batch_member import BatchMember
from kinest_ros.runtime.body_batch import BodyBatch
from kinest_ros.runtime.predictor import StreamingPredictor
from kinest_ros.tracking.asking import Asking
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame

_PERFORMERS, _WARM_UP = 8, 20
TOGETHER, IN_TURN = "together", "one after another"


def tracked_bodies(
    model: StreamingKineST, device: str, runtime: str, counts: Sequence[int], ticks: int = 100
) -> list[dict[str, float | int | str]]:
    """Return a row for each number of bodies and way of stepping them, all in turns.

    Args:
        model: streaming weights, on the device.
        device: "cpu" or "cuda".
        runtime: a name of kinest_ros.runtime.base.RUNTIMES.
        counts: numbers of bodies.
        ticks: ticks to time.

    Returns:
        Rows with "bodies", "stepped", p50, p90, p99 and max of a tick of all bodies, ms, and
        "difference_mm", the largest of joints between the two ways.
    """
    people = [performance(240, seed) for seed in range(_PERFORMERS)]
    rows: list[dict[str, float | int | str]] = []
    for count in counts:
        batch = BodyBatch(model, count, device, runtime)
        together = Together(batch, lambda call: None)
        ways: dict[str, list[_Body]] = {TOGETHER: [], IN_TURN: []}
        for index in range(count):
            skeleton = people[index % _PERFORMERS].skeleton
            member = BatchMember(batch, str(index), model, skeleton)
            alone = StreamingPredictor(model, skeleton, device, runtime)
            ways[TOGETHER].append(
                _Body(BodyTracker(member, skeleton), Member(together, str(index)))
            )
            ways[IN_TURN].append(_Body(BodyTracker(alone, skeleton), Alone(alone)))
        streams = [people[index % _PERFORMERS].tracker_frames() for index in range(count)]
        times: dict[str, list[float]] = {way: [] for way in ways}
        difference = 0.0
        for tick in range(_WARM_UP + ticks):
            frames = [next(stream) for stream in streams]
            for way, bodies in ways.items():
                start = time.perf_counter()
                for body, frame in zip(bodies, frames, strict=True):
                    body.take(frame)
                together.flush()
                if tick >= _WARM_UP:
                    times[way].append((time.perf_counter() - start) * 1e3)
            difference = max(difference, _apart(*ways.values()))
        rows += [
            {"bodies": count, "stepped": way, **percentiles(own), "difference_mm": difference}
            for way, own in times.items()
        ]
    return rows


class _Body:
    """A tracker and the last joints that came of it."""

    def __init__(self, tracker: BodyTracker, answering: Alone | Member) -> None:
        self._tracker, self._answering = tracker, answering
        self.joints: np.ndarray | None = None

    def take(self, frame: TrackerFrame) -> None:
        """Begin with a frame."""
        self._answering.follow(self._work(frame), lambda seconds: None)

    def _work(self, frame: TrackerFrame) -> Asking[None]:
        for body in (yield from self._tracker.steps(frame)):
            self.joints = body.positions


def _apart(one: list[_Body], other: list[_Body]) -> float:
    """Return the largest distance between the joints of the same bodies, mm."""
    pairs = ((a.joints, b.joints) for a, b in zip(one, other, strict=True))
    return max(
        (float(np.abs(a - b).max()) * 1e3 for a, b in pairs if a is not None and b is not None),
        default=0.0,
    )
