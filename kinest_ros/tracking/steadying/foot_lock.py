# SPDX-License-Identifier: Apache-2.0
"""Keeps standing feet where they stand, and all feet above the floor."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from kinest_ros.body.limb_ik import Numbers
from kinest_ros.body.skeleton import TOE_JOINT_HEIGHT
from kinest_ros.tracking.fitting.body_fit import WorldPose
from kinest_ros.tracking.fitting.leg_snap import (
    ANKLES,
    HIPS,
    TOES,
    legs_of,
    move_ankles,
    scaled,
    softened,
)
from kinest_ros.tracking.steadying.floor_bounds import turned_up
from kinest_ros.tracking.steadying.standing import standing

#: m, the farthest that a foot is moved; it is let go on the way there.
MOST = 0.15
#: s, in which a standing foot gives way to the network's opinion: it may be right after all.
YIELD = 6.0
#: s, in which a foot that is let go returns to where the network has it.
RELEASE = 0.08
#: s, in which a foot that comes to stand is taken hold of, and one that lifts is let go: what is
#: not held at once slides, while a foot that leaves a little late still leaves smoothly.
CATCH, LET_GO = 0.03, 0.10
#: m before a leg is straight, from which it holds on to its foot ever less, unless the network has
#: it as straight: a knee that is held at its limit jitters.
SOFT_REACH = 0.03
#: s, in which the floor takes hold of a foot whose tracker is lost: it may have been measured deep.
SINK = 0.3
#: m, of depth over which the floor begins to lift a foot.
SOFTNESS = 0.008
#: Heights of the hip over the floor, as shares of the leg, between which a foot is less and less
#: lifted out of the floor with its leg, and ever more turned up about its ankle: the knee of a leg
#: that lies would go below the floor instead.
LYING, UPRIGHT = 0.15, 0.35
#: m above the floor that an ankle is kept at, where the network has the foot on its heel.
LOWEST_ANKLE = 0.02


class FootLock:
    """Moves the legs so that feet in contact do not slide; carries a correction for each foot.

    As much as a foot stands, the movement that the network gives it along the floor is taken back
    from one tick to the next. The correction that adds up is bounded, gives way slowly while the
    foot stands and fades quickly once it lifts; nothing switches, so a foot never jumps. The foot
    keeps its rotation in the world, the knee its swivel.
    """

    def __init__(self, rest_offsets: np.ndarray, tick_rate: float) -> None:
        """Start with no foot held.

        Args:
            rest_offsets: (22, 3) m.
            tick_rate: ticks per second.
        """
        self.set_bones(rest_offsets)
        self._tick = 1.0 / tick_rate
        self._catch, self._let_go = (1.0 - math.exp(-self._tick / s) for s in (CATCH, LET_GO))
        self.reset()

    def reset(self) -> None:
        """Let go of both feet at once."""
        self._last: list[list[float]] | None = None
        self._hold = [0.0, 0.0]
        self._moved = [(0.0, 0.0), (0.0, 0.0)]
        self._floored: list[float] | None = None

    def set_bones(self, rest_offsets: np.ndarray) -> None:
        """Go on with other bones (22, 3), m."""
        self._rest_offsets = rest_offsets
        self._lengths = [leg.length for leg in legs_of(rest_offsets)]

    def hold(
        self,
        pose: WorldPose,
        contacts: np.ndarray,
        tracked: np.ndarray,
        moving: bool = False,
        floor: float = 0.0,
    ) -> WorldPose:
        """Return the pose with its feet held; call once a tick.

        Args:
            pose: as the network and the trackers have it.
            contacts: (2,) probability that the left and the right foot stand.
            tracked: (2,) bool, feet with trackers of their own, which are left alone.
            moving: the body is on its way to where its trackers are, or grows, so no foot stands;
                what was taken back along the floor stays as it is and adds nothing to its speed.
            floor: its height in the world, m.
        """
        toes, ankles, hips = (pose.positions[part].tolist() for part in (TOES, ANKLES, HIPS))
        last, self._last = (toes if self._last is None else self._last), toes
        worn = tracked.tolist()
        on_floor = self._on_floor(worn)
        shift, turn_up = [], []
        for side, contact in enumerate(contacts.tolist()):
            x, y, height = toes[side]
            step = x - last[side][0], y - last[side][1]
            stands = 0.0
            if not (moving or worn[side]):
                stands = standing(contact, math.hypot(*step) / self._tick)
            self._follow(side, stands, step, moving)
            low_ankle = ankles[side][2] + (TOE_JOINT_HEIGHT - LOWEST_ANKLE)
            lift = _lift(min(height, low_ankle) - floor) * on_floor[side]
            with_leg = lift
            if lift:
                upright = self._upright(side, hips[side][2] - floor)
                with_leg = max(lift * upright, _lift(low_ankle - floor) * on_floor[side])
            shift.append((*self._moved[side], with_leg))
            turn_up.append(lift - with_leg)
        return _with_toes_up(move_feet(pose, self._rest_offsets, shift), turn_up)

    def _upright(self, side: int, hip_height: float) -> float:
        """Return how much a leg stands, from 0 where it lies to 1."""
        return _smooth((hip_height / self._lengths[side] - LYING) / (UPRIGHT - LYING))

    def _follow(self, side: int, stands: float, step: tuple[float, float], moving: bool) -> None:
        """Take hold of a foot as much as it stands, and take back its step (2,), m."""
        change = stands - self._hold[side]
        self._hold[side] += change * (self._catch if change > 0.0 else self._let_go)
        if moving:
            return
        x, y = self._moved[side]
        left = 1.0 - (x * x + y * y) / MOST**2
        hold = self._hold[side] * min(max(left, 0.0), 1.0)
        rate = hold / YIELD + (1.0 - hold) / RELEASE
        kept = math.exp(-self._tick * rate)
        self._moved[side] = x * kept - hold * step[0], y * kept - hold * step[1]

    def _on_floor(self, tracked: list[bool]) -> list[float]:
        """Return how much the floor lifts each foot: where it is tracked, not at all."""
        if self._floored is None:
            self._floored = [0.0 if each else 1.0 for each in tracked]
        step = self._tick / SINK
        self._floored = [
            min(max(share + (-step if each else step), 0.0), 1.0)
            for share, each in zip(self._floored, tracked, strict=True)
        ]
        return [_smooth(share) for share in self._floored]


def _smooth(share: float) -> float:
    """Return a share, held to 0 to 1, with no slope at either end."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)


def _lift(height: float) -> float:
    """Return how far a toe joint at a height (m) is lifted out of the floor, m.

    From nothing to all of the depth over SOFTNESS, so that a foot that touches down meets no edge;
    half of SOFTNESS is left to sink.
    """
    depth = max(TOE_JOINT_HEIGHT - height, 0.0)
    soft = min(depth, SOFTNESS)
    return soft * soft / (2.0 * SOFTNESS) + (depth - soft)


def _with_toes_up(pose: WorldPose, lifts: Sequence[float]) -> WorldPose:
    """Return the pose with the feet turned about their ankles, so that the toes rise by (2,) m."""
    if not any(lifts):
        return pose
    pose = WorldPose(pose.world.copy(), pose.positions.copy())
    for side, lift in enumerate(lifts):
        if not lift:
            continue
        ankle, toe = ANKLES.start + side, TOES.start + side
        start, bone = pose.positions[ankle], pose.positions[toe] - pose.positions[ankle]
        turn = turned_up(bone, start, float(start[2] + bone[2]) + lift, np.zeros(3))
        if turn is not None:
            pose.world[ankle], pose.world[toe] = turn @ pose.world[ankle], turn @ pose.world[toe]
            pose.positions[toe] = start + turn @ bone
    return pose


def move_feet(
    pose: WorldPose, rest_offsets: np.ndarray, shift: Sequence[Sequence[float]]
) -> WorldPose:
    """Return the pose with its feet moved, as far as the legs reach.

    Args:
        pose: the pose.
        rest_offsets: (22, 3) m.
        shift: (2, 3) m, of the left and the right foot in the world.
    """
    if not any(map(any, shift)):
        return pose
    given = (pose.positions[ANKLES] - pose.positions[HIPS]).tolist()
    reach: list[Numbers | None] = []
    for leg, (x, y, z), (dx, dy, dz) in zip(legs_of(rest_offsets), given, shift, strict=True):
        wanted = x + dx, y + dy, z + dz
        length, before = math.hypot(*wanted), math.hypot(x, y, z)
        # A leg that is not made longer is left as long as it is to be.
        most = max(softened(length, leg.length, SOFT_REACH), min(length, before))
        reach.append(scaled(wanted, most, length))
    return WorldPose(*move_ankles(pose.world, pose.positions, rest_offsets, reach))
