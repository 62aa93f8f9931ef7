# SPDX-License-Identifier: Apache-2.0
"""Sitting and kneeling: behaviours that place the pelvis from the length of the legs."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.procedural.behaviours import rise
from kinest_ros.motion.procedural.gestures import gesture, look_about
from kinest_ros.motion.procedural.scores import SIDES, Score

Rng = np.random.Generator
_KNEE_ON_FLOOR = 0.06  # height of the knee joint when kneeling, m


def _measures(skeleton: Skeleton) -> tuple[float, float, float, float, float]:
    """Standing pelvis height, hip drop, thigh, shin, ankle height (m)."""
    offsets = skeleton.rest_offsets
    thigh, shin = float(np.linalg.norm(offsets[4])), float(np.linalg.norm(offsets[7]))
    return skeleton.pelvis_height, -float(offsets[1, 1]), thigh, shin, skeleton.ankle_height


def _busy(score: Score, start: float, end: float, rng: Rng, tempo: float) -> None:
    """Arms, head and trunk of somebody who stays down for a while."""
    gesture(score, start, end, rng, tempo, keep=rng.uniform(0.0, 0.4))
    look_about(score, start, end, rng, tempo)
    time = start + rng.exponential(1.0)
    while time < end:
        seconds = rng.uniform(0.8, 1.8) / tempo
        score.move(
            time,
            seconds,
            spine_pitch=float(np.clip(rng.normal(0.1, 0.2), -0.2, 0.8)),
            spine_roll=rng.normal(0.0, 0.12),
            spine_yaw=rng.normal(0.0, 0.25),
            pelvis_pitch=float(np.clip(rng.normal(0.0, 0.15), -0.3, 0.5)),
        )
        time += seconds + rng.exponential(2.0)


def sit(score: Score, time: float, rng: Rng, tempo: float, skeleton: Skeleton) -> float:
    """Sit down on a chair or a low box, stay, stand up again."""
    standing, drop, thigh, shin, ankle = _measures(skeleton)
    seat = (ankle + shin) * rng.uniform(0.75, 1.12) + 0.03  # height of the hip joints
    level = float(np.clip((seat - ankle - shin) / thigh, -0.5, 0.5))
    back = thigh * np.sqrt(1.0 - level**2) * rng.uniform(0.75, 1.0)
    seconds = rng.uniform(1.0, 1.8) / tempo
    for side in SIDES:
        score.move(
            time,
            0.1,
            **{
                f"{side}_foot_y": rng.uniform(-0.03, 0.12),
                f"{side}_foot_x": rng.normal(0.0, 0.08),
                f"{side}_foot_yaw": rng.uniform(0.0, 0.4),
            },
        )
    # Forward with the trunk first, so that the hips can go back over the seat.
    score.move(time, 0.6 * seconds, pelvis_pitch=rng.uniform(0.3, 0.6), spine_pitch=0.2)
    score.move(
        time + 0.1 * seconds, 0.9 * seconds, pelvis_height=(seat + drop) / standing,
        pelvis_x=-back, pelvis_y=0.0, balance=0.0, pelvis_yaw=0.0, pelvis_roll=0.0, spine_roll=0.0,
    )  # fmt: skip
    score.move(
        time + 0.6 * seconds,
        0.7 * seconds,
        pelvis_pitch=rng.normal(-0.1, 0.12),
        spine_pitch=rng.normal(0.08, 0.1),
    )
    start = time + 1.3 * seconds
    end = start + rng.uniform(3.0, 10.0)
    _busy(score, start, end, rng, tempo)
    score.move(end, 0.6, pelvis_pitch=rng.uniform(0.4, 0.7), spine_pitch=0.2)
    return rise(score, end + 0.4, rng.uniform(1.0, 1.6) / tempo, rng)


def kneel(score: Score, time: float, rng: Rng, tempo: float, skeleton: Skeleton) -> float:
    """Go down on one knee or both, stay, come up again one foot first."""
    standing, drop, thigh, shin, _ = _measures(skeleton)
    first = int(rng.integers(2))
    seconds = rng.uniform(0.9, 1.5) / tempo
    both = rng.random() < 0.55
    # The kneeling foot: on its toes or stretched out flat behind.
    heel = rng.uniform(1.1, 1.5) if rng.random() < 0.5 else rng.uniform(2.2, 2.7)
    toe = skeleton.rest_offsets[10]
    # The ankle's height with the foot turned up about its toe joint.
    raised = 0.02 + (toe[2] * np.sin(heel) - toe[1] * np.cos(heel))
    shin_level = np.sqrt(max(shin**2 - (raised - _KNEE_ON_FLOOR) ** 2, 0.01))
    # Ankle against its flat place when the foot is turned about the toes.
    ankle_ahead = toe[2] - toe[2] * np.cos(heel) - toe[1] * np.sin(heel)
    tilt = rng.uniform(0.0, 0.35) if rng.random() < 0.6 else rng.uniform(0.4, 1.0)
    hip_height = _KNEE_ON_FLOOR + thigh * np.cos(tilt)
    knee_from_hip = thigh * np.sin(tilt)  # knees are this far in front of the hips
    if not both:
        tilt *= 0.3
    foot = knee_from_hip - shin_level - ankle_ahead + 0.02  # hips over the base
    down = [first, 1 - first] if both else [first]
    score.move(time, seconds, pelvis_height=0.85, spine_pitch=0.2, pelvis_pitch=0.15)
    for count, side in enumerate(down):
        name = SIDES[side]
        begin = time + count * 0.9
        score.move(
            begin, 0.05, **{f"{name}_foot_x": foot, f"{name}_foot_y": rng.uniform(-0.02, 0.08),
                            f"{name}_foot_yaw": rng.uniform(-0.1, 0.1)},
        )  # fmt: skip
        score.move(begin + 0.2, seconds, **{f"{name}_foot_heel": heel})
    if not both:
        name = SIDES[1 - first]
        ahead = rng.uniform(0.7, 1.05) * thigh
        score.move(time, 0.05, **{f"{name}_foot_x": ahead, f"{name}_foot_y": 0.04})
    score.move(
        time + 0.4,
        seconds + 0.9 * (len(down) - 1),
        pelvis_height=(hip_height + drop) / standing,
        pelvis_x=0.0,
        balance=0.15,
        pelvis_pitch=rng.normal(0.0, 0.08) + 0.3 * tilt,
        spine_pitch=rng.normal(0.1, 0.1),
        pelvis_roll=0.0,
        pelvis_yaw=rng.normal(0.0, 0.1),
    )
    start = time + 0.6 + seconds + 0.9 * (len(down) - 1)
    end = start + rng.uniform(2.5, 8.0)
    _busy(score, start, end, rng, tempo)
    if both:  # one foot to the front, then up
        name = SIDES[1 - first]
        score.move(end, 0.5, **{f"{name}_foot_x": 0.8 * thigh, f"{name}_foot_heel": 0.0})
        hip = _KNEE_ON_FLOOR + 0.97 * thigh
        score.move(end, 0.7, pelvis_height=(hip + drop) / standing, pelvis_pitch=0.2)
        end += 0.9
    return rise(score, end, rng.uniform(1.1, 1.7) / tempo, rng)
