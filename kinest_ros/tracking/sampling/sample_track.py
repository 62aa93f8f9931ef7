# SPDX-License-Identifier: Apache-2.0
"""The recent samples of one tracker, and where it was at a given time."""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from kinest_ros.tracking.sampling.clock import stands_alone
from kinest_ros.tracking.sampling.motion_limits import LIMB, MotionLimits, carried_share, strain

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


class Sample(NamedTuple):
    """One pose as received: time (ns), position (3,) m, unit quaternion (4,) xyzw.

    Attributes:
        fresh: the first sample after a gap in which the tracker was lost.
        leap: the first one where the tracker jumped to, as when it is recentred, or of another
            device: two devices are not at one place, so no way leads from one to the other.
        epoch: how often it had jumped.
        device: what was tracked, an index of `kinest_ros.tracking.frame.DEVICES`.
    """

    stamp_ns: int
    position: np.ndarray
    quaternion: np.ndarray
    fresh: bool = False
    leap: bool = False
    epoch: int = 0
    device: int = 0

    @property
    def begins(self) -> bool:
        """Whether nothing leads here from the sample before."""
        return self.fresh or self.leap


class Bracket(NamedTuple):
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

    A sample that nobody can have moved to is a suspect, and is set aside until the next one comes.
    If that one follows from it, the tracker has jumped: both are taken. If not, the suspect was an
    outlier, and is dropped. All others are taken at once.
    """

    def __init__(self, timeout_ns: int, limits: MotionLimits = LIMB) -> None:
        self.timeout_ns = timeout_ns
        self.limits = limits
        #: Samples dropped since the track was made, because the next one contradicted them.
        self.outliers = 0
        self._samples: deque[Sample] = deque(maxlen=CAPACITY)
        self._suspect: Sample | None = None

    @property
    def heard_ns(self) -> int | None:
        """Stamp of the newest sample that came, ns; None while there is none."""
        return self._suspect.stamp_ns if self._suspect is not None else self.last_ns

    @property
    def last_ns(self) -> int | None:
        """Stamp of the newest sample that was taken, ns; None while there is none."""
        return self._samples[-1].stamp_ns if self._samples else None

    @property
    def confirmed_ns(self) -> int | None:
        """Stamp of the newest sample that does not stand alone behind a gap, ns.

        A lone sample behind a gap may be the first one after a loss, or one with a wrong stamp.
        """
        if len(self._samples) > 1 and self._samples[-1].fresh:
            return self._samples[-2].stamp_ns
        return self.last_ns

    def settled_ns(self, fresh_counts: bool) -> int | None:
        """Return the time until which no sample that is to come changes where the tracker was, ns.

        Args:
            fresh_counts: whether the first sample after a loss may be used at its very own time.
        """
        last = self.last_ns
        if last is not None and fresh_counts and self._samples[-1].fresh:
            return last - 1  # two that contradict it would make an outlier of it
        return last

    def clear(self) -> None:
        """Forget all samples."""
        self._samples.clear()
        self._suspect = None

    def exchange(self, other: SampleTrack) -> None:
        """Take the samples of another track and give it ours."""
        self._samples, other._samples = other._samples, self._samples
        self._suspect, other._suspect = other._suspect, self._suspect

    def forget_from(self, stamp_ns: int) -> None:
        """Drop samples at or after a time: a newer one says that their stamps were wrong."""
        self._suspect = None
        while self._samples and self._samples[-1].stamp_ns >= stamp_ns:
            self._samples.pop()

    def append(
        self, stamp_ns: int, position: np.ndarray, quaternion: np.ndarray, device: int = 0
    ) -> None:
        """Add a sample newer than all others, or set it aside as a suspect."""
        sample = Sample(stamp_ns, position, quaternion, device=device)
        if stands_alone(stamp_ns, self.last_ns, self.timeout_ns):
            self._drop_suspect()
            self._take(sample, fresh=True)
            return
        if device != self._samples[-1].device:
            self._drop_suspect()
            self._take(sample, leap=True)
            return
        last, base = self._samples[-1], self._base_of(len(self._samples) - 1)
        if last.stamp_ns - base.stamp_ns < VELOCITY_SPAN_NS:
            base = last
        hard = strain(self.limits, base, last, sample)
        suspect = self._suspect
        if suspect is not None:
            if strain(self.limits, suspect, suspect, sample) < min(hard, 1.0):
                self._leap_to(suspect)
                self._take(sample)
                return
            self._drop_suspect()
        if hard > 1.0:
            self._suspect = sample
        else:
            self._take(sample)

    def _take(self, sample: Sample, fresh: bool = False, leap: bool = False) -> None:
        epoch = leap + (self._samples[-1].epoch if self._samples else 0)
        if fresh or epoch:
            sample = sample._replace(fresh=fresh, leap=leap, epoch=epoch)
        self._samples.append(sample)

    def _leap_to(self, suspect: Sample) -> None:
        self._suspect = None
        if self._samples[-1].fresh:
            # It stood alone behind a gap, and two contradict it.
            self._samples.pop()
            self.outliers += 1
            self._take(suspect, fresh=True)
        else:
            self._take(suspect, leap=True)

    def _drop_suspect(self) -> None:
        if self._suspect is not None:
            self._suspect = None
            self.outliers += 1

    def forget_before(self, stamp_ns: int) -> None:
        """Drop samples that no time from stamp_ns on can need, nor any sample's judgement.

        What is needed are the last sample until then, and those before it that tell its velocity.
        """
        samples = self._samples
        if len(samples) <= 2:
            return
        last_ns = next((s.stamp_ns for s in reversed(samples) if s.stamp_ns <= stamp_ns), None)
        if last_ns is None:
            return
        while len(samples) > 2 and samples[1].stamp_ns <= last_ns - VELOCITY_SPAN_NS:
            samples.popleft()

    def first_after(self, stamp_ns: int) -> int | None:
        """Return the stamp of the oldest sample later than stamp_ns; None if there is none."""
        return next((s.stamp_ns for s in self._samples if s.stamp_ns > stamp_ns), None)

    def at(self, stamp_ns: int, fresh_counts: bool, into_losses: bool = True) -> Bracket | None:
        """Return where the pose at a time is to be taken from; None if the tracker is lost then.

        Args:
            stamp_ns: the time, ns.
            fresh_counts: whether the first sample after a loss may be used at its very own time.
            into_losses: whether a time in a gap in which the tracker was lost is extrapolated to,
                until the timeout.
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
            if after is not None and not after.begins:
                fraction = age / (after.stamp_ns - sample.stamp_ns)
                return Bracket(Source.MEASURED, sample, after, fraction)
            if age > self.timeout_ns or not (into_losses or after is None or after.leap):
                return None
            return self._beyond(index, age)
        return None

    def _base_of(self, index: int) -> Sample:
        """Return the sample from which to a given one a velocity can be told; itself if none."""
        last = self._samples[index]
        base = last
        while index > 0 and not base.begins and last.stamp_ns - base.stamp_ns < VELOCITY_SPAN_NS:
            index -= 1
            base = self._samples[index]
        return base

    def _beyond(self, index: int, age: int) -> Bracket:
        """Return the pose `age` ns after sample `index`, which no other sample follows closely."""
        last, base = self._samples[index], self._base_of(index)
        source = Source.EXTRAPOLATED if age <= EXTRAPOLATION_NS else Source.HELD
        if base is last:
            return Bracket(source, last, last, 0.0)
        # Samples close together differ by their errors, not by how far the tracker moved.
        span = max(last.stamp_ns - base.stamp_ns, VELOCITY_SPAN_NS)
        share = carried_share(self.limits, base, last, span)
        return Bracket(source, base, last, 1.0 + share * min(age, EXTRAPOLATION_NS) / span)
