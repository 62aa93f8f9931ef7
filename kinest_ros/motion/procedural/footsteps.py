# SPDX-License-Identifier: Apache-2.0
"""Where the feet stand while the body goes its way: planted, then stepping one after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinest_ros.motion.procedural.curves import minimum_jerk

_WEIGHTS = np.array([1.0, 1.0, 0.25])  # a foot turned by 1 rad is as wrong as one 25 cm away
_CLEAR = 0.04  # m above the floor at which a foot is free to go anywhere
_LONGEST_STEP = 0.6  # of the base between two steps, m; a faster pace means quicker steps


@dataclass(frozen=True)
class StepStyle:
    """How a person steps.

    Attributes:
        swing: Seconds a foot is in the air.
        pause: Seconds both feet stand between two steps.
        slack: Distance (m) a foot may be off its place before it steps.
        lift: Height (m) of the toes in mid-swing.
    """

    swing: float = 0.42
    pause: float = 0.12
    slack: float = 0.05
    lift: float = 0.06


@dataclass(frozen=True)
class FootTrack:
    """One foot over N frames.

    Attributes:
        place: (N, 3) x, y (m) and yaw (rad) of the flat foot's ankle on the ground.
        lift: (N,) m above the floor.
        roll: (N,) rad, heel up positive, as the swing itself asks for.
        planted: (N,) bool.
    """

    place: np.ndarray
    lift: np.ndarray
    roll: np.ndarray
    planted: np.ndarray


def plan_steps(wanted: np.ndarray, fps: float, style: StepStyle) -> list[FootTrack]:
    """Follow a wanted stance with footsteps; a planted foot never moves.

    A step lands where the foot will be wanted in the middle of its coming stance.

    Args:
        wanted: (2, N, 3) x, y, yaw wanted for the left and the right ankle at every frame.
        fps: Frames per second.
        style: How to step.

    Returns:
        The left and the right foot.
    """
    count = wanted.shape[1]
    place = np.repeat(wanted[:, :1], count, axis=1)
    lift, roll = np.zeros((2, count)), np.zeros((2, count))
    planted = np.ones((2, count), bool)
    standing = wanted[:, 0].copy()
    last, frame = 1, 0
    while frame + 4 < count:
        swing, pause = _rhythm(wanted, frame, fps, style)
        target = wanted[:, min(frame + swing + pause + swing // 2, count - 1)]
        error = np.linalg.norm((target - standing) * _WEIGHTS, axis=-1)
        # After a step it is the other foot's turn, unless that one stands well already.
        foot = 1 - last if error[1 - last] >= style.slack else last
        if error[foot] < style.slack:
            frame += 1
            continue
        step = target[foot] - standing[foot]
        swing = min(swing, count - frame)
        stretch = slice(frame, frame + swing)
        u = (np.arange(swing) + 1.0) / swing
        place[foot, stretch] = standing[foot] + minimum_jerk(u)[:, None] * step
        place[foot, frame + swing :] = target[foot]
        yaw = target[foot, 2]
        forward = step[0] * np.cos(yaw) + step[1] * np.sin(yaw)
        stride = np.clip(forward / 0.7, 0.0, 1.0)
        height = style.lift * (0.5 + min(float(np.linalg.norm(step[:2])), 0.7))
        lift[foot, stretch] = height * np.sin(np.pi * u) ** 2
        roll[foot, stretch] = stride * (
            0.7 * np.exp(-(((u - 0.25) / 0.22) ** 2)) - 0.3 * np.exp(-(((u - 0.95) / 0.2) ** 2))
        )
        planted[foot, stretch] = False
        standing[foot] = target[foot]
        last = foot
        frame += swing + pause
    return [FootTrack(place[i], lift[i], roll[i], planted[i]) for i in range(2)]


def raise_foot(track: FootTrack, lift: np.ndarray, out: np.ndarray) -> FootTrack:
    """Return the track of a foot that is also lifted while it stands.

    Args:
        track: The foot.
        lift: (N,) m above the floor, 0 where the foot may stand.
        out: (N, 2) m, world, where it is held in the air beside its place.
    """
    # Near the floor the foot is over its place: it must not be dragged there.
    clear = np.clip(lift / _CLEAR, 0.0, 1.0)
    place = track.place.copy()
    place[:, :2] += (clear * clear * (3.0 - 2.0 * clear))[:, None] * out
    planted = track.planted & (lift < 0.5 * _CLEAR)
    return FootTrack(place, track.lift + lift, track.roll, planted)


def _rhythm(wanted: np.ndarray, frame: int, fps: float, style: StepStyle) -> tuple[int, int]:
    """Frames of the swing and of the pause after it, for the pace ahead."""
    ahead = min(frame + round(0.5 * fps), wanted.shape[1] - 1)
    way = np.linalg.norm((wanted[:, ahead] - wanted[:, frame]) * _WEIGHTS, axis=-1).mean()
    pace = way * fps / max(ahead - frame, 1)
    quicker = min(1.0, _LONGEST_STEP / max(pace, 1e-6) / (style.swing + style.pause))
    # In a quick walk the pause goes first.
    swing = style.swing * (0.4 + 0.6 * quicker)
    pause = max((style.swing + style.pause) * quicker - swing, 0.03)
    return max(round(swing * fps), 4), max(round(pause * fps), 1)
