# SPDX-License-Identifier: Apache-2.0
"""What is shown of a body over time: an estimate, or the truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kinest_ros.bags.reader import Bodies
from kinest_ros.body.rotations_numpy import matrices_from_quaternions
from kinest_ros.evaluation.tracked_links import TrackedLinks
from kinest_ros.view.tracker_axes import Seen


@dataclass(frozen=True)
class Shown:
    """One body over N ticks.

    Attributes:
        name: for people.
        stamps_ns: (N,) increasing.
        positions: (N, 22, 3) m.
        confidence: (N, 22) in (0, 1]; None where there is nothing to doubt.
        contacts: (N, 2) probability that left and right foot stand; None where not known.
        trackers: where tracked links were measured to be; None where not known.
        valid: (N, 6) whether each tracker was valid; None where not known.
        latency: (N,) s; None where not known.
    """

    name: str
    stamps_ns: np.ndarray
    positions: np.ndarray
    confidence: np.ndarray | None = None
    contacts: np.ndarray | None = None
    trackers: TrackedLinks | None = None
    valid: np.ndarray | None = None
    latency: np.ndarray | None = None

    @classmethod
    def estimate(cls, name: str, bodies: Bodies, trackers: TrackedLinks | None = None) -> Shown:
        """Return bodies that were computed."""
        return cls(
            name, bodies.stamps_ns, bodies.positions, bodies.confidence, bodies.contacts, trackers,
            bodies.tracker_valid, bodies.latency,
        )  # fmt: skip

    @classmethod
    def truth(cls, bodies: Bodies) -> Shown:
        """Return bodies that are true."""
        return cls("truth", bodies.stamps_ns, bodies.positions, contacts=bodies.contacts)

    def seen(self, tick: int) -> Seen | None:
        """Return the trackers at a tick; those that are not valid stay where they were last."""
        if self._last is None:
            return None
        positions, rotations, valid = self._last
        return Seen(positions[tick], rotations[tick], valid[tick])

    @cached_property
    def _last(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Last known positions (N, 6, 3), rotations (N, 6, 3, 3), and whether they are of now."""
        if self.trackers is None:
            return None
        valid = np.isfinite(self.trackers.positions).all(axis=-1)
        rows = np.maximum.accumulate(np.where(valid, np.arange(len(valid))[:, None], 0), axis=0)
        slots = np.arange(valid.shape[1])
        positions = self.trackers.positions[rows, slots]
        quaternions = self.trackers.quaternions[rows, slots]
        return positions, matrices_from_quaternions(quaternions), valid

    def at(self, stamp_ns: int, most_ns: int = 25_000_000) -> int | None:
        """Return the tick nearest to a time, if there is one within `most_ns` of it."""
        index = int(np.searchsorted(self.stamps_ns, stamp_ns))
        near = [i for i in (index - 1, index) if 0 <= i < len(self.stamps_ns)]
        best = min(near, key=lambda i: abs(int(self.stamps_ns[i]) - stamp_ns), default=None)
        if best is None or abs(int(self.stamps_ns[best]) - stamp_ns) > most_ns:
            return None
        return best
