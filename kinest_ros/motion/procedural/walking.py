# SPDX-License-Identifier: Apache-2.0
"""Going places: walking in all directions and turning on the spot.

The feet follow by themselves (footsteps.py); here only the base moves.
"""

from __future__ import annotations

import numpy as np

from kinest_ros.motion.procedural.gestures import gesture, hold, look_about
from kinest_ros.motion.procedural.scores import Score

Rng = np.random.Generator


def go(
    score: Score, time: float, direction: float, distance: float, speed: float, turn: float
) -> float:
    """Walk a stretch.

    Args:
        score: The score to write into.
        time: Start, s.
        direction: Of the path against the heading at the start, rad, left positive.
        distance: m.
        speed: m/s.
        turn: Change of heading on the way, rad; the path curves along.

    Returns:
        Time of arrival, s.
    """
    pieces = max(int(np.ceil(distance / (0.45 * speed))), 1)
    # Equal overlapping minimum-jerk pieces add up to an even pace with a soft start and stop.
    seconds = 2.0 * distance / speed / pieces
    x, y, yaw = (score.now(f"base_{axis}") for axis in ("x", "y", "yaw"))
    for _ in range(pieces):
        yaw += 0.5 * turn / pieces
        x += distance / pieces * np.cos(yaw + direction)
        y += distance / pieces * np.sin(yaw + direction)
        yaw += 0.5 * turn / pieces
        score.move(time, seconds, base_x=x, base_y=y, base_yaw=yaw)
        time += 0.5 * seconds
    return time + 0.5 * seconds


def walk(score: Score, time: float, rng: Rng, tempo: float) -> float:
    """Walk a few stretches forward, sideways, backward or on a curve, perhaps crouched."""
    begin = time
    crouched = rng.random() < 0.2
    score.move(
        time,
        0.8,
        pelvis_height=rng.uniform(0.6, 0.9) if crouched else rng.uniform(0.965, 1.0),
        pelvis_pitch=rng.uniform(0.1, 0.4) if crouched else rng.normal(0.03, 0.05),
        spine_pitch=rng.uniform(0.1, 0.5) if crouched else rng.normal(0.0, 0.06),
        pelvis_x=0.0, pelvis_y=0.0, pelvis_roll=0.0, spine_roll=0.0, pelvis_yaw=0.0, spine_yaw=0.0,
    )  # fmt: skip
    for _ in range(int(rng.integers(1, 5))):
        kind = rng.random()
        if kind < 0.55:
            direction, pace = rng.normal(0.0, 0.15), rng.uniform(0.4, 1.35)
            distance, turn = rng.uniform(0.5, 4.0), rng.normal(0.0, 0.7)
        elif kind < 0.8:
            direction = rng.choice((-1.0, 1.0)) * rng.uniform(0.6, 1.9)
            pace, distance, turn = rng.uniform(0.3, 0.8), rng.uniform(0.3, 2.0), rng.normal(0, 0.3)
        else:
            direction = np.pi + rng.normal(0.0, 0.2)
            pace, distance, turn = rng.uniform(0.3, 0.9), rng.uniform(0.3, 2.0), rng.normal(0, 0.3)
        if crouched:
            pace, distance = 0.6 * pace, 0.6 * distance
        time = go(score, time, direction, distance, pace * np.sqrt(tempo), turn)
        time += rng.exponential(0.25)
    if rng.random() < 0.55:
        hold(score, begin, 0.8, str(rng.choice(("hang", "hang", "relaxed", "controller"))), rng)
    else:
        gesture(score, begin, time, rng, tempo, keep=0.3)
    look_about(score, begin, time, rng, tempo)
    if crouched:
        score.move(time, 0.9, pelvis_height=1.0, pelvis_pitch=0.0, spine_pitch=0.0)
        time += 0.9
    return time


def turn_about(score: Score, time: float, rng: Rng, tempo: float) -> float:
    """Turn on the spot with small steps, the head ahead of the body."""
    for _ in range(int(rng.integers(1, 4))):
        turn = rng.choice((-1.0, 1.0)) * rng.uniform(0.3, 3.3)
        seconds = (0.7 + abs(turn) / rng.uniform(1.0, 2.2)) / tempo
        ahead = float(np.clip(0.4 * turn, -0.8, 0.8))
        score.move(time, 0.4 / tempo, gaze_yaw=ahead, spine_yaw=0.3 * ahead)
        score.move(time + 0.15, seconds, base_yaw=score.now("base_yaw") + turn)
        score.move(time + 0.6 * seconds, 0.5 * seconds, gaze_yaw=0.0, spine_yaw=0.0)
        if rng.random() < 0.5:
            gesture(score, time, time + seconds, rng, tempo, keep=0.3)
        time += 0.2 + seconds + rng.exponential(0.4)
    return time
