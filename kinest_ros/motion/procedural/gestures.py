# SPDX-License-Identifier: Apache-2.0
"""What arms and head do while the rest of the body does something else."""

from __future__ import annotations

import numpy as np

from kinest_ros.motion.procedural.scores import SIDES, Score

Box = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]

# Where a wrist may go (forward, outward, up from the shoulder, in arm lengths), how level the
# target is kept when the trunk leans, and how often it is chosen.
PLACES: dict[str, tuple[Box, float, float]] = {
    "hang": (((-0.05, 0.15), (0.06, 0.22), (-0.99, -0.93)), 0.3, 2.0),
    "relaxed": (((0.1, 0.4), (-0.1, 0.25), (-0.9, -0.65)), 0.3, 1.5),
    "controller": (((0.35, 0.75), (-0.3, 0.15), (-0.65, -0.2)), 0.3, 3.0),
    "front": (((0.35, 0.9), (-0.4, 0.4), (-0.45, 0.35)), 0.3, 3.0),
    "forward": (((0.85, 1.0), (-0.2, 0.3), (-0.25, 0.25)), 0.5, 0.8),
    "side": (((-0.2, 0.4), (0.65, 1.0), (-0.4, 0.4)), 0.2, 1.0),
    "t_pose": (((-0.03, 0.08), (0.98, 1.0), (-0.04, 0.04)), 0.0, 0.3),
    "high": (((0.0, 0.55), (-0.15, 0.4), (0.6, 1.0)), 0.4, 1.2),
    "across": (((0.4, 0.8), (-0.75, -0.3), (-0.45, 0.2)), 0.1, 0.8),
    "face": (((0.15, 0.4), (-0.4, -0.15), (0.1, 0.4)), 0.0, 0.5),
    "hip": (((-0.05, 0.1), (0.12, 0.3), (-0.75, -0.6)), 0.0, 0.5),
    "behind": (((-0.45, -0.15), (0.1, 0.4), (-0.9, -0.7)), 0.0, 0.4),
    "knees": (((0.45, 0.75), (-0.25, 0.05), (-0.8, -0.55)), 0.3, 0.6),
}


_SECONDS_PER_ARM = 0.38  # fastest move over one arm length


def aim_arm(
    score: Score,
    side: str,
    time: float,
    seconds: float,
    target: tuple[float, float, float],
    level: float,
    rng: np.random.Generator,
    loose: float = 1.0,
) -> None:
    """Send one wrist to a target, with a random elbow, forearm and hand.

    Args:
        score: The score to write into.
        side: "left" or "right".
        time: Start, s.
        seconds: How long the move takes, at least; a long way takes longer.
        target: Forward, outward, up from the shoulder in arm lengths.
        level: 0 for a target that leans with the chest, 1 for one that stays upright.
        rng: Source of what the target leaves open.
        loose: Scale of that randomness.
    """
    here = [score.now(f"{side}_arm_{axis}") for axis in "xyz"]
    seconds = max(seconds, _SECONDS_PER_ARM * float(np.linalg.norm(np.subtract(target, here))))
    hanging = float(np.clip(-1.4 * target[2] - 0.4, 0.0, 1.0))
    free = loose * (1.0 - 0.6 * hanging)
    values = {
        "x": target[0],
        "y": target[1],
        "z": target[2],
        "level": level,
        "swivel": free * rng.normal(0.05, 0.3),
        "twist": -0.1 + free * rng.normal(0.15, 0.5),
        "flex": 0.05 + free * rng.normal(0.0, 0.25),
        "deviation": free * rng.normal(0.0, 0.15),
        "shrug": loose * abs(rng.normal(0.0, 0.04)),
    }
    values["twist"] = float(np.clip(values["twist"], -1.2, 1.3))
    values["flex"] = float(np.clip(values["flex"], -0.8, 0.8))
    score.move(time, seconds, **{f"{side}_arm_{key}": value for key, value in values.items()})


def hold(score: Score, time: float, seconds: float, place: str, rng: np.random.Generator) -> None:
    """Bring both hands to one of PLACES, nearly mirror-wise."""
    box, level, _ = PLACES[place]
    target = [rng.uniform(*limits) for limits in box]
    for side in SIDES:
        near = [value + rng.normal(0.0, 0.02) for value in target]
        aim_arm(score, side, time, seconds, (near[0], near[1], near[2]), level, rng, 0.6)


def gesture(
    score: Score,
    start: float,
    end: float,
    rng: np.random.Generator,
    tempo: float,
    keep: float = 0.0,
    sides: tuple[str, ...] = SIDES,
) -> None:
    """Let the arms wander from place to place between two times (s).

    Args:
        score: The score to write into.
        start: First move begins here.
        end: No move begins later.
        rng: Source of all choices.
        tempo: 1 for ordinary speed.
        keep: Chance at each turn that the arms stay where they are for a while.
        sides: Which arms.
    """
    names = list(PLACES)
    weights = np.array([PLACES[name][2] for name in names])
    # A person stays with a few habits for a while.
    weights = rng.dirichlet(weights * 0.8 + 1e-3)
    together = rng.random() < 0.35
    clocks = dict.fromkeys(sides, start)
    while min(clocks.values()) < end:
        side = min(clocks, key=lambda name: clocks[name])
        time = clocks[side]
        if rng.random() < keep:
            clocks[side] = time + rng.uniform(0.8, 3.0)
            continue
        name = names[int(rng.choice(len(names), p=weights))]
        box, level, _ = PLACES[name]
        target = [rng.uniform(*limits) for limits in box]
        moving = list(sides) if together else [side]
        seconds = float(np.clip(rng.gamma(6.0, 0.12) / tempo, 0.3, 2.0))
        dwell = rng.exponential(0.7) if rng.random() < 0.8 else rng.uniform(1.5, 4.0)
        for one in moving:
            near = [value + rng.normal(0.0, 0.03) for value in target]
            aim_arm(score, one, time, seconds, (near[0], near[1], near[2]), level, rng)
            clocks[one] = time + seconds + dwell


def look_about(
    score: Score, start: float, end: float, rng: np.random.Generator, tempo: float
) -> None:
    """Let the head look around between two times (s), now and then straight down."""
    time = start + rng.uniform(0.0, 1.5)
    while time < end:
        kind = rng.random()
        if kind < 0.45:
            yaw, pitch = rng.normal(0.0, 0.25), rng.normal(0.1, 0.15)
        elif kind < 0.75:
            yaw, pitch = rng.uniform(-1.2, 1.2), rng.normal(0.1, 0.3)
        elif kind < 0.93:
            yaw, pitch = rng.normal(0.0, 0.3), rng.uniform(0.5, 1.5)
        else:
            yaw, pitch = rng.normal(0.0, 0.3), rng.uniform(-0.8, -0.3)
        seconds = float(np.clip(rng.gamma(5.0, 0.1) / tempo, 0.25, 1.5))
        score.move(time, seconds, gaze_yaw=yaw, gaze_pitch=pitch, gaze_roll=rng.normal(0.0, 0.08))
        if abs(yaw) > 0.5:  # the trunk goes along
            share = rng.uniform(0.0, 0.5)
            score.move(time, seconds * 1.3, spine_yaw=0.6 * share * yaw)
        time += seconds + rng.exponential(1.2)
