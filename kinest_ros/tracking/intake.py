# SPDX-License-Identifier: Apache-2.0
"""The way in: from tracker frames as they come to ticks, and what was dropped on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinest_ros.body.joints import HAND_SLOTS, HEAD_SLOT, SLOTS
from kinest_ros.tracking.admission.fixed_frames import fixed_frame, quoted
from kinest_ros.tracking.admission.presence import Presence
from kinest_ros.tracking.frame import BadTrackerPose, TrackerFrame, checked_poses, devices_in
from kinest_ros.tracking.sampling.resampler import Fate, Resampler, Tick
from kinest_ros.tracking.settings import TrackerSettings
from kinest_ros.tracking.stats import TrackerStats


@dataclass(frozen=True)
class Admitted:
    """What of a frame goes on: poses and devices by slot index, and the frame they came in."""

    frame: TrackerFrame
    poses: Mapping[int, tuple[np.ndarray, np.ndarray]]
    devices: Mapping[int, int]


class Intake:
    """Checks frames, withholds what no worn device measured, and resamples the rest."""

    def __init__(self, settings: TrackerSettings, stats: TrackerStats) -> None:
        """Start with nothing received.

        Args:
            settings: timeouts and patience are taken from them.
            stats: counters, to be kept.
        """
        self.presence = Presence(settings.frozen_timeout)
        self._stats = stats
        self._resampler = Resampler(
            [settings.timeout_of(slot) for slot in SLOTS], settings.patience
        )
        self.forget()

    def reset(self) -> None:
        """Forget all that was received."""
        self._resampler.reset()
        self.presence.reset()
        self.forget()

    def forget(self) -> None:
        """Forget the clock and the fixed frame; samples of the new clock stay."""
        #: The fixed frame that poses are in; None while nothing has come.
        self.frame_id: str | None = None
        self._head_frame_known = False
        self.presence.clock_restarted()

    def exchange_hands(self) -> None:
        """Take what came from either hand for the other's."""
        hands = SLOTS[HAND_SLOTS]
        indices = tuple(map(SLOTS.index, hands))
        self._resampler.exchange(*indices)
        self.presence.exchange(*indices)
        self._stats.exchange(*hands)

    def admit(self, frame: TrackerFrame) -> Admitted:
        """Return what of a frame goes on.

        Args:
            frame: its poses are under the wearer's slots.

        Raises:
            BadTrackerPose: see `BodyTracker.push`; nothing of the frame is taken then.
        """
        try:
            poses = checked_poses(frame)
            self._check_frame_id(frame)
            devices = devices_in(frame)
        except BadTrackerPose as error:
            if error.slot in self._stats.dropped_invalid:
                self._stats.dropped_invalid[error.slot] += 1
            raise
        return Admitted(frame, self.presence.admit(frame, poses, self._stats), devices)

    def clock_restarts(self, admitted: Admitted) -> bool:
        """Tell whether the head's clock begins anew here; if so, all of before is forgotten."""
        stamp_ns = admitted.frame.stamp_ns
        if not self._resampler.jumped_back(stamp_ns, admitted.poses):
            return False
        self._resampler.begin_anew(stamp_ns)
        self.forget()
        return True

    def ticks(self, admitted: Admitted) -> list[Tick]:
        """Return the ticks that are complete now, oldest first."""
        self._settle_frame_id(admitted.frame, HEAD_SLOT in admitted.poses)
        stamp_ns, devices = admitted.frame.stamp_ns, admitted.devices
        if admitted.frame.worn is False:
            self._resampler.wait_no_longer()
        ticks, fates = self._resampler.push(stamp_ns, admitted.poses, devices)
        self._count(fates)
        return ticks

    def _settle_frame_id(self, frame: TrackerFrame, head: bool) -> None:
        """Note the frame the body is tracked in: the head's, whoever is heard first."""
        if self._head_frame_known or not frame.poses:
            return
        name = fixed_frame(frame.frame_id)
        if head and self.frame_id not in (None, name):
            self._resampler.reset()  # what others sent before is somewhere else
        self.frame_id, self._head_frame_known = name, head

    def _check_frame_id(self, frame: TrackerFrame) -> None:
        if not self._head_frame_known and "head" in frame.poses:
            return
        if frame.poses and self.frame_id not in (None, fixed_frame(frame.frame_id)):
            slot = next(iter(frame.poses))
            raise BadTrackerPose(
                slot,
                f"{slot}: frame_id is {quoted(frame.frame_id)}, but the body is tracked in "
                f"'{self.frame_id}'; give all trackers in one frame, and reset after changing it",
            )

    def _count(self, fates: dict[int, Fate]) -> None:
        for index, fate in fates.items():
            slot = SLOTS[index]
            self._stats.received[slot] += 1
            self._stats.dropped_outlier[slot] = self._resampler.outliers(index)
            if fate is Fate.DUPLICATE:
                self._stats.dropped_duplicate[slot] += 1
            elif fate is Fate.LATE:
                self._stats.dropped_late[slot] += 1
