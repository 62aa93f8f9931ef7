# SPDX-License-Identifier: Apache-2.0
"""A tick as the body sees it: where the head, the wrists, the pelvis and the feet were."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kinest_ros.body.joints import HEAD_SLOT
from kinest_ros.body.rotations_numpy import matrices_of_few
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.tracking.admission.gating import Reach, ReachGate, Rejection
from kinest_ros.tracking.devices.basis import basis_matrices
from kinest_ros.tracking.devices.device_mounts import MountTable
from kinest_ros.tracking.sampling.resampler import TICK_RATE, Tick
from kinest_ros.tracking.sampling.sample_track import Source
from kinest_ros.tracking.settings import TrackerSettings
from kinest_ros.tracking.stats import TrackerStats
from kinest_ros.tracking.steadying.first_origin import at_first_origin
from kinest_ros.tracking.steadying.recentring import Place, Recentring


@dataclass(frozen=True)
class Moment:
    """A tick with the link poses its trackers stand for.

    Attributes:
        tick: those rejected count as lost.
        positions: (6, 3) m, in the frame of the session (`Recentring`).
        rotations: (6, 3, 3) world_from_link, in the same frame.
        rejected: (6,) bool.
        measured: (6, 3) m, the positions in the trackers' frame.
        measured_rotations: (6, 3, 3) world_from_link, in the trackers' frame.
        place: where the session is published; None where the two frames are one.
    """

    tick: Tick
    positions: np.ndarray
    rotations: np.ndarray
    rejected: np.ndarray
    measured: np.ndarray
    measured_rotations: np.ndarray
    place: Place | None

    @property
    def head(self) -> np.ndarray:
        """Where the head is, (3,) m, in the frame of the session."""
        position: np.ndarray = self.positions[HEAD_SLOT]
        return position

    def astray(self) -> float:
        """Return how far from the trackers the session is published, m: it may be on its way."""
        if self.place is None:
            return 0.0
        off = self.place.points(self.positions) - self.measured
        squares: np.ndarray = np.einsum("ij,ij->i", off, off)[self.tick.valid]
        return float(np.sqrt(squares.max(initial=0.0)))


class MomentReader:
    """Applies basis and mounts, leaves out what is out of reach, and absorbs recentrings."""

    def __init__(self, settings: TrackerSettings, stats: TrackerStats) -> None:
        """Start with nothing seen; `set_reach` comes before the first tick.

        Args:
            settings: basis and mounts are taken from them.
            stats: counters, to be kept.
        """
        self._stats = stats
        self._gate = ReachGate(TICK_RATE)
        self._recentring = Recentring(settings.max_recovery_speed, TICK_RATE)
        self._standing = 0.0
        self.set_trackers(settings)

    def reset(self) -> None:
        """Forget all ticks."""
        self._recentring.reset()
        self._gate.reset()

    def set_trackers(self, settings: TrackerSettings) -> None:
        """Go on with other mounts; what leaps at the next tick is no recentring."""
        self._basis, self._vector_basis = basis_matrices(settings.input_basis)
        self._in_ros_basis = settings.input_basis == "ros"
        self._mounts = MountTable(settings.mounts, settings.hand_mounts)
        self._recentring.trackers_moved()

    def set_reach(self, skeleton: Skeleton, estimated: bool, settings: TrackerSettings) -> None:
        """Note how far the wearer's limbs reach; `estimated` where that may be anybody."""
        self._gate.set_reach(Reach.of(skeleton, estimated, settings.mounts))
        self._standing = skeleton.head_height

    @property
    def rejections(self) -> list[Rejection]:
        """The trackers that were out of reach at the last tick."""
        return self._gate.rejections

    @property
    def origin_height(self) -> float:
        """How far the origin of heights has moved in recentrings, m."""
        return self._recentring.height

    def read(self, tick: Tick, floor: float) -> Moment:
        """Return the moment of a tick; call once a tick, in their order.

        Args:
            tick: as resampled.
            floor: its height in the session's frame, m.
        """
        measured, quaternions = tick.positions, tick.quaternions
        if not self._in_ros_basis:
            quaternions = quaternions.copy()
            quaternions[:, :3] = quaternions[:, :3] @ self._vector_basis.T
            measured = measured @ self._basis.T
        rotations = matrices_of_few(quaternions)
        mounts = self._mounts.of(tick.devices)
        if mounts is not None:
            places, turns = mounts
            measured = measured + (rotations @ places)[..., 0]
            rotations = rotations @ turns
        rejected = self._gate.look(measured, tick.valid)
        if rejected.any():
            tick = replace(tick, sources=np.where(rejected, Source.LOST, tick.sources))
        seen = self._recentring.look(tick.index, measured, rotations, tick.sources)
        if self._recentring.happened is not None:
            self._stats.note_recentring(*self._recentring.happened)
        elif self._recentring.paused and self._is_back_at_first_origin(seen, floor):
            self._stats.note_recentring(*self._recentring.back_at_first_origin())
            seen = self._recentring.look(tick.index, measured, rotations, tick.sources)
        positions, turned, place = seen
        return Moment(tick, positions, turned, rejected, measured, rotations, place)

    def _is_back_at_first_origin(
        self, seen: tuple[np.ndarray, np.ndarray, Place | None], floor: float
    ) -> bool:
        positions, rotations, _ = seen
        height, upright = float(positions[HEAD_SLOT, 2]) - floor, float(rotations[HEAD_SLOT, 2, 2])
        return at_first_origin(height, self.origin_height, self._standing, upright)
