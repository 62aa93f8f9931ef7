# SPDX-License-Identifier: Apache-2.0
"""What is shown of a body over time: an estimate, or the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinest_ros.bags.reader import Bodies


@dataclass(frozen=True)
class Shown:
    """One body over N ticks.

    Attributes:
        name: for people.
        stamps_ns: (N,) increasing.
        positions: (N, 22, 3) m.
        confidence: (N, 22) in (0, 1]; None where there is nothing to doubt.
        contacts: (N, 2) probability that left and right foot stand; None where not known.
        trackers: (N, 6, 3) m, where tracked links were measured to be, NaN where not; or None.
        valid: (N, 6) whether each tracker was valid; None where not known.
        latency: (N,) s; None where not known.
    """

    name: str
    stamps_ns: np.ndarray
    positions: np.ndarray
    confidence: np.ndarray | None = None
    contacts: np.ndarray | None = None
    trackers: np.ndarray | None = None
    valid: np.ndarray | None = None
    latency: np.ndarray | None = None

    @classmethod
    def estimate(cls, name: str, bodies: Bodies, trackers: np.ndarray | None = None) -> Shown:
        """Return bodies that were computed."""
        return cls(
            name, bodies.stamps_ns, bodies.positions, bodies.confidence, bodies.contacts, trackers,
            bodies.tracker_valid, bodies.latency,
        )  # fmt: skip

    @classmethod
    def truth(cls, bodies: Bodies) -> Shown:
        """Return bodies that are true."""
        return cls("truth", bodies.stamps_ns, bodies.positions, contacts=bodies.contacts)

    def at(self, stamp_ns: int, most_ns: int = 25_000_000) -> int | None:
        """Return the tick nearest to a time, if there is one within `most_ns` of it."""
        index = int(np.searchsorted(self.stamps_ns, stamp_ns))
        near = [i for i in (index - 1, index) if 0 <= i < len(self.stamps_ns)]
        best = min(near, key=lambda i: abs(int(self.stamps_ns[i]) - stamp_ns), default=None)
        if best is None or abs(int(self.stamps_ns[best]) - stamp_ns) > most_ns:
            return None
        return best
