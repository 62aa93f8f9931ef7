# SPDX-License-Identifier: Apache-2.0
"""Where the soles are to be: with the human's feet, or held where they stand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinest_ros.retarget.targets.easing import Easing, Follower
from kinest_ros.retarget.targets.small_rotations import turn, turn_of

#: Contact probabilities at which a foot is taken hold of and let go.
CATCH, RELEASE = 0.4, 0.3
#: s, over which contact is smoothed: a foot that flickers is not let go.
STEADY = 0.02
#: rad/s, stiffness with which a foot comes to stand, and with which it takes up its course again.
STOP, GO = 60.0, 18.0
#: Share of the way v / STOP by which a foot that moves at v is held farther on. With none it slides
#: beyond and back; with all it is braked hardest at once. So it slides least.
LEAD = 0.4
#: m, by which the human's foot may be elsewhere before it drags the robot's along, and where it
#: drags at `DRAG_SPEED` m/s.
LOOSE, DRAG, DRAG_SPEED = 0.06, 0.10, 1.0
#: rad and rad/s, the same for the heading. A foot that pivots pivots about its ball.
LOOSE_YAW, DRAG_YAW, YAW_SPEED = np.deg2rad(8.0), np.deg2rad(17.0), 4.0
#: rad, of pitch within which a standing foot is taken for flat.
FLAT = np.deg2rad(12.0)


@dataclass
class SoleTarget:
    """Where one sole is to be.

    Attributes:
        position: (3,) m, of the ankle in the world.
        rotation: (3, 3) columns forward, left, up of the foot in the world.
        hold: 0 to 1, how much the foot stands.
    """

    position: np.ndarray
    rotation: np.ndarray
    hold: float


class FootHold:
    """Holds one sole; remembers where."""

    def __init__(self, toe: np.ndarray, heel: np.ndarray) -> None:
        """Know the foot's shape.

        Args:
            toe: (3,) m, middle of the sole's front edge from the ankle, in foot axes (x forward, y
                left, z up).
            heel: (3,) m, of its rear edge.
        """
        self._toe_edge, self._heel_edge = toe.tolist(), heel.tolist()
        self._ball = np.array((0.75 * toe[0] + 0.25 * heel[0], toe[1], toe[2]))
        self._ball_at = self._ball.tolist()
        #: Place and turn that are left of an old course.
        self._left = Easing(6)
        self._hold = Follower()
        self.reset()

    def reset(self) -> None:
        """Let go."""
        self._held = False
        self._contact = 0.0
        self._place, self._yaw = (0.0, 0.0), 0.0
        self._left.reset()
        self._hold.reset()
        self._last: tuple[Any, ...] | None = None

    @property
    def held(self) -> bool:
        """Whether the foot stands."""
        return self._held

    def update(
        self,
        free: np.ndarray,
        rotation: np.ndarray,
        contact: float,
        now: tuple[np.ndarray, np.ndarray],
        dt: float,
    ) -> SoleTarget:
        """Return where the sole is to be.

        Args:
            free: (3,) m, where the ankle would be without a hold.
            rotation: (3, 3) of the human's foot, columns forward, left, up.
            contact: probability that it stands.
            now: where the robot's ankle is and how its foot is turned.
            dt: s since the last frame.
        """
        if self._last is None:  # the first frame
            self._contact = contact
            self._last = (free, rotation, *now, *now, dt)
            self._begin(*now, free, rotation, np.zeros(6))
        self._contact += (contact - self._contact) * (1.0 - math.exp(-dt / STEADY))
        old_free, old_rotation, place, axes, before, axes_before, since = self._last
        if not self._held and self._contact > CATCH:
            self._held = True
            speed = _rate(before, axes_before, place, axes, since)
            self._catch(place + axes @ self._ball, before + axes_before @ self._ball, since)
            self._yaw = _wrapped(math.atan2(axes[1, 0], axes[0, 0]) + LEAD / STOP * speed[5])
            goal, goal_axes = self._standing(rotation)
            self._begin(place, axes, goal, goal_axes, speed)
        elif self._held and self._contact < RELEASE:
            self._held = False
            speed = _rate(before, axes_before, place, axes, since)
            speed -= _rate(old_free, old_rotation, free, rotation, dt)
            self._begin(place, axes, old_free, old_rotation, speed)
        if self._held:
            self._drag(free, rotation, dt)
            goal, goal_axes = self._standing(rotation)
        else:
            goal, goal_axes = free, rotation
        stiffness = STOP if self._held else GO
        left = self._left.fade(stiffness, dt)
        new_place = goal + left[:3]
        new_axes = turn(left[3:]) @ goal_axes
        hold = self._hold.follow(1.0 if self._held else 0.0, STOP, dt)
        self._last = (free, rotation, new_place, new_axes, place, axes, dt)
        return SoleTarget(new_place, new_axes, min(max(hold, 0.0), 1.0))

    def _begin(
        self,
        place: np.ndarray,
        axes: np.ndarray,
        goal: np.ndarray,
        goal_axes: np.ndarray,
        rate: np.ndarray,
    ) -> None:
        """Let what differs from a new course fade, beginning with its rate (6,) per second."""
        self._left.begin(np.concatenate([place - goal, turn_of(axes @ goal_axes.T)]), rate)

    def _catch(self, ball: np.ndarray, before: np.ndarray, dt: float) -> None:
        """Hold the foot where it can come to stand without going back."""
        x, y, _ = (ball + LEAD / (STOP * dt) * (ball - before)).tolist()
        self._place = (x, y)

    def _drag(self, free: np.ndarray, rotation: np.ndarray, dt: float) -> None:
        here_x, here_y = self._place
        at_x, at_y, _ = (free + rotation @ self._ball).tolist()
        distance = math.hypot(at_x - here_x, at_y - here_y)
        if distance > LOOSE:
            pull = ((distance - LOOSE) / (DRAG - LOOSE)) ** 2 * DRAG_SPEED * dt
            share = min(pull, distance - LOOSE) / distance
            self._place = (here_x + share * (at_x - here_x), here_y + share * (at_y - here_y))
        turned = _wrapped(math.atan2(rotation[1, 0], rotation[0, 0]) - self._yaw)
        beyond = abs(turned) - LOOSE_YAW
        if beyond > 0.0:
            pull = (beyond / (DRAG_YAW - LOOSE_YAW)) ** 2 * YAW_SPEED * dt
            self._yaw = _wrapped(self._yaw + math.copysign(min(pull, beyond), turned))

    def _standing(self, rotation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ankle and axes of the held foot: no roll, pitched only beyond what is flat."""
        pitch = math.asin(min(max(-float(rotation[2, 0]), -1.0), 1.0))  # positive: heel up
        pitch = math.copysign(_beyond(abs(pitch), FLAT), pitch)
        cos, sin = math.cos(self._yaw), math.sin(self._yaw)
        c, s = math.cos(pitch), math.sin(pitch)
        axes = np.array(((cos * c, -sin, cos * s), (sin * c, cos, sin * s), (-s, 0.0, c)))
        x, y, z = self._toe_edge if pitch >= 0.0 else self._heel_edge
        ahead, beside = x - self._ball_at[0], y - self._ball_at[1]
        # The edge that stays on the floor stays where it is when the foot is flat.
        at_x = self._place[0] + cos * ahead - sin * beside
        at_y = self._place[1] + sin * ahead + cos * beside
        along, up = c * x + s * z, c * z - s * x
        place = np.array((at_x - cos * along + sin * y, at_y - sin * along - cos * y, -up))
        return place, axes


def _rate(
    place: np.ndarray, axes: np.ndarray, later: np.ndarray, later_axes: np.ndarray, dt: float
) -> np.ndarray:
    """Return velocity and turn (6,) per second from one pose to the next."""
    return np.concatenate([later - place, turn_of(later_axes @ axes.T)]) / dt


def _wrapped(angle: float) -> float:
    return (angle + math.pi) % (2.0 * math.pi) - math.pi


def _beyond(value: float, free: float) -> float:
    """Return what a value exceeds a free play by, beginning without a kink."""
    over = max(value - free, 0.0)
    return over * over / (2.0 * free) if over < free else over - 0.5 * free
