# SPDX-License-Identifier: Apache-2.0
"""Who wears the trackers, told to all that depend on it: size, floor, mounts."""

from __future__ import annotations

from dataclasses import replace

from kinest_ros.body.joints import HEAD_SLOT
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.tracking.finishing import Finisher
from kinest_ros.tracking.moment import Moment, MomentReader
from kinest_ros.tracking.network import Network
from kinest_ros.tracking.sampling.resampler import TICK_RATE
from kinest_ros.tracking.settings import TrackerSettings
from kinest_ros.tracking.steadying.floor_level import FloorLevel
from kinest_ros.tracking.wearer.physique import Physique

#: Somebody else may wear the headset when the head was away for as many ticks (5 s).
OFF_TICKS = 5 * TICK_RATE


class Wearing:
    """Keeps the reach gate, the network and the finisher to the size of the wearer.

    Attributes:
        settings: with the wearer's mounts, hands and floor.
    """

    def __init__(
        self,
        settings: TrackerSettings,
        physique: Physique,
        floor: FloorLevel,
        reader: MomentReader,
        network: Network,
        finisher: Finisher,
    ) -> None:
        """Start with the wearer of the settings; `reset` comes before the first tick.

        Args:
            settings: of the wearer.
            physique: bones, given or estimated.
            floor: of the room.
            reader: is told how far the limbs reach, and of the mounts.
            network: is told the skeleton.
            finisher: is told the bones.
        """
        self.settings = settings
        self._physique, self._floor = physique, floor
        self._reader, self._network, self._finisher = reader, network, finisher

    def height_of(self, moment: Moment) -> float:
        """Return how high the head is over the floor, m."""
        return float(moment.head[2]) - self._floor.height

    def become(
        self, skeleton: Skeleton, settings: TrackerSettings, arm_growth: float, at_once: bool
    ) -> None:
        """Go on with a wearer who has just become known; see `BodyTracker.wear`.

        Args:
            skeleton: the wearer's.
            settings: mounts, floor and hands are taken from them.
            arm_growth: how much longer than the skeleton's the arms are.
            at_once: without growing there, since nobody has seen the body yet.
        """
        self.settings = replace(
            self.settings,
            mounts=settings.mounts,
            hand_mounts=settings.hand_mounts,
            floor_height=settings.floor_height,
            swap_hands=settings.swap_hands,
        )
        self._reader.set_trackers(self.settings)
        self._floor.height = settings.floor_height - self._reader.origin_height
        if at_once:
            self._floor.be_at(self._floor.height)
        self._physique.become(skeleton, at_once, arm_growth)
        self._finisher.set_bones(self._physique.rest_offsets)
        self._set_reach()
        self._network.set_skeleton(skeleton)
        self._network.restart()
        self._finisher.trackers_moved()

    def advance(self, ticks: int) -> None:
        """Let bones grow and feet settle for as many ticks as have passed."""
        self._finisher.growing = self._physique.advance(ticks)
        self._floor.advance(ticks)
        if ticks > OFF_TICKS:
            self._physique.headset_was_off()
        self._finisher.set_bones(self._physique.rest_offsets)

    def look(self, moment: Moment) -> None:
        """Estimate the stature, where it is not known, from how high the head is held."""
        x, y, _ = moment.head.tolist()
        upright = float(moment.rotations[HEAD_SLOT, 2, 2])
        if self._physique.look(moment.tick.index, self.height_of(moment), upright, (x, y)):
            self._network.set_skeleton(self._physique.skeleton)
            self._set_reach()
            # The network sees everything in units of the wearer's size: its pose may jump.
            self._finisher.body_changed()

    def reset(self) -> None:
        """Be of the size of the start, at once, on the floor of the settings."""
        self._floor.be_at(self.settings.floor_height)
        if self._physique.reset():
            self._network.set_skeleton(self._physique.skeleton)
        self._finisher.set_bones(self._physique.rest_offsets)
        self._set_reach()

    def _set_reach(self) -> None:
        estimated = self._physique.estimator is not None
        self._reader.set_reach(self._physique.skeleton, estimated, self.settings)
