# SPDX-License-Identifier: Apache-2.0
"""Whether somebody wears the trackers: at the door for samples, and once more for ticks.

A headset that is said not to be worn (`TrackerFrame.worn`) gives no samples, and so no bodies from
the next one on. Samples that no device measured are withheld (see `unmeasured`), and ticks of a
headset that lies on a table are left out (see `laid_down`), unless it is said to be worn.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kinest_ros.body.joints import HEAD_SLOT, SLOTS
from kinest_ros.tracking.admission.laid_down import LaidDown
from kinest_ros.tracking.admission.unmeasured import PoseStream, Withheld
from kinest_ros.tracking.body_pose import TrackerState
from kinest_ros.tracking.frame import TrackerFrame
from kinest_ros.tracking.sampling.resampler import Tick, first_tick_from
from kinest_ros.tracking.stats import TrackerStats

Poses = Mapping[int, tuple[np.ndarray, np.ndarray]]

#: A head withheld for longer was away: nothing is published of that time once it is back; and a
#: slot that sent its last sample so long ago sends no more; ns.
AWAY_NS = 250_000_000


class Presence:
    """Lets in the samples that worn devices measured.

    Attributes:
        withheld: why, by slot, samples of the newest frame were not let in.
        worn: whether the headset is worn, as its newest frame says; None where it does not say.
    """

    def __init__(self, frozen_timeout: float) -> None:
        """Start with nothing received.

        Args:
            frozen_timeout: s for which a pose must repeat to be frozen; 0: never, and headsets
                that lie still are worn.
        """
        self._streams = {slot: PoseStream(round(frozen_timeout * 1e9)) for slot in SLOTS}
        self._laid_down = LaidDown() if frozen_timeout else None
        self.reset()

    def reset(self) -> None:
        """Forget what was received."""
        for stream in self._streams.values():
            stream.forget()
        self.withheld: dict[str, Withheld] = {}
        self.worn: bool | None = None
        self.clock_restarted()

    def clock_restarted(self) -> None:
        """Note that the head's stamps begin anew; each slot notices the same of its own."""
        self._away: tuple[int, int] | None = None
        if self._laid_down is not None:
            self._laid_down.reset()

    def exchange(self, first: int, second: int) -> None:
        """Take the samples of two slots, by index, for each other's."""
        streams, one, other = self._streams, SLOTS[first], SLOTS[second]
        streams[one], streams[other] = streams[other], streams[one]

    def admit(self, frame: TrackerFrame, poses: Poses, stats: TrackerStats) -> Poses:
        """Return the poses to go on with, and count the others.

        Args:
            frame: its stamp and whether it is worn are looked at.
            poses: its poses, checked: position (3,) m and unit quaternion (4,) xyzw, by slot index.
            stats: counters.
        """
        if HEAD_SLOT in poses or not poses:
            if self.worn is False and frame.worn is not False:
                self._away = 0, first_tick_from(frame.stamp_ns)
            self.worn = frame.worn
        self.withheld = {}
        for slot, pose in poses.items():
            name = SLOTS[slot]
            cause = (
                Withheld.NOT_WORN
                if frame.worn is False
                else self._streams[name].judge(frame.stamp_ns, *pose)
            )
            if cause is not None:
                self.withheld[name] = cause
                stats.withheld(name, cause)
        if HEAD_SLOT in poses and self._streams["head"].spell_ns > AWAY_NS:
            # Ticks from before that may still wait for a hand: whose sample comes first must not
            # decide about them.
            begin_ns = frame.stamp_ns - self._streams["head"].spell_ns
            self._away = first_tick_from(begin_ns), first_tick_from(frame.stamp_ns)
        if not self.withheld:
            return poses
        return {slot: pose for slot, pose in poses.items() if SLOTS[slot] not in self.withheld}

    def nobody_at(self, tick: Tick, height: float) -> bool:
        """Return whether there is nobody to make a body of at a tick.

        Args:
            tick: the devices, mounts not applied.
            height: of the head joint over the floor, m.
        """
        if self._away is not None and self._away[0] <= tick.index < self._away[1]:
            return True
        if self._laid_down is None:
            return False
        return self._laid_down.look(tick, height) and not self.worn

    def states(self, tick: Tick, rejected: np.ndarray) -> np.ndarray:
        """Return the `TrackerState` of each slot at a tick, (6,) int64.

        Args:
            tick: what was sampled.
            rejected: (6,) bool, the trackers that are out of reach.
        """
        states: np.ndarray = tick.sources.astype(np.int64)
        for index, (stream, source) in enumerate(
            zip(self._streams.values(), tick.sources.tolist(), strict=True)
        ):
            if not source and stream.withheld_at(tick.stamp_ns, AWAY_NS):
                states[index] = TrackerState.REJECTED
        if rejected.any():
            states[rejected] = TrackerState.REJECTED
        return states

    def absence(self) -> str | None:
        """Return why nobody is taken to wear the headset; None if somebody is."""
        if self.worn is False:
            return "headset not worn"
        if self._laid_down is not None and self._laid_down.now and not self.worn:
            return "headset laid down (perfectly still, and lower than on a chair)"
        return None

    def reasons(self) -> dict[str, str]:
        """Return, by slot, what is wrong with the newest samples where they are withheld."""
        return {slot: s.reason for slot, s in self._streams.items() if s.cause is not None}
