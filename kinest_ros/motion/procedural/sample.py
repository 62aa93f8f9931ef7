# SPDX-License-Identifier: Apache-2.0
"""The bundled performance: what a headset user would try first, in forty seconds."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.procedural.behaviours import crouch_to, rise
from kinest_ros.motion.procedural.footsteps import StepStyle
from kinest_ros.motion.procedural.gestures import aim_arm, gesture, hold
from kinest_ros.motion.procedural.person import Person
from kinest_ros.motion.procedural.scores import Score
from kinest_ros.motion.procedural.walking import go

SAMPLE_DURATION = 42.0


def sample_person() -> Person:
    """Somebody who moves calmly."""
    return Person(step=StepStyle(0.42, 0.12, 0.05, 0.07), sway=0.7, stance=0.02)


def write_sample(score: Score, rng: np.random.Generator, skeleton: Skeleton) -> None:
    """Stand, T-pose, reach high and low, squat, walk, turn and walk back."""
    # Stand, then a T-pose for calibration.
    score.move(1.0, 0.6, gaze_yaw=0.5)
    score.move(2.0, 0.8, gaze_yaw=-0.4, gaze_pitch=0.2)
    score.move(3.0, 0.5, gaze_yaw=0.0, gaze_pitch=0.0)
    hold(score, 3.0, 1.0, "t_pose", rng)
    hold(score, 5.5, 1.0, "controller", rng)
    # High with the right hand, then both, then high to the left.
    score.move(7.2, 0.8, gaze_pitch=-0.45, spine_pitch=-0.12)
    aim_arm(score, "right", 7.2, 0.9, (0.3, 0.05, 0.94), 0.8, rng, 0.3)
    aim_arm(score, "left", 8.6, 0.9, (0.3, 0.05, 0.94), 0.8, rng, 0.3)
    score.move(10.0, 0.8, gaze_yaw=0.6, spine_yaw=0.35, pelvis_yaw=0.2, spine_pitch=0.0)
    aim_arm(score, "right", 10.0, 0.8, (0.75, -0.45, 0.2), 0.3, rng, 0.3)
    aim_arm(score, "left", 10.0, 0.8, (0.45, 0.75, 0.35), 0.3, rng, 0.3)
    score.move(11.4, 0.8, gaze_yaw=0.0, gaze_pitch=0.0, spine_yaw=0.0, pelvis_yaw=0.0)
    hold(score, 11.4, 0.8, "controller", rng)
    # Down to the floor with the right hand.
    crouch_to(score, 12.6, 1.2, 0.58, rng, 0.9)
    score.move(12.6, 0.9, gaze_pitch=0.6)
    aim_arm(score, "right", 12.6, 1.2, (0.45, 0.0, -0.95), 0.85, rng, 0.3)
    rise(score, 14.6, 1.2, rng)
    score.move(14.6, 1.0, gaze_pitch=0.0)
    hold(score, 14.6, 1.2, "controller", rng)
    # Two squats, the second deep and held.
    crouch_to(score, 16.4, 1.0, 0.7, rng, 0.5)
    hold(score, 16.4, 1.0, "forward", rng)
    rise(score, 17.6, 1.0, rng)
    crouch_to(score, 19.0, 1.3, 0.45, rng, 0.6)
    rise(score, 21.8, 1.3, rng)
    hold(score, 21.8, 1.2, "hang", rng)
    # Walk, sidestep, turn about, walk back, turn again.
    time = go(score, 23.5, 0.0, 2.2, 0.9, 0.0)
    time = go(score, time + 0.4, 0.5 * np.pi, 0.7, 0.5, 0.0)
    gesture(score, time, time + 1.5, rng, 1.0, sides=("right",))
    score.move(time + 0.3, 0.6, gaze_yaw=0.7)
    score.move(time + 0.5, 2.4, base_yaw=np.pi)
    score.move(time + 1.8, 1.0, gaze_yaw=0.0)
    hold(score, time + 2.4, 0.8, "hang", rng)
    time = go(score, time + 3.2, 0.0, 2.2, 1.0, 0.0)
    time = go(score, time + 0.3, np.pi, 0.5, 0.5, 0.0)
    score.move(time + 0.3, 2.2, base_yaw=2.0 * np.pi)
    hold(score, time + 2.8, 0.8, "controller", rng)
