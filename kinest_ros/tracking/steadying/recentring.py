# SPDX-License-Identifier: Apache-2.0
"""Recentring: all trackers jump together because their origin does, not the person.

The tracker works in a frame of its own, the session's, in which nobody jumps: what comes in is
carried over to it, and the finished body back to the trackers' frame. Where the origin jumps, only
the way from one to the other changes; the posture, the network, standing feet and the floor below
them go on as they were. The published body is carried to its new place within half a second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kinest_ros.body.joints import HEAD_SLOT
from kinest_ros.tracking.fitting.body_fit import WorldPose
from kinest_ros.tracking.sampling.sample_track import Source
from kinest_ros.tracking.steadying.fade_shape import remaining
from kinest_ros.tracking.steadying.transition import MIN_DURATION

#: m, what the head may be off from where it was going in one tick: nobody is pushed that hard
#: (300 m/s²). Behind a gap, as much more per second.
LEAP, GAP_SPEED = 0.08, 6.0
#: s, longest gap of the head in which its trackers still tell how the origin moved.
MAX_GAP = 0.5
#: Ticks in which a leap must have come to its end: samples at 30 Hz take two.
MOST_TICKS = 3
#: How far hands may be from where a common jump takes them: m, and m/s since they were last known.
HANDS_FIT, HANDS_SPEED = 0.04, 1.5
#: rad, and rad/s, that the head may tilt at a recentring, which turns about the vertical alone.
MAX_TILT, TILT_SPEED = 0.15, 6.0
#: s, in which the published body is at its new place, however far that is.
LONGEST = 0.5
#: numpy takes ten times as long to compare with an enum.
_MEASURED = int(Source.MEASURED)


@dataclass(frozen=True)
class Place:
    """Where the session is published: world_from_session, a turn (3, 3) and a shift (3,) m."""

    turn: np.ndarray
    shift: np.ndarray

    def __call__(self, pose: WorldPose) -> WorldPose:
        """Return a pose of the session in the trackers' frame."""
        return WorldPose(self.turn @ pose.world, self.points(pose.positions))

    def points(self, positions: np.ndarray) -> np.ndarray:
        """Return points (n, 3) of the session in the trackers' frame, m."""
        there: np.ndarray = positions @ self.turn.T + self.shift
        return there


@dataclass(frozen=True)
class _Seen:
    index: int
    positions: np.ndarray
    rotations: np.ndarray
    measured: np.ndarray


class Recentring:
    """Follows the trackers tick by tick, in their frame, and says where they are in the session's.

    A tick in which the head leaps is doubtful: the session goes on as before, for three ticks at
    most. Then the head is back (a glitch), or the hands, as far as they are tracked, jumped with it
    (a recentring), or something else happened, which passes as it is.
    """

    def __init__(self, max_speed: float, tick_rate: float) -> None:
        """Start with nothing seen.

        Args:
            max_speed: m/s, at which the body is carried to its new place, if LONGEST allows.
            tick_rate: ticks per second.
        """
        self._max_speed = max_speed
        self._tick = 1.0 / tick_rate
        self.reset()

    def reset(self) -> None:
        """Forget everything: the session's frame is the trackers' again."""
        self._yaw, self._turn, self._shift = 0.0, np.eye(3), np.zeros(3)
        self._moved = False
        self._last: _Seen | None = None
        self._before: _Seen | None = None
        self._doubt: _Seen | None = None
        self._raw_head = np.zeros(3)
        self._left_yaw, self._left_shift = 0.0, np.zeros(3)
        self._began, self._duration = 0, 0.0
        self.happened: tuple[float, np.ndarray] | None = None
        self.paused = False

    def trackers_moved(self) -> None:
        """Note that the trackers' places on the body change: what leaps next is no recentring."""
        self._last = self._before = self._doubt = None

    @property
    def height(self) -> float:
        """How far the origin of heights has moved in all, m: floors have moved by that."""
        return float(self._shift[2])

    def back_at_first_origin(self) -> tuple[float, np.ndarray]:
        """Take the trackers' frame for the session's again, at once, as after a reset.

        Returns:
            The turn (rad) and the shift (3,) m of the origin.
        """
        jumped = _wrapped(-self._yaw), -self._shift
        self.reset()
        return jumped

    def look(
        self, index: int, positions: np.ndarray, rotations: np.ndarray, sources: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, Place | None]:
        """Return positions and rotations in the session's frame, and where to publish it.

        Afterwards `happened` is the turn (rad) and the shift (3,) of the head (m) if this tick told
        of a recentring, else None; and `paused` is whether the head was away for so long that
        nobody saw what the origin did meanwhile.

        Args:
            index: the tick.
            positions: (6, 3) m.
            rotations: (6, 3, 3) world_from_link.
            sources: (6,) `Source`.
        """
        self.happened = None
        raw_head, came_from = positions[HEAD_SLOT], self._raw_head
        self._raw_head = raw_head
        measured = sources == _MEASURED
        self.paused = self._last is not None and index - self._last.index > MAX_GAP / self._tick
        if self.paused:
            self._last = self._before = self._doubt = None
        if measured[HEAD_SLOT] and self._last is not None:
            here = self._here(positions)[HEAD_SLOT] if self._moved else raw_head
            leaps = self._leaps(index, here)
            if self._doubt is not None or leaps:
                expected = self._expected(index)
                first = self._doubt is None
                if first:
                    self._doubt = _Seen(index, positions, rotations, measured)
                if leaps and not self._decided(
                    index, positions, rotations, measured, expected, raw_head - came_from, first
                ):
                    # Not clear yet: whoever is measured goes on as before.
                    held = np.where(measured[:, None] & self._last.measured[:, None], expected, 0.0)
                    turned = self._last.rotations
                    either = measured & self._last.measured
                    return (
                        np.where(either[:, None], held, self._here(positions)),
                        np.where(either[:, None, None], turned, self._turn.T @ rotations),
                        self._place(index, expected[HEAD_SLOT]),
                    )
                self._doubt = None
        if self._moved:
            positions, rotations = self._here(positions), self._turn.T @ rotations
        if measured[HEAD_SLOT]:
            self._before, self._last = self._last, _Seen(index, positions, rotations, measured)
        return positions, rotations, self._place(index, positions[HEAD_SLOT])

    def _here(self, positions: np.ndarray) -> np.ndarray:
        """Return positions of the trackers' frame in the session's."""
        here: np.ndarray = (positions - self._shift) @ self._turn
        return here

    def _expected(self, index: int) -> np.ndarray:
        """Return where (6, 3) the trackers are if all went on, in the session's frame."""
        last, before = self._last, self._before
        assert last is not None
        ticks = index - last.index
        if before is None or last.index - before.index != 1 or ticks > MOST_TICKS + 1:
            return last.positions
        steady = (last.measured & before.measured)[:, None]
        expected: np.ndarray = last.positions + ticks * np.where(
            steady, last.positions - before.positions, 0.0
        )
        return expected

    def _leaps(self, index: int, head: np.ndarray) -> bool:
        last, before = self._last, self._before
        assert last is not None
        ticks = index - last.index
        at = last.positions[HEAD_SLOT].tolist()
        if before is not None and last.index - before.index == 1 and ticks <= MOST_TICKS + 1:
            # The head was measured then, as in `_expected`.
            was = before.positions[HEAD_SLOT].tolist()
            at = [now + ticks * (now - then) for now, then in zip(at, was, strict=True)]
        gap = (ticks - 1) * self._tick
        limit = LEAP if self._doubt is not None else LEAP + GAP_SPEED * gap
        return math.dist(head.tolist(), at) > limit

    def _decided(
        self,
        index: int,
        positions: np.ndarray,
        rotations: np.ndarray,
        measured: np.ndarray,
        expected: np.ndarray,
        step: np.ndarray,
        first: bool,
    ) -> bool:
        """Take the leap for a recentring, if it is one; return whether the doubt is over."""
        last, doubt = self._last, self._doubt
        assert last is not None and doubt is not None
        own = expected[HEAD_SLOT] - last.positions[HEAD_SLOT]
        ticks = index - last.index
        # Still on its way between two samples, or as fast as it was before.
        usual = math.sqrt(float(own @ own)) / ticks + 0.5 * LEAP
        if first or float(step @ step) > usual * usual:
            return index - doubt.index >= MOST_TICKS
        turned = rotations[HEAD_SLOT] @ last.rotations[HEAD_SLOT].T
        yaw = math.atan2(turned[1, 0] - turned[0, 1], turned[0, 0] + turned[1, 1])
        turn = _about_z(yaw)
        shift = positions[HEAD_SLOT] - turn @ expected[HEAD_SLOT]
        elapsed = ticks * self._tick
        tilt = math.acos(min(max(0.5 * (float(np.trace(turn.T @ turned)) - 1.0), -1.0), 1.0))
        common = measured & last.measured
        left = positions[common] - (expected[common] @ turn.T + shift)
        farthest = math.sqrt(float(np.einsum("ij,ij->i", left, left).max()))
        if tilt > MAX_TILT + TILT_SPEED * elapsed or farthest > HANDS_FIT + HANDS_SPEED * elapsed:
            return True
        self._adopt(index, yaw, turn, shift, expected[HEAD_SLOT], positions[HEAD_SLOT])
        return True

    def _adopt(
        self,
        index: int,
        yaw: float,
        turn: np.ndarray,
        shift: np.ndarray,
        expected: np.ndarray,
        head: np.ndarray,
    ) -> None:
        share = self._share(index)
        published = self._turn @ expected + self._shift + share * self._left_shift
        published_yaw = self._yaw + share * self._left_yaw
        change = head - (self._turn @ expected + self._shift)
        self.happened = (_wrapped(yaw - self._yaw), change)
        self._yaw, self._turn, self._shift, self._moved = yaw, turn, shift, True
        self._left_shift = published - head
        self._left_yaw = _wrapped(published_yaw - yaw)
        away = math.sqrt(float(self._left_shift @ self._left_shift)) + abs(self._left_yaw)
        self._began = index
        self._duration = min(max(away / self._max_speed, MIN_DURATION), LONGEST)

    def _share(self, index: int) -> float:
        """Return the share of the way to the new place that is left."""
        if not self._duration:
            return 0.0
        return remaining((index - self._began) * self._tick / self._duration)

    def _place(self, index: int, head: np.ndarray) -> Place | None:
        """Return where the session is published, its head being at (3,); None: where it is."""
        if not self._moved:
            return None
        share = self._share(index)
        if share <= 0.0:
            return Place(self._turn, self._shift)
        turn = _about_z(share * self._left_yaw) @ self._turn
        at = self._turn @ head + self._shift + share * self._left_shift
        return Place(turn, at - turn @ head)


def _about_z(yaw: float) -> np.ndarray:
    sine, cosine = math.sin(yaw), math.cos(yaw)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def _wrapped(angle: float) -> float:
    return math.remainder(angle, 2.0 * math.pi)
