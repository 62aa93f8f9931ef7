# SPDX-License-Identifier: Apache-2.0
"""Bounded speed where the target pose jumps: a tracker lost, back, or a network that restarted.

At a jump the difference between the pose that would have come next and the new target is taken
and then faded out (inertialisation; Bollo, "Inertialization", GDC 2018): a turn for each joint in
world axes, and a shift of the head where the head itself jumped. Turns in world axes do not add up
along the chain, and the path each joint takes while they fade is known in advance: it is run
through so that the fastest joint always has the same share of the speed allowed, which also gives
the duration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinest_ros.body.joints import BODY_SLOTS, HAND_SLOTS, HEAD_SLOT, NUM_SLOTS, SLOT_JOINTS
from kinest_ros.body.rotations_numpy import matrices_from_vectors, rotation_vectors
from kinest_ros.tracking.fitting.body_fit import Anchors, WorldPose, fit
from kinest_ros.tracking.fitting.posing import HEAD, positions_from_head
from kinest_ros.tracking.fitting.wrist_snap import WRISTS
from kinest_ros.tracking.steadying.fade_shape import RAMP, mean_share, remaining
from kinest_ros.tracking.steadying.jumps import Jump
from kinest_ros.tracking.steadying.meant_motion import MeantMotion

#: Shortest fade, s; small jumps need no less.
MIN_DURATION = 0.1
#: The fade may run this much slower where the target's own motion adds to its speed.
PACES = (1.0, 0.96, 0.85, 0.7, 0.5, 0.25)
#: Share of the allowed speed that is planned for; paths are known at a few points only.
PLANNED = 0.985
#: Where a fade must begin again, the pose goes on with this share of its speed: the first that is
#: slow enough.
ONWARD = (1.0, 0.75, 0.5, 0.25, 0.0)
#: Fades that begin again one after another, in which nothing is caught up.
MOST_RESTARTS = 2
#: After them, the pose goes on towards the target at the speed allowed, and this much of the
#: target's own speed on top.
PURSUIT = (1.0, 0.5, 0.0)
#: m/s on top of the trackers' own that a pose goes on with at the most when it jumps.
MOST_ONWARD = 10.0
#: s from a jump of a hand, in which the network changes its estimate of the arm.
RETHINKING = 0.12
_SHARES = np.linspace(0.0, 1.0, 17)
_BODY_JOINTS = np.array(SLOT_JOINTS[BODY_SLOTS])
_NOTHING = np.zeros(NUM_SLOTS, dtype=bool)


@dataclass(frozen=True)
class _Published:
    index: int
    pose: WorldPose


class Transition:
    """Follows the target pose, and fades out its jumps."""

    def __init__(self, rest_offsets: np.ndarray, max_speed: float, tick_rate: float) -> None:
        """Start with no pose published.

        Args:
            rest_offsets: (22, 3) m.
            max_speed: m/s, the most a fade adds to the speed of any joint.
            tick_rate: ticks per second.
        """
        self._rest_offsets = rest_offsets
        self._max_speed = max_speed
        self._tick = 1.0 / tick_rate
        self.reset()

    def reset(self) -> None:
        """Forget what was published: the next pose may be anywhere."""
        self._last: _Published | None = None
        self._before: _Published | None = None
        self._places, self._met = np.zeros((NUM_SLOTS, 3)), _NOTHING
        self._end()

    def set_bones(self, rest_offsets: np.ndarray) -> None:
        """Go on with other rest offsets (22, 3), m."""
        self._rest_offsets = rest_offsets

    @property
    def active(self) -> bool:
        """Whether a jump is being faded out."""
        return self._duration > 0.0

    @property
    def duration(self) -> float:
        """Planned length of the current fade, s; zero when there is none."""
        return self._duration

    def follow(
        self, index: int, target: WorldPose, anchors: Anchors, jump: Jump | None
    ) -> WorldPose:
        """Return the pose to publish at a tick.

        Args:
            index: the tick.
            target: the pose that meets all anchors.
            anchors: where the target has its trackers' joints; those that did not jump stay
                met.
            jump: what jumped at this tick, if anything.
        """
        if jump is not None and self._last is not None:
            pose = self._jumped(index, target, anchors, jump)
        elif self.active:
            pose = self._continue(index, target, anchors)
        else:
            pose = target
        self._offset = pose.positions - target.positions
        self._before, self._last = self._last, _Published(index, pose)
        self._places, self._met = anchors.positions, anchors.met
        return pose

    def _end(self) -> None:
        self._duration = 0.0
        self._elapsed = 0.0
        self._ramp_in = RAMP
        self._restarts = 0
        self._turns = np.zeros((0, 3))
        self._lengths = np.zeros(len(_SHARES))
        self._shift = np.zeros(3)
        self._offset = np.zeros((0, 3))
        self._free = _NOTHING

    def _begin(
        self,
        index: int,
        target: WorldPose,
        anchors: Anchors,
        jump: Jump,
        onward: float = 1.0,
        ramp_in: float = RAMP,
    ) -> None:
        self._free = self._free | jump.slots
        if self._free[HEAD_SLOT]:
            # Nothing can be held to its tracker while the body is still on its way to its place.
            self._free = ~_NOTHING
        world, head = self._expected(index, onward)
        self._turns = rotation_vectors(world @ np.swapaxes(target.world, -1, -2))
        self._turns[WRISTS][~self._free[HAND_SLOTS]] = 0.0
        held = anchors.met & ~self._free
        self._turns[_BODY_JOINTS[held[BODY_SLOTS]]] = 0.0
        self._shift = np.zeros(3)
        if self._free[HEAD_SLOT]:
            self._shift = head - target.positions[HEAD]
        else:
            self._turns[HEAD] = 0.0
        self._elapsed, self._ramp_in = 0.0, ramp_in
        self._lengths = self._path_lengths(target)
        mean_speed = mean_share(ramp_in) * PLANNED * self._max_speed
        self._duration = max(MIN_DURATION, float(self._lengths[-1]) / mean_speed)

    def _expected(self, index: int, onward: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the joint rotations and head position had all gone on, at a share of its speed."""
        assert self._last is not None
        last, before = self._last, self._before
        if (
            not onward
            or before is None
            or (index - last.index, last.index - before.index) != (1, 1)
        ):
            return last.pose.world, last.pose.positions[HEAD]
        turn = last.pose.world @ np.swapaxes(before.pose.world, -1, -2)
        if onward < 1.0:
            turn = matrices_from_vectors(onward * rotation_vectors(turn))
        head = last.pose.positions[HEAD]
        return turn @ last.pose.world, head + onward * (head - before.pose.positions[HEAD])

    def _jumped(self, index: int, target: WorldPose, anchors: Anchors, jump: Jump) -> WorldPose:
        """Begin a fade, and go on as before, unless that is faster than anyone moves."""
        assert self._last is not None
        last, time = self._last.pose.positions, (index - self._last.index) * self._tick
        held = anchors.met & self._met & ~(self._free | jump.slots)
        carried = np.linalg.norm(anchors.positions - self._places, axis=-1)[held]
        most = carried.max(initial=0.0) + MOST_ONWARD * time
        for onward in ONWARD:
            self._begin(index, target, anchors, jump, onward)
            pose = self._faded(target, anchors, 1.0)
            if np.square(pose.positions - last).sum(axis=-1).max() <= most**2:
                break
        return pose

    def _begin_again(
        self, index: int, target: WorldPose, anchors: Anchors, meant: MeantMotion
    ) -> WorldPose:
        """Take what the target just did for a jump: no fade is slow enough to follow it."""
        self._restarts += 1
        if self._restarts > MOST_RESTARTS:
            return self._pursue(index, target, anchors, meant)
        tried = []
        for onward in ONWARD:
            self._begin(index, target, anchors, Jump(_NOTHING), onward)
            pose = self._faded(target, anchors, 1.0)
            tried.append((meant.added(pose.positions), onward, pose))
            if tried[-1][0] <= self._max_speed:
                return pose
        _, onward, pose = min(tried, key=lambda each: each[0])
        self._begin(index, target, anchors, Jump(_NOTHING), onward)
        return pose

    def _pursue(
        self, index: int, target: WorldPose, anchors: Anchors, meant: MeantMotion
    ) -> WorldPose:
        """Go on towards a target that turns too fast for a fade; else it would never be caught.

        Every tick takes the path to where the target is by then, with no ramp, and a step on it: of
        the speed allowed, and more where the target's own speed permits.
        """
        tried, extra = [], meant.fastest / (PLANNED * self._max_speed)
        for onward in ONWARD:
            self._begin(index, target, anchors, Jump(_NOTHING), onward, ramp_in=0.0)
            for part in PURSUIT:
                elapsed = meant.time * (1.0 + part * extra)
                pose = self._faded(target, anchors, self._share(elapsed))
                tried.append((meant.faster(pose.positions), onward, elapsed, pose))
                if tried[-1][0] <= self._max_speed:
                    break
            else:
                continue
            break
        _, chosen, self._elapsed, pose = min(tried, key=lambda each: each[0])
        if chosen != onward:
            elapsed = self._elapsed
            self._begin(index, target, anchors, Jump(_NOTHING), chosen, ramp_in=0.0)
            self._elapsed = elapsed
        if self._elapsed >= self._duration:
            self._end()
        return pose

    def _meant(self, index: int, target: WorldPose) -> MeantMotion:
        """Return what the fade adds its speed to."""
        assert self._last is not None
        last = self._last.pose.positions
        moved = target.positions - (last - self._offset)
        rethinking = self._free[HAND_SLOTS] & (self._elapsed < RETHINKING)
        return MeantMotion(last, moved, rethinking, (index - self._last.index) * self._tick)

    def _path_lengths(self, target: WorldPose) -> np.ndarray:
        """Return how far (m) the farthest moving joint goes up to each share of the jump."""
        turns = matrices_from_vectors(_SHARES[:, None, None] * self._turns)
        heads = target.positions[HEAD] + _SHARES[:, None] * self._shift
        path = positions_from_head(turns @ target.world, self._rest_offsets, heads)
        steps = np.linalg.norm(np.diff(path, axis=0), axis=-1).max(axis=-1)
        return np.concatenate(([0.0], np.cumsum(steps)))

    def _share(self, elapsed: float) -> float:
        """Return the share of the jump that is left some time (s) after it."""
        left = remaining(elapsed / self._duration, self._ramp_in) * self._lengths[-1]
        return float(np.interp(left, self._lengths, _SHARES)) if left > 0.0 else 0.0

    def _faded(self, target: WorldPose, anchors: Anchors, share: float) -> WorldPose:
        """Return the target with a share of the jump left, the anchors that did not jump met."""
        if share <= 0.0:
            return target
        world = matrices_from_vectors(share * self._turns) @ target.world
        positions = anchors.positions.copy()
        positions[HEAD_SLOT] = target.positions[HEAD] + share * self._shift
        return fit(world, self._rest_offsets, Anchors(positions, anchors.met & ~self._free))

    def _continue(self, index: int, target: WorldPose, anchors: Anchors) -> WorldPose:
        meant = self._meant(index, target)
        start = self._elapsed
        pose, least = target, np.inf
        for pace in PACES:
            elapsed = start + pace * meant.time
            candidate = self._faded(target, anchors, self._share(elapsed))
            added = meant.added(candidate.positions)
            if added < least:
                pose, least, self._elapsed = candidate, added, elapsed
            if added <= self._max_speed:
                self._restarts = 0
                break
        else:
            return self._begin_again(index, target, anchors, meant)
        if self._elapsed >= self._duration:
            self._end()
        return pose
