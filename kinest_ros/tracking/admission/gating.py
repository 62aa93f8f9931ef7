# SPDX-License-Identifier: Apache-2.0
"""Outlier gating: trackers that no body can hold do not steer the body.

Somebody puts a controller on a table and walks off; a foot tracker stays at home; a base station
loses its place. Such a pose is well-formed and moves on like any other, but it is farther from the
head than the limb is long. It counts as lost from the first tick on, until it has been within reach
for a moment again.

How far a limb reaches is known only roughly: mounts may not be calibrated, and statures may be
estimates. So there are two limits. Beyond the hard one nobody's limb reaches. Beyond the soft one
few do, and a tracker that stays there perfectly still while the head draws away from it is not
held. On all motion that was tried (see docs/inputs.md), no tracker comes near to the hard one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinest_ros.body.joints import HEAD_SLOT, JOINT_INDEX, NUM_SLOTS, SLOTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.tracking.devices.mount import Mount

#: Share of the limb's length in the skeleton that real people may have, by slot (the head's is of
#: no use). Spines of real people differ most from those of the default skeleton of their stature.
#: Feet stand still: they have no soft limit.
HARD_SHARES = np.array([1.0, 1.15, 1.15, 1.30, 1.05, 1.05])
SOFT_SHARES = np.array([1.0, 1.0, 1.0, 1.30, np.inf, np.inf])
#: m, that trackers are off besides. A device whose mount is not given is worn somewhere on the head
#: or the limb: UNMOUNTED more for either of the two.
HARD_SLACK, UNMOUNTED = 0.09, 0.08
SOFT_SLACK = np.array([0.0, 0.12, 0.12, 0.15, 0.0, 0.0])
#: m, the largest person an estimated stature may stand for, and what soft limits then grow by.
LARGEST_STATURE, ESTIMATED_SHARE = 2.30, 1.10
#: m, the farthest that something still moves, and how much farther from the head it must get.
STILL, DRAWN_AWAY = 0.004, 0.15
#: m, how far inside the hard limit a tracker is back in reach; m, how far it must move to have been
#: picked up; s, that it must be in reach for.
DEAD_BAND, PICKED_UP, RETURN_TIME = 0.06, 0.03, 0.15

_FEET = np.array([slot.endswith("foot") for slot in SLOTS])
_LIMBS = {"hand": "arm", "pelvis": "spine", "foot": "leg"}


@dataclass(frozen=True)
class Rejection:
    """A tracker that does not steer the body.

    Attributes:
        slot: its name.
        excess: m, how much farther from the head it is than the limb of the skeleton is long.
    """

    slot: str
    excess: float

    def __str__(self) -> str:
        """Return a line for logs and diagnostics."""
        limb = _LIMBS[self.slot.rpartition("_")[2]]
        end = "put down?" if limb == "arm" else "is it worn?"
        return f"{self.slot} is {self.excess:.1f} m from where this {limb} can reach: {end}"


@dataclass(frozen=True)
class Reach:
    """How far from the head joint trackers may be, by slot (6,), m; infinite for the head.

    Attributes:
        nominal: length of the limb in the skeleton.
        hard: nobody's limb reaches farther.
        soft: few people's limbs do.
    """

    nominal: np.ndarray
    hard: np.ndarray
    soft: np.ndarray

    @classmethod
    def of(cls, skeleton: Skeleton, estimated: bool, mounts: Mapping[str, Mount]) -> Reach:
        """Return it for a wearer.

        Args:
            skeleton: the wearer's.
            estimated: whether the stature is only estimated, so that it may be anybody's.
            mounts: of the trackers, by slot, as far as they are given.
        """
        nominal = limb_lengths(skeleton.rest_offsets)
        unknown = np.array([not any(mounts.get(slot, Mount()).xyz) for slot in SLOTS], dtype=float)
        slack = HARD_SLACK + UNMOUNTED * (unknown[HEAD_SLOT] + unknown)
        largest, share = nominal, 1.0
        if estimated:
            giant = Skeleton.from_stature(LARGEST_STATURE)
            largest = np.maximum(nominal, limb_lengths(giant.rest_offsets))
            share = ESTIMATED_SHARE
        hard = HARD_SHARES * largest + slack
        return cls(nominal, hard, np.minimum(SOFT_SHARES * share * nominal + SOFT_SLACK, hard))


def limb_lengths(rest_offsets: np.ndarray) -> np.ndarray:
    """Return how far from the head joint the slots' joints get, with straight limbs (6,), m.

    Args:
        rest_offsets: (22, 3) m.
    """

    def along(*names: str) -> float:
        return float(sum(np.linalg.norm(rest_offsets[JOINT_INDEX[name]]) for name in names))

    def across(*names: str) -> np.ndarray:
        return np.asarray(sum(rest_offsets[JOINT_INDEX[name]] for name in names))

    # The head is carried above the shoulders, and the spine nearly straight as at rest.
    neck, spine = across("neck", "head"), across("spine1", "spine2", "spine3", "neck", "head")
    lengths = [np.inf]
    for side in ("left", "right"):
        shoulder = across(f"{side}_collar", f"{side}_shoulder")
        arm = along(f"{side}_elbow", f"{side}_wrist")
        lengths.append(float(np.linalg.norm(neck - shoulder)) + arm)
    trunk = float(np.linalg.norm(spine))
    lengths.append(trunk)
    for side in ("left", "right"):
        lengths.append(trunk + along(f"{side}_hip", f"{side}_knee", f"{side}_ankle"))
    return np.array(lengths)


class ReachGate:
    """Watches each tick's trackers; the head is taken to be right.

    A controller of somebody 1.70 m tall, reach 0.77 m, without mounts (limits 0.89 and 1.13 m)::

        on a table, 0.60 m from the head     in use
        its owner walks off, 0.90 m          rejected: still, and 0.30 m farther away than before
        its owner comes back, 0.55 m         rejected: it has not moved
        in the hand again                    in use 0.15 s after it moved by 3 cm
    """

    def __init__(self, tick_rate: float) -> None:
        """Start with nothing seen; `set_reach` comes before the first tick.

        Args:
            tick_rate: ticks per second.
        """
        self._return_ticks = round(RETURN_TIME * tick_rate)
        self.reset()

    def reset(self) -> None:
        """Forget all trackers."""
        self._rejected = np.zeros(NUM_SLOTS, dtype=bool)
        self._are_rejected = [False] * NUM_SLOTS
        self._distances = [0.0] * NUM_SLOTS
        # Where each tracker came to rest, and how far from the head it was there.
        self._rest = [[math.inf] * 3] * NUM_SLOTS
        self._rest_distances = [0.0] * NUM_SLOTS
        self._moved = np.zeros(NUM_SLOTS, dtype=bool)
        self._inside = np.zeros(NUM_SLOTS, dtype=int)

    def set_reach(self, reach: Reach) -> None:
        """Go on with other limits."""
        self._reach = reach
        self._hard, self._soft = reach.hard.tolist(), reach.soft.tolist()

    @property
    def rejections(self) -> list[Rejection]:
        """The trackers that were rejected at the last tick."""
        return [
            Rejection(SLOTS[slot], float(self._distances[slot] - self._reach.nominal[slot]))
            for slot in np.flatnonzero(self._rejected)
        ]

    def look(self, positions: np.ndarray, valid: np.ndarray) -> np.ndarray:
        """Return which of a tick's trackers are not to be believed, (6,) bool.

        Args:
            positions: (6, 3) m, of the links that the trackers stand for.
            valid: (6,) bool, the trackers that have a pose at this tick.
        """
        places = positions.tolist()
        head = places[HEAD_SLOT]
        distances = [math.dist(place, head) for place in places]
        strayed = [
            not math.dist(place, rest) < STILL
            for place, rest in zip(places, self._rest, strict=True)
        ]
        out = [
            is_valid
            and (away > hard or (away > soft and not moves and away - before > DRAWN_AWAY))
            for is_valid, away, hard, soft, moves, before in zip(
                valid.tolist(), distances, self._hard, self._soft, strayed, self._rest_distances,
                strict=True,
            )
        ]  # fmt: skip
        self._distances = distances
        if True in out or True in self._are_rejected:
            self._judge(positions, valid, np.array(out))
        for slot, (moves, is_rejected) in enumerate(zip(strayed, self._are_rejected, strict=True)):
            if moves and not is_rejected:
                self._rest[slot], self._rest_distances[slot] = places[slot], distances[slot]
        return self._rejected

    def _judge(self, positions: np.ndarray, valid: np.ndarray, out: np.ndarray) -> None:
        """Reject what is out of reach, and take back what is in reach for a while."""
        rejected = self._rejected & valid
        beyond = np.array(self._distances) > self._reach.hard - DEAD_BAND
        far = rejected & beyond
        fresh = out & ~rejected
        anew = far | fresh
        for slot in np.flatnonzero(anew).tolist():
            self._rest[slot] = positions[slot].tolist()
            self._rest_distances[slot] = self._distances[slot]
        # A foot may stand where it is in reach again; what was laid down must be picked up.
        self._moved[anew] = (beyond & _FEET)[anew]
        self._inside[anew] = 0
        waiting = rejected & ~far
        steps = np.linalg.norm(positions - np.array(self._rest), axis=-1)
        self._moved |= waiting & (steps > PICKED_UP)
        self._inside[waiting & self._moved] += 1
        # A new array: bodies hold on to the one of their tick.
        self._rejected = (rejected | fresh) & ~(waiting & (self._inside >= self._return_ticks))
        self._are_rejected = self._rejected.tolist()
