# SPDX-License-Identifier: Apache-2.0
"""Keeps standing feet where they stand, and all feet above the floor."""

from __future__ import annotations

import math

import numpy as np

from kinest_ros.body.skeleton import TOE_JOINT_HEIGHT
from kinest_ros.tracking.fitting.body_fit import WorldPose
from kinest_ros.tracking.fitting.leg_snap import ANKLES, HIPS, TOES, move_ankles, softened
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
        self._rest_offsets = rest_offsets
        self._tick = 1.0 / tick_rate
        self._catch, self._let_go = (1.0 - math.exp(-self._tick / s) for s in (CATCH, LET_GO))
        self.reset()

    def reset(self) -> None:
        """Let go of both feet at once."""
        self._last: np.ndarray | None = None
        self._hold = np.zeros((2, 1))
        self._moved = np.zeros((2, 2))
        self._floored: np.ndarray | None = None

    def set_bones(self, rest_offsets: np.ndarray) -> None:
        """Go on with other bones (22, 3), m."""
        self._rest_offsets = rest_offsets

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
                the corrections stay as they are and add nothing to its speed.
            floor: its height in the world, m.
        """
        toes = pose.positions[TOES]
        last, self._last = (toes if self._last is None else self._last), toes
        step = (toes - last)[:, :2]
        speeds = np.sqrt((step * step).sum(axis=1)) / self._tick
        stands = standing(contacts, speeds) * ~tracked * (not moving)
        change = stands[:, None] - self._hold
        self._hold += change * np.where(change > 0.0, self._catch, self._let_go)
        if not moving:
            left = 1.0 - (self._moved**2).sum(axis=1, keepdims=True) / MOST**2
            hold = self._hold * np.clip(left, 0.0, 1.0)
            rate = hold / YIELD + (1.0 - hold) / RELEASE
            self._moved = self._moved * np.exp(-self._tick * rate) - hold * step
        shift = np.zeros((2, 3))
        shift[:, :2] = self._moved
        ankles = pose.positions[ANKLES, 2] + (TOE_JOINT_HEIGHT - LOWEST_ANKLE)
        lowest = np.minimum(toes[:, 2], ankles)
        shift[:, 2] = _lift(lowest - floor) * self._on_floor(tracked, moving)
        return move_feet(pose, self._rest_offsets, shift)

    def _on_floor(self, tracked: np.ndarray, moving: bool) -> np.ndarray:
        """Return how much (2,) the floor lifts each foot: where it is tracked, not at all."""
        if self._floored is None:
            self._floored = np.where(tracked, 0.0, 1.0)
        if not moving:
            step = self._tick / SINK
            self._floored = np.clip(self._floored + np.where(tracked, -step, step), 0.0, 1.0)
        share = self._floored
        eased: np.ndarray = share * share * (3.0 - 2.0 * share)
        return eased


def _lift(heights: np.ndarray) -> np.ndarray:
    """Return how far toe joints at some heights (m) are lifted out of the floor, m.

    From nothing to all of the depth over SOFTNESS, so that a foot that touches down meets no edge;
    half of SOFTNESS is left to sink.
    """
    depth = np.maximum(TOE_JOINT_HEIGHT - heights, 0.0)
    soft = np.minimum(depth, SOFTNESS)
    softened: np.ndarray = soft * soft / (2.0 * SOFTNESS) + (depth - soft)
    return softened


def move_feet(pose: WorldPose, rest_offsets: np.ndarray, shift: np.ndarray) -> WorldPose:
    """Return the pose with its feet moved, as far as the legs reach.

    Args:
        pose: the pose.
        rest_offsets: (22, 3) m.
        shift: (2, 3) m, of the left and the right foot in the world.
    """
    if not shift.any():
        return pose
    given = pose.positions[ANKLES] - pose.positions[HIPS]
    reach = given + shift
    length, before, soft = (
        np.sqrt(np.einsum("ij,ij->i", each, each))
        for each in (reach, given, softened(reach, rest_offsets, SOFT_REACH))
    )
    # A leg that is not made longer is left as long as it is to be.
    most = np.maximum(soft, np.minimum(length, before))
    reach *= (most / np.maximum(length, 1e-9))[:, None]
    return WorldPose(*move_ankles(pose.world, pose.positions, rest_offsets, reach))
