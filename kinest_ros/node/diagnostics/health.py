# SPDX-License-Identifier: Apache-2.0
"""Rates, ages and latencies of the running node, counted without ROS."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from kinest_ros.body.joints import SLOTS

#: Bodies over which latency percentiles are taken: ten seconds at 60 Hz.
LATENCY_WINDOW = 600


@dataclass
class _Tracker:
    arrivals: int = 0
    arrivals_at_report: int = 0
    samples: int = 0
    samples_at_report: int = 0
    used: int = 0
    used_at_report: int = 0
    last_seen: float | None = None


@dataclass(frozen=True)
class TrackerHealth:
    """What came of one tracker.

    Attributes:
        rate: samples that were taken, per second since the last report.
        age: s since the last of them; None before the first.
        arriving: poses that came, per second, those included that could not be taken.
        used: bodies that it was tracked in, per second.
    """

    rate: float
    age: float | None
    arriving: float = 0.0
    used: float = 0.0

    @property
    def refused(self) -> bool:
        """Whether poses came since the last report that were not taken."""
        return self.arriving > self.rate


@dataclass(frozen=True)
class HealthReport:
    """One second of the node's life.

    Attributes:
        trackers: by slot.
        body_rate: bodies per second.
        latency_p50: s, over the latest bodies; None before the first.
        latency_p99: s, likewise.
        load: share of the time in which poses were worked on; near 1, poses wait in queues, which
            the latencies do not contain.
        faults: exceptions within the node since the last report.
    """

    trackers: dict[str, TrackerHealth]
    body_rate: float
    latency_p50: float | None
    latency_p99: float | None
    load: float
    faults: int = 0


@dataclass
class Health:
    """Counts samples and bodies; :meth:`report` turns the counts into rates.

    Slots are the wearer's, whatever the trackers are called and in whatever order they are listed.
    """

    slots: Iterable[str] = SLOTS
    clock: Callable[[], float] = time.monotonic
    bodies: int = 0
    faults: int = 0
    _trackers: dict[str, _Tracker] = field(default_factory=dict, init=False)
    _latencies: deque[float] = field(
        default_factory=lambda: deque(maxlen=LATENCY_WINDOW), init=False
    )
    _reported_at: float = field(default=0.0, init=False)
    _bodies_at_report: int = field(default=0, init=False)
    _faults_at_report: int = field(default=0, init=False)
    _busy: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._trackers = {slot: _Tracker() for slot in self.slots}
        self._reported_at = self.clock()

    def arrival(self, slot: str) -> None:
        """Count a pose of one tracker that came, whatever becomes of it."""
        self._trackers[slot].arrivals += 1

    def sample(self, slot: str) -> None:
        """Count a sample of one tracker that was taken."""
        tracker = self._trackers[slot]
        tracker.samples += 1
        tracker.last_seen = self.clock()

    def body(self, latency: float, tracked: Sequence[bool] | np.ndarray) -> None:
        """Count a published body.

        Args:
            latency: s.
            tracked: (6,) whether the body has a sample of each of `SLOTS`, in their order.
        """
        self.bodies += 1
        self._latencies.append(latency)
        for slot, used in zip(SLOTS, tracked, strict=True):
            if used and slot in self._trackers:
                self._trackers[slot].used += 1

    def exchange(self, first: str, second: str) -> None:
        """Take what was counted of two trackers for each other's."""
        trackers = self._trackers
        trackers[first], trackers[second] = trackers[second], trackers[first]

    def fault(self) -> None:
        """Count an exception within the node."""
        self.faults += 1

    def busy(self, seconds: float) -> None:
        """Count time spent on a sample."""
        self._busy += seconds

    def report(self) -> HealthReport:
        """Return rates since the last report and percentiles over the latency window."""
        now = self.clock()
        span = max(now - self._reported_at, 1e-9)
        trackers = {
            slot: TrackerHealth(
                (tracker.samples - tracker.samples_at_report) / span,
                None if tracker.last_seen is None else now - tracker.last_seen,
                (tracker.arrivals - tracker.arrivals_at_report) / span,
                (tracker.used - tracker.used_at_report) / span,
            )
            for slot, tracker in self._trackers.items()
        }
        for tracker in self._trackers.values():
            tracker.samples_at_report = tracker.samples
            tracker.arrivals_at_report = tracker.arrivals
            tracker.used_at_report = tracker.used
        rate = (self.bodies - self._bodies_at_report) / span
        self._bodies_at_report, self._reported_at = self.bodies, now
        p50 = p99 = None
        if self._latencies:
            p50, p99 = (
                float(v) for v in np.percentile(np.fromiter(self._latencies, float), (50, 99))
            )
        load, self._busy = min(self._busy / span, 1.0), 0.0
        faults = self.faults - self._faults_at_report
        self._faults_at_report = self.faults
        return HealthReport(trackers, rate, p50, p99, load, faults)
