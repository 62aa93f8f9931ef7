# SPDX-License-Identifier: Apache-2.0
"""The raw samples a calibration looks at, and the ring in which a running node keeps them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from kinest_ros.body.joints import SLOTS
from kinest_ros.tracking.basis import to_ros_basis
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose

#: A head stamp this much older than the newest is a new beginning (a bag that loops), ns.
JUMP_BACK_NS = 500_000_000
#: Most frames that are kept, whatever their stamps: 12 s of six trackers at 250 Hz.
CAPACITY = 18_000


@dataclass(frozen=True)
class Track:
    """Samples of one tracker: stamps (N,) ns, increasing; positions (N, 3) m; xyzw (N, 4)."""

    stamps_ns: np.ndarray
    positions: np.ndarray
    quaternions: np.ndarray

    def between(self, start_ns: int, stop_ns: int) -> Track:
        """Return the samples with start <= stamp <= stop."""
        first, last = np.searchsorted(self.stamps_ns, (start_ns, stop_ns + 1))
        chosen = slice(first, last)
        return Track(self.stamps_ns[chosen], self.positions[chosen], self.quaternions[chosen])


@dataclass(frozen=True)
class Samples:
    """Tracks by slot; a slot without samples is left out."""

    tracks: Mapping[str, Track]

    @classmethod
    def from_frames(cls, frames: Iterable[TrackerFrame]) -> Samples:
        """Sort frames by slot and stamp; of equal stamps the last one counts."""
        found: dict[str, dict[int, TrackerPose]] = {}
        for frame in frames:
            for slot, pose in frame.poses.items():
                found.setdefault(slot, {})[frame.stamp_ns] = pose
        return cls({slot: _track(found[slot]) for slot in SLOTS if slot in found})

    def in_basis(self, basis: str) -> Samples:
        """Return the samples, given in ``basis``, in the ROS basis."""
        return Samples(
            {
                slot: Track(
                    track.stamps_ns, *to_ros_basis(track.positions, track.quaternions, basis)
                )
                for slot, track in self.tracks.items()
            }
        )

    def between(self, start_ns: int, stop_ns: int) -> Samples:
        """Return the samples with start <= stamp <= stop."""
        cut = {slot: track.between(start_ns, stop_ns) for slot, track in self.tracks.items()}
        return Samples({slot: track for slot, track in cut.items() if len(track.stamps_ns)})

    def last(self, seconds: float) -> Samples:
        """Return the samples of the last seconds before the head's newest one."""
        if "head" not in self.tracks:
            return self
        stop = int(self.tracks["head"].stamps_ns[-1])
        return self.between(stop - round(seconds * 1e9), stop)


class SampleRing:
    """The raw samples of the last seconds, on the trackers' clock.

    A stamp of the head that goes back starts the ring anew, as it does the BodyTracker; samples of
    other trackers that are older than the ring by then fall out on their own.
    """

    def __init__(self, seconds: float) -> None:
        """Start empty."""
        self._span_ns = round(seconds * 1e9)
        self.clear()

    def clear(self) -> None:
        """Forget all samples."""
        self._frames: deque[TrackerFrame] = deque(maxlen=CAPACITY)
        self._newest_ns: int | None = None

    def add(self, frame: TrackerFrame) -> None:
        """Take a frame whose poses have been checked."""
        if "head" in frame.poses:
            newest = self._newest_ns
            if newest is not None and frame.stamp_ns < newest - JUMP_BACK_NS:
                self.clear()
                newest = None
            self._newest_ns = frame.stamp_ns if newest is None else max(newest, frame.stamp_ns)
        self._frames.append(frame)
        if self._newest_ns is not None:
            while self._frames and self._frames[0].stamp_ns < self._newest_ns - self._span_ns:
                self._frames.popleft()

    def samples(self) -> Samples:
        """Return what the ring holds, sorted."""
        if self._newest_ns is None:
            return Samples({})
        samples = Samples.from_frames(self._frames)
        return samples.between(self._newest_ns - self._span_ns, self._newest_ns)


def _track(poses: dict[int, TrackerPose]) -> Track:
    stamps = sorted(poses)
    quaternions = np.array([poses[stamp].quaternion for stamp in stamps], dtype=np.float64)
    return Track(
        np.array(stamps, dtype=np.int64),
        np.array([poses[stamp].position for stamp in stamps], dtype=np.float64),
        quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True),
    )
