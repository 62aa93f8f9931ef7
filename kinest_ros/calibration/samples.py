# SPDX-License-Identifier: Apache-2.0
"""The raw samples a calibration looks at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from kinest_ros.body.joints import SLOTS
from kinest_ros.tracking.devices.basis import to_ros_basis
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose, device_index


@dataclass(frozen=True)
class Track:
    """Samples of one tracker.

    Attributes:
        stamps_ns: (N,) ns, increasing.
        positions: (N, 3) m.
        quaternions: (N, 4) xyzw.
        devices: (N,) indices of `kinest_ros.tracking.frame.DEVICES`, what was tracked.
    """

    stamps_ns: np.ndarray
    positions: np.ndarray
    quaternions: np.ndarray
    devices: np.ndarray

    def between(self, start_ns: int, stop_ns: int) -> Track:
        """Return the samples with start <= stamp <= stop."""
        first, last = np.searchsorted(self.stamps_ns, (start_ns, stop_ns + 1))
        chosen = slice(first, last)
        return Track(
            self.stamps_ns[chosen],
            self.positions[chosen],
            self.quaternions[chosen],
            self.devices[chosen],
        )


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
                    track.stamps_ns,
                    *to_ros_basis(track.positions, track.quaternions, basis),
                    track.devices,
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


def _track(poses: dict[int, TrackerPose]) -> Track:
    stamps = sorted(poses)
    quaternions = np.array([poses[stamp].quaternion for stamp in stamps], dtype=np.float64)
    return Track(
        np.array(stamps, dtype=np.int64),
        np.array([poses[stamp].position for stamp in stamps], dtype=np.float64),
        quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True),
        np.array([device_index(poses[stamp].device) for stamp in stamps], dtype=np.int8),
    )
