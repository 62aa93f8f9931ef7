# SPDX-License-Identifier: Apache-2.0
"""How far bodies are from their truth, tick by tick: from true bodies, or from mocap bodies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinest_ros.body.joints import JOINT_NAMES, SLOT_JOINTS, SLOTS
from kinest_ros.evaluation.truth.given import MarkerPath
from kinest_ros.view.shown import Shown


@dataclass(frozen=True)
class TruthErrors:
    """Distances from the truth at the ticks that it knows.

    Attributes:
        ticks: (K,) of the bodies.
        distances: (K, 22) cm, by joint; NaN where nothing is known of the joint.
        places: (K, 22, 3) m, the true joints; NaN likewise.
        whole: whether the truth is whole bodies, and so all joints are known.
    """

    ticks: np.ndarray
    distances: np.ndarray
    places: np.ndarray
    whole: bool

    @property
    def means(self) -> np.ndarray:
        """Mean over the joints that are known, (K,) cm."""
        return np.asarray(np.nanmean(self.distances, axis=1))

    @property
    def by_joint(self) -> dict[str, float]:
        """Mean over time, cm, of each joint of which something is known."""
        known = np.isfinite(self.distances).any(axis=0)
        means = np.nanmean(self.distances[:, known], axis=0).tolist()
        return dict(zip(np.array(JOINT_NAMES)[known].tolist(), means, strict=True))

    def series(self, seconds: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return lines over time: the mean of whole bodies, or each tracked joint by itself.

        Args:
            seconds: (N,) of the bodies.
        """
        at = seconds[self.ticks]
        if self.whole:
            return {"mean of 22 joints": (at, self.means)}
        return {name: (at, self.distances[:, JOINT_NAMES.index(name)]) for name in self.by_joint}


def against_bodies(shown: Shown, truth: Shown) -> TruthErrors | None:
    """Return errors against true bodies; None where no tick is in both."""
    rows = [truth.at(int(stamp), most_ns=1_000_000) for stamp in shown.stamps_ns]
    ticks = np.array([i for i, row in enumerate(rows) if row is not None], int)
    if not len(ticks):
        return None
    places = truth.positions[[row for row in rows if row is not None]]
    distances = 100.0 * np.linalg.norm(shown.positions[ticks] - places, axis=-1)
    return TruthErrors(ticks, distances, places, whole=True)


def against_markers(shown: Shown, markers: Mapping[str, MarkerPath]) -> TruthErrors | None:
    """Return errors of the links on which mocap bodies are worn; None where none is known."""
    places = np.full_like(shown.positions, np.nan)
    for slot, path in markers.items():
        ticks = np.searchsorted(shown.stamps_ns, path.stamps_ns)
        places[ticks, SLOT_JOINTS[SLOTS.index(slot)]] = path.places
    distances = 100.0 * np.linalg.norm(shown.positions - places, axis=-1)
    ticks = np.flatnonzero(np.isfinite(distances).any(axis=1))
    if not len(ticks):
        return None
    return TruthErrors(ticks, distances[ticks], places[ticks], whole=False)
