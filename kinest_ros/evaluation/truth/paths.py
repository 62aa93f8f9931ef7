# SPDX-License-Identifier: Apache-2.0
"""The paths of rigid things: poses over time, resampled, and how fast they turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from kinest_ros.body.rotations_numpy import (
    continuous,
    matrices_from_quaternions,
    slerp,
    unit_quaternions,
)
from kinest_ros.tracking.frame import TrackerFrame

#: Nothing is interpolated across a silence of more, s.
GAP = 0.15


@dataclass(frozen=True)
class Path6D:
    """Poses of one thing.

    Attributes:
        stamps_ns: (N,) int64, increasing.
        positions: (N, 3) m.
        quaternions: (N, 4) xyzw, of unit length and continuous.
    """

    stamps_ns: np.ndarray
    positions: np.ndarray
    quaternions: np.ndarray

    @classmethod
    def of(cls, stamps: np.ndarray, positions: np.ndarray, quaternions: np.ndarray) -> Path6D:
        """Return a path of poses in any order; those that are not finite are left out."""
        stamps = np.asarray(stamps, np.int64)
        usable = np.isfinite(positions).all(-1) & np.isfinite(quaternions).all(-1)
        usable &= np.linalg.norm(quaternions, axis=-1) > 1e-3
        _, first = np.unique(stamps[usable], return_index=True)
        rows = np.flatnonzero(usable)[first]
        turns = unit_quaternions(quaternions[rows]) if len(rows) else np.zeros((0, 4))
        return cls(stamps[rows], np.asarray(positions[rows], float), continuous(turns))

    def __len__(self) -> int:
        """Number of poses."""
        return len(self.stamps_ns)

    def at(self, stamps_ns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return positions (M, 3), rotations (M, 3, 3), and which are known (M,) bool.

        Known is what lies between two poses that are not further apart than `GAP`.
        """
        stamps_ns = np.asarray(stamps_ns, np.int64)
        if len(self) < 2:
            none = np.zeros(len(stamps_ns), bool)
            return np.zeros((len(none), 3)), np.tile(np.eye(3), (len(none), 1, 1)), none
        after = np.clip(np.searchsorted(self.stamps_ns, stamps_ns), 1, len(self) - 1)
        before = after - 1
        length = self.stamps_ns[after] - self.stamps_ns[before]
        share = (stamps_ns - self.stamps_ns[before]) / length
        known = (share >= 0.0) & (share <= 1.0) & (length <= GAP * 1e9)
        share = np.clip(share, 0.0, 1.0)
        places = self.positions[before] + share[:, None] * (
            self.positions[after] - self.positions[before]
        )
        turns = slerp(self.quaternions[before], self.quaternions[after], share)
        return places, matrices_from_quaternions(turns), known


def angular_speed(path: Path6D, stamps_ns: np.ndarray, span: float = 0.05) -> np.ndarray:
    """Return how fast a path turns, rad/s (M,), over a span of time, s, about each stamp.

    NaN where it is not known.
    """
    half = round(0.5e9 * span)
    _, first, known = path.at(stamps_ns - half)
    _, second, known_too = path.at(stamps_ns + half)
    cosine = (np.einsum("nij,nij->n", first, second) - 1.0) / 2.0
    # The chord is exact where the cosine is flat.
    chord = np.linalg.norm((first - second).reshape(-1, 9), axis=1) / np.sqrt(8.0)
    angle = np.where(cosine > 0.0, 2.0 * np.arcsin(np.clip(chord, 0.0, 1.0)),
                     np.arccos(np.clip(cosine, -1.0, 1.0)))  # fmt: skip
    return np.where(known & known_too, angle / span, np.nan)


def paths_of(frames: Iterable[TrackerFrame]) -> dict[str, Path6D]:
    """Return the path of each slot of tracker frames."""
    found: dict[str, list[tuple[int, np.ndarray, np.ndarray]]] = {}
    for frame in frames:
        for slot, pose in frame.poses.items():
            row = frame.stamp_ns, np.asarray(pose.position), np.asarray(pose.quaternion)
            found.setdefault(slot, []).append(row)
    return {
        slot: Path6D.of(*(np.array(column) for column in zip(*rows, strict=True)))
        for slot, rows in found.items()
    }
