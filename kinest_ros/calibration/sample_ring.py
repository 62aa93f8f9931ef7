# SPDX-License-Identifier: Apache-2.0
"""The ring in which a running node keeps the raw samples of the last seconds."""

from __future__ import annotations

import copy

import numpy as np

from kinest_ros.body.joints import SLOTS
from kinest_ros.calibration.samples import Samples, Track
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose, device_index
from kinest_ros.tracking.sampling.clock import Advance, Clock

#: Most samples of a tracker that are kept, whatever their stamps: 12 s at 1.3 kHz.
CAPACITY = 16_384
#: Rows to begin with; they are doubled as need be.
_START = 1024


class SampleRing:
    """The raw samples of the last seconds, on the trackers' clock.

    The head's stamps tell the time, by the rule of `Clock`: a single one that is far off is left
    out, and a clock that begins anew starts the ring anew, as it does the BodyTracker. Samples of
    other trackers count by their stamps.

    Kept in arrays, so that a snapshot for another thread costs microseconds.
    """

    def __init__(self, seconds: float, gap: float = 0.25) -> None:
        """Start empty.

        Args:
            seconds: how much is kept.
            gap: s, a head's stamp farther ahead than this is believed when another one follows.
        """
        self._span_ns = round(seconds * 1e9)
        self._clock = Clock(round(gap * 1e9))
        self.clear()

    def clear(self) -> None:
        """Forget all samples."""
        self._clock.reset()
        self._suspect: TrackerFrame | None = None
        self._rows: dict[str, _Rows] = {}

    def add(self, frame: TrackerFrame) -> None:
        """Take a frame whose poses have been checked."""
        if "head" in frame.poses:
            suspect = self._suspect
            advance = self._clock.take(frame.stamp_ns)
            if advance is Advance.ALONE:
                self._suspect = frame
                return
            self._suspect = None
            if advance is Advance.ANEW:
                self._rows = {}
            if suspect is not None and advance is not Advance.ON:
                self._keep(suspect)
        self._keep(frame)

    def snapshot(self) -> SampleRing:
        """Return a ring with the same samples, which later ones do not reach."""
        copied = copy.copy(self)
        copied._clock = copy.copy(self._clock)
        copied._rows = {slot: rows.copy() for slot, rows in self._rows.items()}
        return copied

    def samples(self) -> Samples:
        """Return what the ring holds, sorted."""
        newest = self._clock.newest_ns
        if newest is None:
            return Samples({})
        tracks = {slot: self._rows[slot].track() for slot in SLOTS if slot in self._rows}
        return Samples(tracks).between(newest - self._span_ns, newest)

    def _keep(self, frame: TrackerFrame) -> None:
        for slot, pose in frame.poses.items():
            rows = self._rows.get(slot)
            if rows is None:
                rows = self._rows[slot] = _Rows()
            rows.add(frame.stamp_ns, pose)


class _Rows:
    """The newest samples of one tracker, in the order of arrival."""

    def __init__(self) -> None:
        self._stamps: np.ndarray = np.zeros(_START, dtype=np.int64)
        self._values: np.ndarray = np.zeros((_START, 7))
        self._devices: np.ndarray = np.zeros(_START, dtype=np.int8)
        self._count = 0

    def add(self, stamp_ns: int, pose: TrackerPose) -> None:
        if self._count == len(self._stamps) < CAPACITY:
            self._stamps, self._values, self._devices = (
                np.concatenate((array, np.zeros_like(array)))
                for array in (self._stamps, self._values, self._devices)
            )
        row = self._count % len(self._stamps)
        self._stamps[row] = stamp_ns
        self._values[row, :3] = pose.position
        self._values[row, 3:] = pose.quaternion
        self._devices[row] = device_index(pose.device)
        self._count += 1

    def copy(self) -> _Rows:
        copied = copy.copy(self)
        copied._stamps = self._stamps.copy()
        copied._values = self._values.copy()
        copied._devices = self._devices.copy()
        return copied

    def track(self) -> Track:
        """Return the samples by stamp; of equal stamps the last one counts."""
        filled = min(self._count, len(self._stamps))
        # Rows in the order of arrival, the oldest first.
        order = (np.arange(filled) + max(self._count, filled)) % filled
        order = order[np.argsort(self._stamps[order], kind="stable")]
        stamps = self._stamps[order]
        order = order[np.append(stamps[1:] != stamps[:-1], True)]
        values = self._values[order]
        quaternions = values[:, 3:] / np.linalg.norm(values[:, 3:], axis=1, keepdims=True)
        return Track(self._stamps[order], values[:, :3], quaternions, self._devices[order])
