# SPDX-License-Identifier: Apache-2.0
"""BodyBatch: many bodies through one network, stepped together."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from kinest_ros.body.joints import NUM_JOINTS, NUM_SLOTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.model.network import Network
from kinest_ros.runtime.choose import make_runtime
from kinest_ros.runtime.cold_start import agree
from kinest_ros.runtime.live_features import FrameFeatures
from kinest_ros.runtime.predictor import Prediction, decoded


class BodyFrame(NamedTuple):
    """The trackers of one body at one tick.

    Attributes:
        positions: (6, 3) of the tracked links in the world (z up), m, in the order of SLOTS;
            anything where not valid.
        rotations: (6, 3, 3) world_from_link.
        valid: (6,) bool; the head must be valid.
    """

    positions: np.ndarray
    rotations: np.ndarray
    valid: np.ndarray


class BodyBatch:
    """Steps up to `capacity` bodies in one call of the network; bodies come and go.

    Each body's result is what a StreamingPredictor of its own would give. The batch keeps its
    size, so nothing is compiled or captured again when a body comes or goes.
    """

    def __init__(
        self,
        model: Network,
        capacity: int,
        device: str = "cpu",
        runtime: str = "auto",
    ) -> None:
        """Start with no bodies.

        Args:
            model: the network, on the device.
            capacity: most bodies at a time.
            device: "cpu" or "cuda".
            runtime: a name of kinest_ros.runtime.base.RUNTIMES.

        Raises:
            KinestError: a runtime that is not to be had here, or a capacity under 1.
        """
        if capacity < 1:
            raise KinestError(f"capacity is {capacity}; give 1 or more bodies")
        self.capacity = capacity
        self.runtime = make_runtime(model, runtime, device, capacity)
        self._lookahead, self._warm_up = model.config.lookahead, model.config.warm_up
        self._cold = np.zeros(capacity, dtype=bool)
        self._rest_offsets = np.zeros((capacity, NUM_JOINTS, 3))
        self._features = FrameFeatures(capacity, model.config.canonical)
        self._rows: dict[str, int] = {}
        self._headings: dict[str, deque[np.ndarray]] = {}
        self._positions = np.zeros((capacity, NUM_SLOTS, 3))
        self._rotations = np.zeros((capacity, NUM_SLOTS, 3, 3))

    @property
    def bodies(self) -> tuple[str, ...]:
        """Names of the bodies, in the order in which they came."""
        return tuple(self._rows)

    def add(self, name: str, skeleton: Skeleton) -> None:
        """Let a body in, with a fresh state.

        Raises:
            KinestError: the name is taken, or all places are.
        """
        if name in self._rows:
            raise KinestError(f"body '{name}' is here already; remove it first")
        free = sorted(set(range(self.capacity)) - set(self._rows.values()))
        if not free:
            raise KinestError(
                f"no place for body '{name}': the batch holds {self.capacity} "
                f"({', '.join(self._rows)}); make it with a larger capacity"
            )
        self._rows[name] = free[0]
        self.set_skeleton(name, skeleton)
        self._headings[name] = deque(maxlen=self._lookahead + 1)
        self.reset(name)

    def remove(self, name: str) -> None:
        """Let a body go; its place is free again.

        Raises:
            KinestError: there is no such body.
        """
        self._row(name)
        del self._rows[name], self._headings[name]

    def set_skeleton(self, name: str, skeleton: Skeleton) -> None:
        """Go on with another wearer; the state stays.

        Raises:
            KinestError: there is no such body.
        """
        row = self._row(name)
        self._features.set_body(row, skeleton)
        self._rest_offsets[row] = skeleton.rest_offsets

    def reset(self, name: str) -> None:
        """Start a body's stream anew.

        Raises:
            KinestError: there is no such body.
        """
        row = self._row(name)
        self.runtime.reset(row)
        self._features.reset(row)
        self._headings[name].clear()
        self._cold[row] = True

    def step(self, frames: Mapping[str, BodyFrame]) -> dict[str, Prediction]:
        """Take one frame of some or all bodies; the others wait as they are.

        Raises:
            KinestError: a frame of a body that is not here.
        """
        rows = [self._row(name) for name in frames]
        valid = np.zeros((self.capacity, NUM_SLOTS), dtype=bool)
        for row, frame in zip(rows, frames.values(), strict=True):
            self._positions[row], self._rotations[row] = frame.positions, frame.rotations
            valid[row] = frame.valid
        features, headings = self._features.next(self._positions, self._rotations, valid)
        active = np.zeros(self.capacity, dtype=bool)
        active[rows] = True
        if self._cold[rows].any():
            self._begin(active & self._cold, features, headings)
        output = self.runtime.step(features, active)
        predictions = {}
        for row, name in zip(rows, frames, strict=True):
            self._headings[name].append(headings[row])
            predictions[name] = decoded(output, row, self._headings[name][0])
        return predictions

    def _begin(self, cold: np.ndarray, features: np.ndarray, headings: np.ndarray) -> None:
        """Give rows (capacity,) of new streams the state to begin with; see `cold_start`."""
        self._cold &= ~cold
        seen: dict[int, list[np.ndarray]] = {int(row): [] for row in np.flatnonzero(cold)}
        for _ in range(self._warm_up):
            output = self.runtime.step(features, cold)
            for row, rotations in seen.items():
                rotations.append(decoded(output, row, headings[row]).local_rotations)
        for row, rotations in seen.items():
            if agree(rotations, self._rest_offsets[row]):
                self.runtime.reset(row)

    def _row(self, name: str) -> int:
        if name not in self._rows:
            here = ", ".join(self._rows) or "none"
            raise KinestError(f"no body '{name}' in the batch (there is: {here})")
        return self._rows[name]
