# SPDX-License-Identifier: Apache-2.0
"""Wide and deep stances, and standing on one leg: what dance, sports and martial arts are made of.

Everyday recordings hold next to none of it; a network that has only seen feet side by side under
a low head makes every low stance a squat.
"""

from __future__ import annotations

import numpy as np

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.procedural.behaviours import rise
from kinest_ros.motion.procedural.gestures import gesture, look_about
from kinest_ros.motion.procedural.scores import SIDES, Score
from kinest_ros.motion.procedural.walking import go

Rng = np.random.Generator
_REFERENCE_STATURE = 1.7  # m, of the body that the lengths below are of
_WIDEST_SHUFFLE = 0.6  # m between the feet; wider, a step would have to pull the body down


def take_stances(score: Score, time: float, rng: Rng, tempo: float, skeleton: Skeleton) -> float:
    """Step from stance to stance: straddled, one foot ahead, deep or high, weight here or there."""
    begin, size = time, skeleton.stature / _REFERENCE_STATURE
    facing = rng.normal(0.0, 0.3)
    for _ in range(int(rng.integers(1, 5))):
        seconds = rng.uniform(0.5, 1.2) / tempo
        wide, long = _footprint(rng)
        _place_feet(score, time, wide * size, long * size, rng)
        if rng.random() < 0.3:
            facing = rng.normal(0.0, 0.6)
        spread = float(np.hypot(2.0 * wide, long))
        _settle(score, time, seconds, spread, long, facing, size, rng)
        done = time + seconds + rng.exponential(1.5)
        if spread < _WIDEST_SHUFFLE and rng.random() < 0.5:
            done = max(done, _shuffle(score, time + seconds, rng, tempo, size))
        while (time := time + seconds + rng.exponential(0.8)) < done:
            seconds = rng.uniform(0.5, 1.5) / tempo
            _settle(score, time, seconds, spread, long, facing, size, rng)
        time = max(time, done)
    gesture(score, begin, time, rng, tempo, keep=rng.uniform(0.0, 0.4))
    look_about(score, begin, time, rng, tempo)
    if rng.random() < 0.6:
        time = rise(score, time, rng.uniform(0.7, 1.2) / tempo, rng)
    return time


def _footprint(rng: Rng) -> tuple[float, float]:
    """How far each foot is set out, and the left one ahead of the right; m, at 1.7 m stature."""
    kind = rng.random()
    if kind < 0.35:  # straddled
        return rng.uniform(0.05, 0.4), rng.normal(0.0, 0.08)
    if kind < 0.8:  # one foot ahead
        return rng.uniform(-0.05, 0.2), rng.choice((-1.0, 1.0)) * rng.uniform(0.15, 0.85)
    return rng.uniform(0.0, 0.25), rng.normal(0.0, 0.3)


def _place_feet(score: Score, time: float, wide: float, long: float, rng: Rng) -> None:
    for side, sign in zip(SIDES, (0.5, -0.5), strict=True):
        ahead = sign * long
        behind = float(np.clip(-ahead / 0.3, 0.0, 1.0))  # the rear foot turns out
        score.move(
            time,
            0.1,
            **{
                f"{side}_foot_x": ahead,
                f"{side}_foot_y": wide + rng.normal(0.0, 0.02),
                f"{side}_foot_yaw": rng.uniform(0.0, 0.4 + 1.2 * max(wide, 0.0)) + 0.6 * behind,
                f"{side}_foot_heel": 0.0,
            },
        )


def _settle(
    score: Score,
    time: float,
    seconds: float,
    spread: float,
    long: float,
    facing: float,
    size: float,
    rng: Rng,
) -> None:
    """Put the weight somewhere between the feet, at a height that goes with their distance."""
    depth = float(np.clip(rng.uniform(0.0, 0.14) + rng.uniform(0.0, 0.28) * spread, 0.0, 0.42))
    along = rng.uniform(-0.35, 0.35)
    # With a foot ahead the hips may turn towards the rear one or square up.
    yaw = facing * 0.5 - rng.uniform(-0.2, 0.9) * np.clip(long, -0.8, 0.8)
    score.move(
        time,
        seconds,
        pelvis_height=1.0 - depth,
        pelvis_x=size * (along * abs(long) + rng.normal(0.0, 0.03)),
        pelvis_y=size * (along * np.sign(long) * 0.1 + rng.normal(0.0, 0.12) * spread),
        pelvis_pitch=rng.normal(0.05, 0.12),
        pelvis_roll=rng.normal(0.0, 0.07),
        pelvis_yaw=yaw,
        spine_pitch=rng.normal(0.1, 0.2),
        spine_roll=rng.normal(0.0, 0.15),
        spine_yaw=0.5 * facing - 0.5 * yaw + rng.normal(0.0, 0.25),
        gaze_yaw=facing + rng.normal(0.0, 0.2),
        gaze_pitch=rng.normal(0.1, 0.2),
        balance=rng.uniform(0.5, 1.0),
    )


def _shuffle(score: Score, time: float, rng: Rng, tempo: float, size: float) -> float:
    """Move about without leaving the stance, as fencers and boxers do."""
    for _ in range(int(rng.integers(1, 4))):
        distance = size * rng.uniform(0.2, 1.0)
        speed = size * rng.uniform(0.25, 0.7) * np.sqrt(tempo)
        time = go(score, time, rng.uniform(-np.pi, np.pi), distance, speed, rng.normal(0.0, 0.5))
        time += rng.exponential(0.3)
    return time


def stand_on_one_leg(
    score: Score, time: float, rng: Rng, tempo: float, skeleton: Skeleton
) -> float:
    """Shift the weight, lift a foot: to the knee, forward, sideways or back; held or as a kick."""
    begin, size = time, skeleton.stature / _REFERENCE_STATURE
    for _ in range(int(rng.integers(1, 4))):
        index = int(rng.integers(2))
        side, sign = SIDES[index], 1.0 - 2.0 * index
        shift = rng.uniform(0.3, 0.7) / tempo
        score.move(
            time, shift, pelvis_y=-sign * size * rng.uniform(0.07, 0.13), pelvis_x=0.0,
            pelvis_height=rng.uniform(0.9, 1.0), pelvis_roll=-sign * rng.normal(0.0, 0.08),
        )  # fmt: skip
        time += shift * rng.uniform(0.5, 1.0)
        kick = rng.random() < 0.5
        up = rng.uniform(0.18, 0.4) / tempo if kick else rng.uniform(0.5, 1.2) / tempo
        bearing = rng.normal(0.2, 0.7) if rng.random() < 0.8 else np.pi + rng.normal(0.0, 0.3)
        high = rng.uniform(0.05, 0.5)
        far = rng.uniform(0.0, min(0.55, 0.1 + high))
        raised = {
            f"{side}_foot_lift": size * high,
            f"{side}_foot_out_x": size * far * np.cos(bearing),
            f"{side}_foot_out_y": size * far * np.sin(bearing),
            f"{side}_foot_heel": rng.uniform(-0.3, 0.9),
        }
        score.move(time, up, **raised)
        # The trunk goes the other way, the more the further the foot is out.
        away = far * rng.uniform(0.2, 0.8)
        score.move(
            time, up, pelvis_pitch=-away * np.cos(bearing), pelvis_yaw=rng.normal(0.0, 0.25),
            spine_pitch=rng.normal(0.0, 0.15), spine_roll=sign * away * np.sin(bearing),
        )  # fmt: skip
        time += up + (rng.exponential(0.1) if kick else rng.uniform(0.3, 2.5))
        down = rng.uniform(0.25, 0.5) / tempo if kick else rng.uniform(0.5, 1.0) / tempo
        score.move(time, down, **dict.fromkeys(raised, 0.0))
        score.move(time, down, pelvis_pitch=0.0, spine_roll=0.0, pelvis_yaw=0.0, pelvis_roll=0.0)
        time += down + rng.exponential(0.3)
    gesture(score, begin, time, rng, tempo, keep=rng.uniform(0.0, 0.5))
    look_about(score, begin, time, rng, tempo)
    return rise(score, time, rng.uniform(0.6, 1.2) / tempo, rng)
