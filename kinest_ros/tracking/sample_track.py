# SPDX-License-Identifier: Apache-2.0
"""The recent samples of one tracker, and where it was at a given time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from kinest_ros.tracking.clock import stands_alone

#: Most samples kept; at 1 kHz a quarter of a second, four times what a tick can have to wait for.
CAPACITY = 256
#: Samples closer together than this make a poor velocity, ns.
VELOCITY_SPAN_NS = 8_000_000
#: How long a tracker is taken to go on at constant velocity, ns.
EXTRAPOLATION_NS = 25_000_000


class Source(IntEnum):
    """Where a resampled pose comes from."""

    LOST = 0
    HELD = 1  # constant velocity for 25 ms after the last sample, then at rest
    EXTRAPOLATED = 2  # constant velocity, within those 25 ms
    MEASURED = 3  # between two samples, or on one


@dataclass(frozen=True)
class Sample:
    """One pose as received: time (ns), position (3,) m, unit quaternion (4,) xyzw.

    `fresh` marks the first sample after a gap in which the tracker was lost; `device` is what was
    tracked, an index of `kinest_ros.tracking.frame.DEVICES`.
    """

    stamp_ns: int
    position: np.ndarray
    quaternion: np.ndarray
    fresh: bool
    device: int = 0


@dataclass(frozen=True)
class Bracket:
    """Two samples and how far from the first to the second the wanted time is (may exceed 1)."""

    source: Source
    first: Sample
    second: Sample
    fraction: float


class SampleTrack:
    """Ring of one slot's samples, in the order of their stamps.

    With a timeout of 250 ms and samples at 0, 20 and 40 ms::

        at(10 ms)  -> MEASURED, halfway from 0 to 20
        at(50 ms)  -> EXTRAPOLATED, half a step beyond 40
        at(100 ms) -> HELD, where constant velocity had led by 65 ms
        at(291 ms) -> None: lost
    """

    def __init__(self, timeout_ns: int) -> None:
        self.timeout_ns = timeout_ns
        self._samples: deque[Sample] = deque(maxlen=CAPACITY)

    @property
    def last_ns(self) -> int | None:
        """Stamp of the newest sample, ns; None while there is none."""
        return self._samples[-1].stamp_ns if self._samples else None

    @property
    def confirmed_ns(self) -> int | None:
        """Stamp of the newest sample that does not stand alone behind a gap, ns.

        A lone sample behind a gap may be the first one after a loss, or one with a wrong stamp.
        """
        if len(self._samples) > 1 and self._samples[-1].fresh:
            return self._samples[-2].stamp_ns
        return self.last_ns

    def clear(self) -> None:
        """Forget all samples."""
        self._samples.clear()

    def exchange(self, other: SampleTrack) -> None:
        """Take the samples of another track and give it ours."""
        self._samples, other._samples = other._samples, self._samples

    def forget_from(self, stamp_ns: int) -> None:
        """Drop samples at or after a time: a newer one says that their stamps were wrong."""
        while self._samples and self._samples[-1].stamp_ns >= stamp_ns:
            self._samples.pop()

    def append(
        self, stamp_ns: int, position: np.ndarray, quaternion: np.ndarray, device: int = 0
    ) -> None:
        """Add a sample newer than all others."""
        fresh = stands_alone(stamp_ns, self.last_ns, self.timeout_ns)
        self._samples.append(Sample(stamp_ns, position, quaternion, fresh, device))

    def forget_before(self, stamp_ns: int) -> None:
        """Drop samples that no time from stamp_ns on can need."""
        samples = self._samples
        while len(samples) > 2 and samples[2].stamp_ns < stamp_ns - VELOCITY_SPAN_NS:
            samples.popleft()

    def first_after(self, stamp_ns: int) -> int | None:
        """Return the stamp of the oldest sample later than stamp_ns; None if there is none."""
        return next((s.stamp_ns for s in self._samples if s.stamp_ns > stamp_ns), None)

    def at(self, stamp_ns: int, fresh_counts: bool) -> Bracket | None:
        """Return where the pose at a time is to be taken from; None if the tracker is lost then.

        Args:
            stamp_ns: the time, ns.
            fresh_counts: whether the first sample after a loss may be used at its very own time.
        """
        after: Sample | None = None
        for index in range(len(self._samples) - 1, -1, -1):
            sample = self._samples[index]
            if sample.stamp_ns > stamp_ns:
                after = sample
                continue
            age = stamp_ns - sample.stamp_ns
            if age == 0:
                usable = fresh_counts or not sample.fresh
                return Bracket(Source.MEASURED, sample, sample, 0.0) if usable else None
            # Two devices are not at one place: between them lies a jump and no way.
            if after is not None and not after.fresh and after.device == sample.device:
                fraction = age / (after.stamp_ns - sample.stamp_ns)
                return Bracket(Source.MEASURED, sample, after, fraction)
            if age > self.timeout_ns:
                return None
            return self._beyond(index, age)
        return None

    def _beyond(self, index: int, age: int) -> Bracket:
        """Return the pose `age` ns after sample `index`, which no other sample follows closely."""
        last = self._samples[index]
        source = Source.EXTRAPOLATED if age <= EXTRAPOLATION_NS else Source.HELD
        base = last
        while index > 0 and not base.fresh and last.stamp_ns - base.stamp_ns < VELOCITY_SPAN_NS:
            if self._samples[index - 1].device != last.device:
                break
            index -= 1
            base = self._samples[index]
        span = last.stamp_ns - base.stamp_ns
        if span == 0:
            return Bracket(source, last, last, 0.0)
        return Bracket(source, base, last, 1.0 + min(age, EXTRAPOLATION_NS) / span)
