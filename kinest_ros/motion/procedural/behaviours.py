# SPDX-License-Identifier: Apache-2.0
"""What a body can do in place.

Each behaviour writes its moves into the score from a start time and returns the time at which the
next may begin (s).
"""

from __future__ import annotations

import numpy as np

from kinest_ros.motion.procedural.gestures import aim_arm, gesture, hold, look_about
from kinest_ros.motion.procedural.scores import SIDES, Score

Rng = np.random.Generator

_UPRIGHT = {
    "pelvis_x": 0.0, "pelvis_y": 0.0, "pelvis_height": 1.0, "pelvis_pitch": 0.0,
    "pelvis_roll": 0.0, "pelvis_yaw": 0.0, "balance": 1.0,
    "spine_pitch": 0.0, "spine_roll": 0.0, "spine_yaw": 0.0,
}  # fmt: skip


def rise(score: Score, time: float, seconds: float, rng: Rng) -> float:
    """Stand up straight from wherever the body is."""
    targets = dict(_UPRIGHT, pelvis_height=1.0 - abs(rng.normal(0.0, 0.012)))
    score.move(time, seconds, **targets)
    stance = {f"{side}_foot_{key}": 0.0 for side in SIDES for key in ("x", "y", "heel")}
    score.move(time + 0.2 * seconds, 0.6 * seconds, **stance)
    return time + seconds


def stand(score: Score, time: float, rng: Rng, tempo: float) -> float:
    """Stand, shift the weight from leg to leg, gesture, look about."""
    end = time + rng.uniform(3.0, 8.0)
    look_about(score, time, end, rng, tempo)
    gesture(score, time, end, rng, tempo, keep=rng.uniform(0.0, 0.5))
    while time < end:
        seconds = rng.uniform(0.8, 2.0) / tempo
        side = rng.choice((-1.0, 1.0)) * rng.uniform(0.0, 0.09)
        score.move(
            time,
            seconds,
            pelvis_y=side,
            pelvis_roll=-0.8 * side + rng.normal(0.0, 0.02),
            spine_roll=0.8 * side + rng.normal(0.0, 0.06),
            spine_pitch=rng.normal(0.02, 0.06),
            spine_yaw=rng.normal(0.0, 0.15),
            pelvis_yaw=rng.normal(0.0, 0.12),
            pelvis_pitch=rng.normal(0.0, 0.05),
            pelvis_height=1.0 - abs(rng.normal(0.0, 0.02)),
        )
        time += seconds + rng.exponential(1.0)
    return end


def pose(score: Score, time: float, rng: Rng, tempo: float) -> float:
    """A still pose: arms hanging, T, forward, overhead, hands on hips or holding controllers."""
    seconds = rng.uniform(0.7, 1.4) / tempo
    places = ("hang", "t_pose", "forward", "high", "hip", "controller")
    score.move(time, seconds, **_UPRIGHT)
    score.move(time, seconds, gaze_yaw=rng.normal(0, 0.1), gaze_pitch=rng.normal(0.05, 0.1))
    hold(score, time, seconds, str(rng.choice(places)), rng)
    return time + seconds + rng.uniform(0.5, 3.0)


def lean(score: Score, time: float, rng: Rng, tempo: float) -> float:
    """Lean and twist the trunk over planted feet, in any direction."""
    end = time + rng.uniform(3.0, 7.0)
    gesture(score, time, end, rng, tempo, keep=0.3)
    look_about(score, time, end, rng, tempo)
    while time < end:
        seconds = rng.uniform(0.7, 1.8) / tempo
        forward = float(np.clip(rng.normal(0.35, 0.45), -0.35, 1.5))
        score.move(
            time,
            seconds,
            pelvis_pitch=forward * rng.uniform(0.3, 0.7),
            spine_pitch=forward * rng.uniform(0.3, 0.7),
            pelvis_roll=rng.normal(0.0, 0.1),
            spine_roll=rng.normal(0.0, 0.25),
            pelvis_yaw=rng.normal(0.0, 0.2),
            spine_yaw=rng.normal(0.0, 0.4),
            pelvis_y=rng.normal(0.0, 0.05),
            pelvis_height=1.0 - abs(rng.normal(0.0, 0.06)),
        )
        time += seconds + rng.exponential(0.6)
    return rise(score, end, rng.uniform(0.8, 1.5) / tempo, rng)


def crouch_to(
    score: Score, time: float, seconds: float, height: float, rng: Rng, lean_forward: float
) -> None:
    """Lower the pelvis to a fraction of its standing height, hips back, trunk forward."""
    depth = float(np.clip((1.0 - height) / 0.6, 0.0, 1.1))
    wide = rng.uniform(0.0, 0.14) * depth
    for side in SIDES:
        score.move(
            time,
            0.1,
            **{
                f"{side}_foot_y": wide,
                f"{side}_foot_x": rng.normal(0.0, 0.06) * depth,
                f"{side}_foot_yaw": 0.12 + rng.uniform(0.0, 0.45) * depth,
            },
        )
    score.move(
        time,
        seconds,
        pelvis_height=height,
        pelvis_x=-rng.uniform(0.08, 0.2) * depth,
        pelvis_y=rng.normal(0.0, 0.02),
        pelvis_pitch=lean_forward * rng.uniform(0.3, 0.6) - 0.25 * depth**2,
        spine_pitch=lean_forward * rng.uniform(0.4, 0.7),
        pelvis_roll=rng.normal(0.0, 0.04),
        spine_roll=rng.normal(0.0, 0.08),
        pelvis_yaw=rng.normal(0.0, 0.12),
        spine_yaw=rng.normal(0.0, 0.15),
        balance=1.0,
    )


def squat(score: Score, time: float, rng: Rng, tempo: float) -> float:
    """Squat to any depth, once and back at once or staying down for a while."""
    for _ in range(int(rng.integers(1, 4))):
        depth = rng.beta(1.3, 1.1)
        height = 1.0 - 0.62 * depth
        seconds = rng.uniform(0.6, 1.3) * (0.6 + 0.7 * depth) / tempo
        crouch_to(score, time, seconds, height, rng, rng.uniform(0.1, 0.8) * (0.4 + 0.6 * depth))
        stay = rng.exponential(0.4) if rng.random() < 0.5 else rng.uniform(1.5, 6.0)
        done = time + seconds + stay
        if stay > 1.5 or rng.random() < 0.4:
            gesture(score, time, done, rng, tempo, keep=0.2)
            look_about(score, time, done, rng, tempo)
        else:
            hold(score, time, seconds, str(rng.choice(("forward", "front", "controller"))), rng)
        if stay > 2.5 and rng.random() < 0.5:  # shift about while down
            score.move(
                time + seconds + 0.8,
                1.0,
                pelvis_height=float(np.clip(height + rng.normal(0.0, 0.1), 0.38, 0.95)),
                spine_yaw=rng.normal(0.0, 0.35),
                spine_pitch=rng.uniform(0.0, 0.5),
            )
        time = done
        if rng.random() < 0.7:
            time = rise(score, time, rng.uniform(0.6, 1.3) / tempo, rng) + rng.exponential(0.2)
    return rise(score, time, rng.uniform(0.7, 1.2) / tempo, rng)


def _stoop_to(
    score: Score, time: float, seconds: float, hand: float, stoop: float, rng: Rng
) -> None:
    """Bring the shoulders so low that hanging hands are at a height (in standing pelvis heights).

    ``stoop`` is 0 for a squat with the trunk as upright as may be, 1 for a bow over nearly
    straight legs.
    """
    height = 0.45 + 0.37 * stoop + rng.uniform(0.0, 0.08)
    # In standing pelvis heights, arms and trunk are each about half a unit long.
    lean = float(np.arccos(np.clip((hand + 0.52 - height) / 0.5, -0.35, 1.0)))
    crouch_to(score, time, seconds, height, rng, lean)
    share = rng.uniform(0.45, 0.65)
    score.move(time, seconds, pelvis_pitch=share * lean, spine_pitch=1.25 * (1.0 - share) * lean)


def reach(score: Score, time: float, rng: Rng, tempo: float) -> float:
    """Reach with one hand or both: high, low, to the floor, sideways, across; the body helps."""
    for _ in range(int(rng.integers(1, 5))):
        seconds = rng.uniform(0.6, 1.4) / tempo
        both = rng.random() < 0.35
        side = str(rng.choice(SIDES))
        sign = 1.0 if side == "left" else -1.0
        up = float(rng.choice((-1.0, -0.6, 0.0, 0.5, 1.0), p=(0.28, 0.17, 0.15, 0.2, 0.2)))
        bearing = rng.normal(0.0, 0.15) if both else rng.uniform(-0.9, 1.6)  # outward positive
        turn = sign * bearing
        low = max(-up, 0.0)
        stoop = rng.uniform(0.0, 1.0)  # 0: bends the knees, 1: bends the back
        if low > 0.0:
            seconds += 0.4
            _stoop_to(score, time, seconds, rng.uniform(0.0, 0.2) + 0.7 * (1.0 - low), stoop, rng)
        else:
            bow = rng.normal(0.0, 0.08) + 0.15 * (up == 0.0)
            score.move(
                time,
                seconds,
                pelvis_height=1.0 - abs(rng.normal(0.0, 0.01)),
                pelvis_pitch=0.4 * bow,
                spine_pitch=0.6 * bow - 0.15 * up,
                spine_roll=-0.2 * sign * rng.random() * (not both) * (1.0 if up < 0.9 else -1.0),
                pelvis_x=0.0,
            )
            if up == 1.0 and rng.random() < 0.5:  # on tiptoe
                heel = rng.uniform(0.2, 0.6)
                score.move(time, seconds, left_foot_heel=heel, right_foot_heel=heel,
                           pelvis_height=1.1)  # fmt: skip
        score.move(time, seconds, spine_yaw=0.3 * turn, pelvis_yaw=0.25 * turn)
        score.move(
            time,
            0.7 * seconds,
            gaze_yaw=0.7 * turn,
            gaze_pitch=-0.5 * up if up >= 0 else 0.6 * low + rng.uniform(0.0, 0.4),
        )
        flat = np.sqrt(max(1.0 - (0.85 * up) ** 2, 0.05)) * rng.uniform(0.7, 1.0)
        for arm in SIDES if both else (side,):
            aim_arm(
                score,
                arm,
                time + rng.uniform(0.0, 0.1),
                seconds,
                (flat * np.cos(0.6 * bearing), flat * np.sin(0.6 * bearing) - 0.15 * both, up),
                0.85,
                rng,
            )
        if not both and rng.random() < 0.5:
            other = SIDES[1 - SIDES.index(side)]
            gesture(score, time, time + 0.1, rng, tempo, sides=(other,))
        time += seconds + rng.exponential(0.4)
        if rng.random() < 0.6:
            score.move(time, 0.8 / tempo, left_foot_heel=0.0, right_foot_heel=0.0)
            time = rise(score, time, rng.uniform(0.7, 1.3) / tempo, rng)
    return rise(score, time, rng.uniform(0.7, 1.2) / tempo, rng)
