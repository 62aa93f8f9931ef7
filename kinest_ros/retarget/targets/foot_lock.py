# SPDX-License-Identifier: Apache-2.0
"""Where the soles are to be: with the human's feet, or held where they stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Contact probabilities at which a foot is taken hold of and let go.
CATCH, RELEASE = 0.6, 0.4
#: s, in which a hold fades in and out.
FADE_IN, FADE_OUT = 0.05, 0.10
#: m and rad, by which the human's foot may be elsewhere before it drags the robot's along.
DRAG, DRAG_YAW = 0.06, np.deg2rad(17.0)
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
        self._toe, self._heel = toe, heel
        self._ball = np.array((0.75 * toe[0] + 0.25 * heel[0], toe[1], toe[2]))
        self.reset()

    def reset(self) -> None:
        """Let go."""
        self._held = False
        self._weight = 0.0
        self._place = np.zeros(2)
        self._yaw = 0.0

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
        yaw = np.arctan2(rotation[1, 0], rotation[0, 0])
        if not self._held and contact > CATCH:
            self._held = True
            place, axes = now
            self._place = (place + axes @ self._ball)[:2]
            self._yaw = float(np.arctan2(axes[1, 0], axes[0, 0]))
        elif self._held and contact < RELEASE:
            self._held = False
        rate = dt / (FADE_IN if self._held else FADE_OUT)
        self._weight = float(np.clip(self._weight + (rate if self._held else -rate), 0.0, 1.0))
        if self._weight <= 0.0:
            return SoleTarget(free, rotation, 0.0)
        if self._held:
            self._drag(free, rotation, yaw)
        position, axes = self._standing(rotation)
        weight = self._weight * self._weight * (3.0 - 2.0 * self._weight)
        return SoleTarget(
            weight * position + (1.0 - weight) * free,
            _between(rotation, axes, weight),
            weight,
        )

    def _drag(self, free: np.ndarray, rotation: np.ndarray, yaw: float) -> None:
        away = (free + rotation @ self._ball)[:2] - self._place
        distance = float(np.linalg.norm(away))
        if distance > DRAG:
            self._place = self._place + away * (1.0 - DRAG / distance)
        turned = _wrapped(yaw - self._yaw)
        if abs(turned) > DRAG_YAW:
            # The ball stays: a foot that pivots pivots about it.
            self._yaw = _wrapped(self._yaw + turned - np.sign(turned) * DRAG_YAW)

    def _standing(self, rotation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ankle and axes of the held foot: no roll, pitched only beyond what is flat."""
        pitch = float(np.arcsin(np.clip(-rotation[2, 0], -1.0, 1.0)))  # positive: heel up
        pitch = float(np.sign(pitch)) * max(abs(pitch) - FLAT, 0.0)
        cos, sin = np.cos(self._yaw), np.sin(self._yaw)
        flat = np.array(((cos, -sin, 0.0), (sin, cos, 0.0), (0.0, 0.0, 1.0)))
        c, s = np.cos(pitch), np.sin(pitch)
        axes = flat @ np.array(((c, 0.0, s), (0.0, 1.0, 0.0), (-s, 0.0, c)))
        edge = self._toe if pitch >= 0.0 else self._heel
        # The edge that stays on the floor stays where it is when the foot is flat.
        stays = flat @ (edge - self._ball)
        place = np.array((self._place[0] + stays[0], self._place[1] + stays[1], 0.0))
        return place - axes @ edge, axes


def _wrapped(angle: float) -> float:
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)


def _between(first: np.ndarray, second: np.ndarray, weight: float) -> np.ndarray:
    """Return the rotation (3, 3) part of the way from one to another."""
    if weight >= 1.0:
        return second
    mixed = (1.0 - weight) * first + weight * second
    forward = mixed[:, 0] / max(float(np.linalg.norm(mixed[:, 0])), 1e-9)
    left = mixed[:, 1] - forward * float(forward @ mixed[:, 1])
    left = left / max(float(np.linalg.norm(left)), 1e-9)
    up = np.array(
        (
            forward[1] * left[2] - forward[2] * left[1],
            forward[2] * left[0] - forward[0] * left[2],
            forward[0] * left[1] - forward[1] * left[0],
        )
    )
    return np.column_stack([forward, left, up])
