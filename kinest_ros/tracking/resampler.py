# SPDX-License-Identifier: Apache-2.0
"""From samples at any rate and time to ticks at k/60 s on the trackers' own clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from kinest_ros.body.joints import HEAD_SLOT, NUM_SLOTS
from kinest_ros.tracking.clock import JUMP_BACK_NS, went_back
from kinest_ros.tracking.rotation_math import slerp
from kinest_ros.tracking.sample_track import Bracket, SampleTrack, Source

TICK_RATE = 60
#: A tick waits no longer than this for a tracker while another one is past it, ns.
PATIENCE_NS = 25_000_000
#: Stamps this close to a tick are on it, ns: what conversion through float seconds costs.
ON_TICK_NS = 1_000
_UNKNOWN: Mapping[int, int] = {}


class Fate(Enum):
    """What became of a sample."""

    TAKEN = "taken"
    DUPLICATE = "duplicate"
    LATE = "late"


@dataclass(frozen=True)
class Tick:
    """The trackers at one tick.

    Attributes:
        index: k; the tick's time is k/60 s.
        stamp_ns: that time in ns, rounded.
        positions: (6, 3) m by slot; zero where lost.
        quaternions: (6, 4) xyzw; the identity where lost.
        sources: (6,) where each pose comes from (`Source`).
        devices: (6,) what was tracked, indices of `kinest_ros.tracking.frame.DEVICES`.
    """

    index: int
    stamp_ns: int
    positions: np.ndarray
    quaternions: np.ndarray
    sources: np.ndarray
    devices: np.ndarray = field(default_factory=lambda: np.zeros(NUM_SLOTS, dtype=np.int8))

    @property
    def valid(self) -> np.ndarray:
        """Which trackers have a pose at this tick, (6,) bool."""
        return self.sources != Source.LOST


def tick_stamp(index: int) -> int:
    """Return round(index * 1e9 / 60) in exact arithmetic, ns."""
    return (2_000_000_000 * index + TICK_RATE) // (2 * TICK_RATE)


def first_tick_from(stamp_ns: int) -> int:
    """Return the index of the first tick at or after a time, ns."""
    index = stamp_ns * TICK_RATE // 1_000_000_000
    while tick_stamp(index) < stamp_ns:
        index += 1
    return index


class Resampler:
    """Interpolates samples at the ticks; gives the same ticks however the samples are bundled.

    A tick is complete when every live tracker has a sample at or after it. It is also given, with
    the others extrapolated, when some tracker is 25 ms past it; but that sample is not the newest
    stamp any more by then, so that others with the same stamp are not overtaken by the order in
    which messages arrive. For the same reason ticks in the first 25 ms wait for all trackers to
    show up, and a tracker that was lost counts from the first tick after its first sample. Wall
    time plays no part.

    Without the head there is no body, so ticks at which the head is lost are left out, and its
    stamps decide what time it is: another tracker with a wrong clock is not valid, and disturbs
    nothing else. Memory is bounded (a ring per slot) and so is the number of ticks per sample.
    """

    def __init__(self, timeouts: float | Sequence[float]) -> None:
        """Start empty.

        Args:
            timeouts: s without a sample after which a tracker is lost; one for all, or by slot.
        """
        by_slot = np.broadcast_to(np.asarray(timeouts, dtype=np.float64), NUM_SLOTS)
        self._tracks = [SampleTrack(round(float(timeout) * 1e9)) for timeout in by_slot]
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        for track in self._tracks:
            track.clear()
        self._restart()

    def _restart(self) -> None:
        self._cursor: int | None = None
        self._started_ns = 0
        self._warm = False
        self._settled_ns: int | None = None
        self._restarted: set[int] = set()

    def exchange(self, first: int, second: int) -> None:
        """Take the samples of two slots for each other's."""
        self._tracks[first].exchange(self._tracks[second])

    def jumped_back(self, stamp_ns: int, slots: Iterable[int]) -> bool:
        """Tell whether the head's clock begins anew with this sample, as when a bag loops."""
        last = self._tracks[HEAD_SLOT].confirmed_ns
        return HEAD_SLOT in slots and went_back(stamp_ns, last)

    def begin_anew(self, stamp_ns: int) -> None:
        """Reset, but keep what other trackers already sent on the new clock."""
        for slot, track in enumerate(self._tracks):
            last = track.last_ns
            if slot not in self._restarted or last is None or last > stamp_ns + JUMP_BACK_NS:
                track.clear()
        self._restart()

    def push(
        self,
        stamp_ns: int,
        poses: Mapping[int, tuple[np.ndarray, np.ndarray]],
        devices: Mapping[int, int] = _UNKNOWN,
    ) -> tuple[list[Tick], dict[int, Fate]]:
        """Take samples of one time and return the ticks they complete, and each sample's fate.

        Args:
            stamp_ns: time of the samples, ns.
            poses: position (3,) m and unit quaternion (4,) xyzw by slot index.
            devices: what was tracked, where it is known, by slot index (`Tick.devices`).
        """
        stamp_ns = _on_tick(stamp_ns)
        fates = {slot: self._order(slot, stamp_ns) for slot in poses}
        taken = [slot for slot, fate in fates.items() if fate is Fate.TAKEN]
        if not taken:
            return [], fates
        self._settle(stamp_ns)
        ticks = self._complete_ticks(patience_over=stamp_ns > max(self._stamps(), default=0))
        for slot in taken:
            if self._went_back(slot, stamp_ns):
                self._tracks[slot].forget_from(stamp_ns)
                self._restarted.add(slot)
            self._tracks[slot].append(stamp_ns, *poses[slot], devices.get(slot, 0))
        if self._cursor is None and HEAD_SLOT in taken:
            self._cursor, self._started_ns = first_tick_from(stamp_ns), stamp_ns
        if self._cursor is None:
            return [], fates
        # Once samples of a stamp begin to arrive, whoever is overdue is waited for until the next
        # stamp: otherwise the order of those samples would matter.
        ticks += self._complete_ticks(patience_over=False)
        now = tick_stamp(self._cursor)
        for track in self._tracks:
            track.forget_before(now)
        if stamp_ns < now - JUMP_BACK_NS:
            # Of no use, but kept: it may be on the clock to which the head is about to jump.
            fates.update(dict.fromkeys(taken, Fate.LATE))
        return ticks, fates

    def _went_back(self, slot: int, stamp_ns: int) -> bool:
        return went_back(stamp_ns, self._tracks[slot].last_ns)

    def _order(self, slot: int, stamp_ns: int) -> Fate:
        last = self._tracks[slot].last_ns
        if last is None or stamp_ns > last or self._went_back(slot, stamp_ns):
            return Fate.TAKEN
        return Fate.DUPLICATE if stamp_ns == last else Fate.LATE

    def _stamps(self) -> list[int]:
        """Return the newest stamp of each tracker, leaving out clocks far ahead of the head's."""
        return [last for last, _ in self._heard()]

    def _heard(self) -> list[tuple[int, int]]:
        """Return those stamps, the head's first, with the timeout of each tracker; ns."""
        head = self._tracks[HEAD_SLOT].confirmed_ns
        if head is None:
            return []
        horizon = head + self._tracks[HEAD_SLOT].timeout_ns + JUMP_BACK_NS
        heard = [(head, self._tracks[HEAD_SLOT].timeout_ns)]
        for track in self._tracks[HEAD_SLOT + 1 :]:
            last = track.last_ns
            if last is not None and last <= horizon:
                heard.append((last, track.timeout_ns))
        return heard

    def _settle(self, stamp_ns: int) -> None:
        """Note the newest stamp that a newer one, about to be added, follows."""
        followed = [last for last in self._stamps() if last < stamp_ns]
        if self._settled_ns is not None:
            followed.append(self._settled_ns)
        self._settled_ns = max(followed, default=None)

    def _complete_ticks(self, patience_over: bool) -> list[Tick]:
        """Return the ticks that are complete.

        Args:
            patience_over: also those that only wait for trackers which are overdue.
        """
        ticks: list[Tick] = []
        while self._cursor is not None and self._is_complete(
            tick_stamp(self._cursor), patience_over
        ):
            tick = self._tick(self._cursor)
            if tick is not None:
                ticks.append(tick)
                self._cursor += 1
                continue
            back = self._tracks[HEAD_SLOT].first_after(tick_stamp(self._cursor))
            if back is None or back > self._stamps()[0]:
                break
            self._cursor = max(self._cursor + 1, first_tick_from(back))
        return ticks

    def _is_complete(self, stamp_ns: int, patience_over: bool) -> bool:
        heard = self._heard()
        newest = max((last for last, _ in heard), default=stamp_ns - 1)
        self._warm = self._warm or newest >= self._started_ns + PATIENCE_NS
        if not self._warm or newest < stamp_ns:
            return False
        if all(last >= stamp_ns or stamp_ns - last > timeout for last, timeout in heard):
            return True
        settled = self._settled_ns
        return patience_over and settled is not None and settled >= stamp_ns + PATIENCE_NS

    def _tick(self, index: int) -> Tick | None:
        """Return a tick, or None where the head is lost."""
        stamp_ns = tick_stamp(index)
        fresh_counts = stamp_ns < self._started_ns + PATIENCE_NS
        brackets = [track.at(stamp_ns, fresh_counts) for track in self._tracks]
        if brackets[HEAD_SLOT] is None:
            return None
        return _interpolated(index, stamp_ns, brackets)


def _interpolated(index: int, stamp_ns: int, brackets: list[Bracket | None]) -> Tick:
    """Return the tick with positions on a line and rotations at constant angular velocity."""
    positions = np.zeros((NUM_SLOTS, 3))
    quaternions = np.zeros((NUM_SLOTS, 4))
    quaternions[:, 3] = 1.0
    sources, devices = np.zeros((2, NUM_SLOTS), dtype=np.int8)
    found = [(slot, bracket) for slot, bracket in enumerate(brackets) if bracket is not None]
    slots = [slot for slot, _ in found]
    fraction = np.array([bracket.fraction for _, bracket in found])
    start = np.array([bracket.first.position for _, bracket in found])
    stop = np.array([bracket.second.position for _, bracket in found])
    positions[slots] = start + fraction[:, None] * (stop - start)
    quaternions[slots] = slerp(
        np.array([bracket.first.quaternion for _, bracket in found]),
        np.array([bracket.second.quaternion for _, bracket in found]),
        fraction,
    )
    sources[slots] = [bracket.source for _, bracket in found]
    devices[slots] = [bracket.first.device for _, bracket in found]
    return Tick(index, stamp_ns, positions, quaternions, sources, devices)


def _on_tick(stamp_ns: int) -> int:
    """Return the tick's stamp for stamps that miss it by rounding only, others as they are."""
    nearest = tick_stamp(round(stamp_ns * TICK_RATE / 1e9))
    return nearest if abs(stamp_ns - nearest) <= ON_TICK_NS else stamp_ns
