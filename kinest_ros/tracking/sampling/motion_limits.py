# SPDX-License-Identifier: Apache-2.0
"""How fast the tracked parts of a person move, and how far a sample is from what that allows.

The limits lie above everything in 380,000 frames of motion capture (sport, dance, acrobatics; at
30, 60 and 120 Hz) and eleven headset recordings whose stamps scatter by 5 ms. The most seen there:

==============  =============  ===================  ==============
part            speed          off constant speed,  turning
                               over dt squared
==============  =============  ===================  ==============
head, pelvis    5.2 m/s        160 m/s^2            39 rad/s
hands, feet     13 m/s         240 m/s^2            42 rad/s
==============  =============  ===================  ==============
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

#: By how much stamps scatter, s, where they are taken on arrival.
STAMP_SCATTER = 0.005


class Pose(Protocol):
    """A pose at a time."""

    @property
    def stamp_ns(self) -> int:
        """Time, ns."""

    @property
    def position(self) -> np.ndarray:
        """(3,) m."""

    @property
    def quaternion(self) -> np.ndarray:
        """(4,) xyzw, of unit length."""


@dataclass(frozen=True)
class MotionLimits:
    """What a tracked part of a person can do, and what it is taken to do unseen.

    Attributes:
        margin: m, for noise.
        speed: m/s.
        acceleration: m/s^2.
        turn_margin: rad.
        turn_rate: rad/s.
        carried_speed: m/s, the most that is extrapolated with: one sample in a thousand of the
            fastest clips is faster. A velocity is a difference of two samples, so it is also what
            their errors and stamps make of it.
        carried_turn_rate: rad/s, likewise.
    """

    margin: float
    speed: float
    acceleration: float
    turn_margin: float
    turn_rate: float
    carried_speed: float
    carried_turn_rate: float


TRUNK = MotionLimits(0.03, 8.0, 200.0, 0.2, 50.0, 4.0, 25.0)
LIMB = MotionLimits(0.08, 20.0, 300.0, 0.2, 60.0, 8.0, 25.0)
#: By slot: head, left_hand, right_hand, pelvis, left_foot, right_foot.
SLOT_LIMITS = (TRUNK, LIMB, LIMB, TRUNK, LIMB, LIMB)


def strain(limits: MotionLimits, base: Pose, last: Pose, pose: Pose) -> float:
    """Return how hard it is to get to a pose from the last one; a person can up to 1.

    Moving on as from `base` to `last` and stopping dead are both easy: what stops a hand is often
    a table. Where base is the same pose as last, no velocity is known, and the speed alone counts.
    """
    seconds = (pose.stamp_ns - last.stamp_ns) * 1e-9
    was, now = last.position.tolist(), pose.position.tolist()
    stopped = math.dist(was, now)
    worst = stopped / (limits.margin + limits.speed * seconds)
    if base is not last:
        span = (last.stamp_ns - base.stamp_ns) * 1e-9
        ahead, (x, y, z), (to_x, to_y, to_z) = seconds / span, base.position.tolist(), was
        led = (
            to_x + ahead * (to_x - x),
            to_y + ahead * (to_y - y),
            to_z + ahead * (to_z - z),
        )
        going = math.dist(now, led)
        gained = 0.5 * limits.acceleration * seconds * (seconds + span)
        speed = min(math.dist((x, y, z), was) / span, limits.speed)
        allowed = limits.margin + speed * STAMP_SCATTER + gained
        worst = max(worst, min(going, stopped) / allowed)
    turned = angle_between(last.quaternion, pose.quaternion)
    return max(worst, turned / (limits.turn_margin + limits.turn_rate * seconds))


def angle_between(first: np.ndarray, second: np.ndarray) -> float:
    """Return the angle of the turn between two unit quaternions (4,), rad in [0, pi]."""
    a, b, c, d = first.tolist()
    x, y, z, w = second.tolist()
    return 2.0 * math.acos(min(1.0, abs(a * x + b * y + c * z + d * w)))


def carried_share(limits: MotionLimits, base: Pose, last: Pose, span_ns: int) -> float:
    """Return by how much the velocity from base to last is to be lowered to extrapolate, <= 1."""
    span = span_ns * 1e-9
    moved = math.dist(base.position.tolist(), last.position.tolist())
    turned = angle_between(base.quaternion, last.quaternion)
    share = 1.0
    if moved > limits.carried_speed * span:
        share = limits.carried_speed * span / moved
    if turned > limits.carried_turn_rate * span:
        share = min(share, limits.carried_turn_rate * span / turned)
    return share
