# SPDX-License-Identifier: Apache-2.0
"""From samples at any rate and time to ticks at k/60 s on the trackers' own clock."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from kinest_ros.body.joints import HEAD_SLOT, NUM_SLOTS
from kinest_ros.body.rotations_numpy import slerp_of_few
from kinest_ros.tracking.sampling.clock import JUMP_BACK_NS, went_back
from kinest_ros.tracking.sampling.motion_limits import SLOT_LIMITS
from kinest_ros.tracking.sampling.sample_track import Bracket, SampleTrack, Source

TICK_RATE = 60
#: A tick waits for a tracker until the head is past it by this, s.
PATIENCE = 0.025
#: Stamps this close to a tick are on it, ns: what conversion through float seconds costs.
ON_TICK_NS = 1_000
_UNKNOWN: Mapping[int, int] = {}
#: numpy takes ten times as long to compare with an enum.
_LOST = int(Source.LOST)
_NOWHERE, _UNTURNED = (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)


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
        epochs: (6,) how often each tracker had jumped to another place by then.
        devices: (6,) what was tracked, indices of `kinest_ros.tracking.frame.DEVICES`.
    """

    index: int
    stamp_ns: int
    positions: np.ndarray
    quaternions: np.ndarray
    sources: np.ndarray
    epochs: np.ndarray
    devices: np.ndarray = field(default_factory=lambda: np.zeros(NUM_SLOTS, dtype=np.int8))

    @functools.cached_property
    def valid(self) -> np.ndarray:
        """Which trackers have a pose at this tick, (6,) bool; not to be written to."""
        valid: np.ndarray = self.sources != _LOST
        return valid


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

    Only the head opens a tick, with a sample at or after it, and so between two samples of its
    own. The tick is given when every other live tracker has a sample at or after it too, or else,
    with those extrapolated that have not, when the head is past it by more than the patience. That
    is told by the head's newest stamp once a newer one, of any tracker, comes in: otherwise the
    order in which samples of one stamp arrive would matter. For the same reason ticks in the time
    of the first patience wait for all trackers to show up, and a tracker that was lost counts from
    the first tick after its first sample. Wall time plays no part.

    Without the head there is no body. While it is silent no tick is given; when it is back, ticks
    in a gap no longer than its timeout are interpolated, and those in a longer one are left out.
    Another tracker with a wrong clock is extrapolated, held or not valid, and disturbs nothing
    else. Memory is bounded (a ring per slot) and so is the number of ticks per sample.
    """

    def __init__(self, timeouts: float | Sequence[float], patience: float = PATIENCE) -> None:
        """Start empty.

        Args:
            timeouts: s without a sample after which a tracker is lost; one for all, or by slot.
            patience: s by which the head is past a tick that waits for another tracker no longer.
        """
        by_slot = np.broadcast_to(np.asarray(timeouts, dtype=np.float64), NUM_SLOTS)
        self._tracks = [
            SampleTrack(round(float(timeout) * 1e9), limits)
            for timeout, limits in zip(by_slot, SLOT_LIMITS, strict=True)
        ]
        self._head = self._tracks[HEAD_SLOT]
        self._patience_ns = round(patience * 1e9)
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
        self._restarted: set[int] = set()
        # Since a tracker's clock went back nothing came of the head, whose clock may do so, too.
        self._undecided = False

    def outliers(self, slot: int) -> int:
        """Return how many samples of a slot were dropped because the next one contradicted them."""
        return self._tracks[slot].outliers

    def exchange(self, first: int, second: int) -> None:
        """Take the samples of two slots for each other's."""
        self._tracks[first].exchange(self._tracks[second])

    def jumped_back(self, stamp_ns: int, slots: Iterable[int]) -> bool:
        """Tell whether the head's clock begins anew with this sample, as when a bag loops."""
        return HEAD_SLOT in slots and went_back(stamp_ns, self._head.confirmed_ns)

    def begin_anew(self, stamp_ns: int) -> None:
        """Reset, but keep what other trackers already sent on the new clock."""
        for slot, track in enumerate(self._tracks):
            last = track.heard_ns
            # One whose clock was right while the head's was wrong is on the new clock, too.
            fits = last is not None and -JUMP_BACK_NS <= last - stamp_ns <= self._patience_ns
            came = slot in self._restarted and last is not None and last <= stamp_ns + JUMP_BACK_NS
            if not (fits or came):
                track.clear()
        self._restart()

    def wait_no_longer(self) -> None:
        """Leave out the ticks until the newest sample of the head that still wait for others."""
        heard = self._head.confirmed_ns
        if self._cursor is not None and heard is not None:
            self._cursor = max(self._cursor, first_tick_from(heard + 1))

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
        heard = self._head.confirmed_ns
        ticks: list[Tick] = []
        if heard is not None and stamp_ns > heard:
            ticks = self._complete_ticks(overdue_ns=heard - self._patience_ns)
        for slot in taken:
            if self._went_back(slot, stamp_ns):
                self._tracks[slot].forget_from(stamp_ns)
                self._restarted.add(slot)
                self._undecided = True
            self._tracks[slot].append(stamp_ns, *poses[slot], devices.get(slot, 0))
        if HEAD_SLOT in taken:
            self._undecided = False
            if self._cursor is None:
                self._cursor, self._started_ns = first_tick_from(stamp_ns), stamp_ns
        if self._cursor is None:
            return [], fates
        if not self._undecided:
            ticks += self._complete_ticks()
        now = tick_stamp(self._cursor)
        for track in self._tracks:
            track.forget_before(now)
        if stamp_ns < now - JUMP_BACK_NS:
            # Of no use, but kept: it may be on the clock to which the head is about to jump.
            fates.update(dict.fromkeys(taken, Fate.LATE))
        return ticks, fates

    def _went_back(self, slot: int, stamp_ns: int) -> bool:
        return went_back(stamp_ns, self._tracks[slot].heard_ns)

    def _order(self, slot: int, stamp_ns: int) -> Fate:
        last = self._tracks[slot].heard_ns
        if last is None or stamp_ns > last or self._went_back(slot, stamp_ns):
            return Fate.TAKEN
        return Fate.DUPLICATE if stamp_ns == last else Fate.LATE

    def _complete_ticks(self, overdue_ns: int | None = None) -> list[Tick]:
        """Return the ticks that are complete.

        Args:
            overdue_ns: ticks until then wait for no tracker any more.
        """
        ticks: list[Tick] = []
        while self._cursor is not None and self._is_complete(tick_stamp(self._cursor), overdue_ns):
            tick = self._tick(self._cursor)
            if tick is not None:
                ticks.append(tick)
                self._cursor += 1
                continue
            back, head = self._head.first_after(tick_stamp(self._cursor)), self._head.confirmed_ns
            if back is None or head is None or back > head:
                break
            self._cursor = max(self._cursor + 1, first_tick_from(back))
        return ticks

    def _is_complete(self, stamp_ns: int, overdue_ns: int | None) -> bool:
        head = self._head.confirmed_ns
        if head is None or head < stamp_ns:
            return False
        self._warm = self._warm or head >= self._started_ns + self._patience_ns
        if not self._warm:
            return False
        if overdue_ns is not None and stamp_ns <= overdue_ns:
            return True
        fresh_counts = self._fresh_counts(stamp_ns)
        for track in self._tracks[HEAD_SLOT + 1 :]:
            last = track.settled_ns(fresh_counts)
            if last is not None and last < stamp_ns <= last + track.timeout_ns:
                return False
        return True

    def _fresh_counts(self, stamp_ns: int) -> bool:
        return stamp_ns < self._started_ns + self._patience_ns

    def _tick(self, index: int) -> Tick | None:
        """Return a tick, or None where the head is lost."""
        stamp_ns = tick_stamp(index)
        fresh_counts = self._fresh_counts(stamp_ns)
        head = self._head.at(stamp_ns, fresh_counts, into_losses=False)
        if head is None:
            return None
        others = [track.at(stamp_ns, fresh_counts) for track in self._tracks[HEAD_SLOT + 1 :]]
        return _interpolated(index, stamp_ns, [head, *others])


def _interpolated(index: int, stamp_ns: int, brackets: list[Bracket | None]) -> Tick:
    """Return the tick with positions on a line and rotations at constant angular velocity."""
    turned = iter(
        slerp_of_few(
            (each.first.quaternion.tolist(), each.second.quaternion.tolist(), each.fraction)
            for each in brackets
            if each is not None
        )
    )
    return Tick(
        index,
        stamp_ns,
        np.array([_NOWHERE if each is None else _place_in(each) for each in brackets]),
        np.array([_UNTURNED if each is None else next(turned) for each in brackets]),
        np.array([0 if each is None else each.source for each in brackets], dtype=np.int8),
        np.array([0 if each is None else each.second.epoch for each in brackets], dtype=np.int64),
        np.array([0 if each is None else each.first.device for each in brackets], dtype=np.int8),
    )


def _place_in(bracket: Bracket) -> tuple[float, float, float]:
    fraction = bracket.fraction
    (x, y, z), (a, b, c) = bracket.first.position.tolist(), bracket.second.position.tolist()
    return x + fraction * (a - x), y + fraction * (b - y), z + fraction * (c - z)


def _on_tick(stamp_ns: int) -> int:
    """Return the tick's stamp for stamps that miss it by rounding only, others as they are."""
    nearest = tick_stamp(round(stamp_ns * TICK_RATE / 1e9))
    return nearest if abs(stamp_ns - nearest) <= ON_TICK_NS else stamp_ns
