# SPDX-License-Identifier: Apache-2.0
"""Bounded speed of elbows and knees: what is added to the network's own motion never flips.

Where a wrist is near its shoulder, an arm is straight, or the network has the hand elsewhere than
its tracker, the elbow may leap to the other side of the arm while the wrist all but rests; knees
do so in a deep squat. Here an elbow or knee that would move faster than allowed stays behind: it
goes round the line from the root of its limb to the end, on which the limb's end does not move.
Only where no place on that circle is near enough is the end left behind, too.
"""

from __future__ import annotations

import math

import numpy as np

from kinest_ros.body.joints import HEAD_SLOT, JOINT_INDEX, PELVIS_SLOT, SLOTS, left_and_right
from kinest_ros.body.rotations_numpy import matrices_about_axes
from kinest_ros.tracking.fitting.body_fit import WorldPose
from kinest_ros.tracking.steadying.jumps import MAX_TRACKER_SPEEDS

#: m/s that the steps after the network add to the speed of an elbow or knee at the most: on top of
#: its speed in the network's own pose, of the limb's tracker and of a pelvis tracker. While the
#: body catches up with a tracker, it is `max_recovery_speed` if that is more.
MAX_ADDED_SPEED = 2.0
#: m/s of the network's own motion that counts at the most, from the head: more is no motion.
MAX_OWN_SPEED = 8.0

_SIDES = ("left", "right")
_LIMBS = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
#: (4, 3) joints of each limb from root to end: left and right arm, left and right leg.
LIMBS = np.array([[JOINT_INDEX[f"{s}_{j}"] for j in limb] for limb in _LIMBS for s in _SIDES])
MIDDLES = LIMBS[:, 1]
_TOES = {JOINT_INDEX[f"{s}_ankle"]: JOINT_INDEX[f"{s}_foot"] for s in _SIDES}
_ELBOWS, _KNEES = left_and_right("elbow"), left_and_right("knee")
_LIMB_SLOTS = [SLOTS.index(f"{s}_{part}") for part in ("hand", "foot") for s in _SIDES]
_Points = list[list[float]]
_TINY = 1e-9
#: m that a middle joint must be off the line from root to end to say in which plane the limb bends.
_BENT = 0.005


class LimbBounds:
    """Follows finished poses and holds back elbows and knees; carries the tick before."""

    def __init__(self, tick_rate: float) -> None:
        """Start with nothing seen.

        Args:
            tick_rate: ticks per second.
        """
        self._tick = 1.0 / tick_rate
        self.reset()

    def reset(self) -> None:
        """Forget the tick before: the next pose passes as it is."""
        self._index: int | None = None
        self._middles: _Points = []
        self._own: _Points = []
        self._moved = [0.0] * len(LIMBS)
        self._trackers: _Points = []
        self._met: list[bool] = []

    def bound(
        self,
        index: int,
        pose: WorldPose,
        own: np.ndarray,
        trackers: np.ndarray,
        met: np.ndarray,
        rest_offsets: np.ndarray,
        added: float = MAX_ADDED_SPEED,
        jumped: bool = False,
    ) -> WorldPose:
        """Return the pose with elbows and knees no faster than allowed; call once a tick.

        Args:
            index: the tick.
            pose: after all other steps.
            own: (22, 3) joint positions in the network's own pose, hung from the head, m.
            trackers: (6, 3) m, where the slots' joints were measured.
            met: (6,) bool, slots whose joints are moved onto their trackers.
            rest_offsets: (22, 3) m.
            added: m/s, what may be added at this tick.
            jumped: the network's own pose does not follow from the one before: it counts as moving
                on as it did.
        """
        middles, own_middles = _middles_of(pose.positions), _middles_of(own)
        places, are_met = trackers.tolist(), met.tolist()
        if self._index is not None and index > self._index:
            seconds = (index - self._index) * self._tick
            allowed = self._allowed(seconds, added, own_middles, places, are_met, jumped)
            over = [
                limb
                for limb, (now, last) in enumerate(zip(middles, self._middles, strict=True))
                if math.dist(now, last) > allowed[limb]
            ]
            if over:
                pose = WorldPose(pose.world.copy(), pose.positions.copy())
                for limb in over:
                    last = np.array(self._middles[limb])
                    _hold_back(pose, LIMBS[limb], rest_offsets, last, allowed[limb])
                middles = _middles_of(pose.positions)
        self._index, self._middles, self._own = index, middles, own_middles
        self._trackers, self._met = places, are_met
        return pose

    def _allowed(
        self,
        seconds: float,
        added: float,
        own: _Points,
        trackers: _Points,
        met: list[bool],
        jumped: bool,
    ) -> list[float]:
        """Return how far each elbow and knee may go if some m/s may be added, m."""
        # Trackers that were not met before or are not now move nothing, nor do those that jump.
        moved = [math.dist(*each) for each in zip(trackers, self._trackers, strict=True)]
        by_slot = [
            step if is_met and was_met and step <= most * seconds else 0.0
            for step, most, is_met, was_met in zip(
                moved, MAX_TRACKER_SPEEDS, met, self._met, strict=True
            )
        ]
        for_all = by_slot[PELVIS_SLOT] + added * seconds
        if not jumped:
            most = MAX_OWN_SPEED * seconds + by_slot[HEAD_SLOT]
            self._moved = [min(math.dist(*each), most) for each in zip(own, self._own, strict=True)]
        return [
            moved + by_slot[slot] + for_all
            for moved, slot in zip(self._moved, _LIMB_SLOTS, strict=True)
        ]


def _middles_of(positions: np.ndarray) -> _Points:
    """Return where elbows and knees are, in the order of LIMBS."""
    return [*positions[_ELBOWS].tolist(), *positions[_KNEES].tolist()]


def _hold_back(
    pose: WorldPose, limb: np.ndarray, rest_offsets: np.ndarray, last: np.ndarray, most: float
) -> None:
    """Move the middle joint of a limb to within `most` m of where it was last; in place."""
    root, middle, end = limb
    start, stop = pose.positions[root], pose.positions[end].copy()
    wanted = pose.positions[middle]
    goal = _nearest_allowed(start, wanted, stop, last, most)
    lengths = np.linalg.norm(rest_offsets[[middle, end]], axis=1)
    upper, lower = goal - start, stop - goal
    goal = start + upper * (lengths[0] / max(_norm(upper), _TINY))
    lower = stop - goal
    reached = goal + lower * (lengths[1] / max(_norm(lower), _TINY))
    # First about the line from root to end, as a limb swivels, then what is left of the way.
    swivel = _turn_about(stop - start, wanted - start, goal - start)
    for joint, bone in ((root, goal - start), (middle, reached - goal)):
        child = middle if joint == root else end
        turned = swivel @ pose.world[joint]
        pose.world[joint] = _shortest_turn(turned @ rest_offsets[child], bone) @ turned
    pose.positions[middle], pose.positions[end] = goal, reached
    toe = _TOES.get(int(end))
    if toe is not None:
        pose.positions[toe] += reached - stop


def _nearest_allowed(
    start: np.ndarray, wanted: np.ndarray, stop: np.ndarray, last: np.ndarray, most: float
) -> np.ndarray:
    """Return where a middle joint (3,) goes from `last`: towards `wanted`, round its circle."""
    axis = stop - start
    axis = axis / max(_norm(axis), _TINY)
    centre = start + axis * float(axis @ (wanted - start))
    spoke, was = wanted - centre, last - centre
    height = float(axis @ was)
    was = was - height * axis
    radius, before = _norm(spoke), _norm(was)
    if radius * before < _TINY:
        return _over_sphere(start, last, wanted, most)
    along = was / before
    cosine = (height**2 + radius**2 + before**2 - most**2) / (2.0 * radius * before)
    if cosine > 1.0:
        # No place on the circle is near enough: over the sphere about the root towards it.
        return _over_sphere(start, last, centre + radius * along, most)
    across = np.cross(axis, along)
    whole = math.atan2(float(spoke @ across), float(spoke @ along))
    angle = math.copysign(min(abs(whole), math.acos(max(cosine, -1.0))), whole)
    nearest: np.ndarray = centre + radius * (math.cos(angle) * along + math.sin(angle) * across)
    return nearest


def _over_sphere(
    start: np.ndarray, last: np.ndarray, wanted: np.ndarray, most: float
) -> np.ndarray:
    """Return where a middle joint (3,) goes from `last`: as far from the root as `wanted` is."""
    was, spoke = last - start, wanted - start
    before, radius = _norm(was), _norm(spoke)
    along = was / max(before, _TINY)
    across = spoke - along * float(along @ spoke)
    across = across / max(_norm(across), _TINY)
    whole = math.atan2(float(spoke @ across), float(spoke @ along))
    cosine = (radius**2 + before**2 - most**2) / max(2.0 * radius * before, _TINY)
    angle = min(whole, math.acos(min(max(cosine, -1.0), 1.0)))
    point: np.ndarray = start + radius * (math.cos(angle) * along + math.sin(angle) * across)
    return point


def _turn_about(axis: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the turn (3, 3) about an axis that brings one point (3,) beside another, m.

    Of points near the axis the direction is noise: the nearer, the smaller is the turn.
    """
    axis = axis / max(_norm(axis), _TINY)
    first, second = (v - axis * float(axis @ v) for v in (before, after))
    angle = math.atan2(float(np.cross(first, second) @ axis), float(first @ second))
    known = min(1.0, _norm(first) / _BENT, _norm(second) / _BENT)
    return matrices_about_axes(axis, np.asarray(known * angle))


def _shortest_turn(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the smallest turn (3, 3) of one direction onto another."""
    cross = np.cross(before, after)
    sine, cosine = _norm(cross), float(before @ after)
    if sine < 1e-12:
        return np.eye(3)
    return matrices_about_axes(cross / sine, np.asarray(math.atan2(sine, cosine)))


def _norm(vector: np.ndarray) -> float:
    return math.sqrt(float(vector @ vector))
