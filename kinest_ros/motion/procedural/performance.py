# SPDX-License-Identifier: Apache-2.0
"""Procedural human motion: a seed in, a performance out.

A performance is a chain of behaviours written into a score and then played on a skeleton. The
same name, skeleton, seed, duration and rate always give the same motion.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.procedural.assemble import perform
from kinest_ros.motion.procedural.behaviours import lean, pose, reach, rise, squat, stand
from kinest_ros.motion.procedural.person import Person
from kinest_ros.motion.procedural.sample import SAMPLE_DURATION, sample_person, write_sample
from kinest_ros.motion.procedural.scores import Score
from kinest_ros.motion.procedural.seats import kneel, sit
from kinest_ros.motion.procedural.walking import turn_about, walk
from kinest_ros.motion.procedural.wide_stances import stand_on_one_leg, take_stances
from kinest_ros.motion.variations.crouch import crouch

__all__ = ["PERFORMANCES", "crouch", "generate"]

_Behaviour = Callable[..., float]

_ON_FEET: dict[str, _Behaviour] = {
    "stand": stand, "pose": pose, "lean": lean, "squat": squat, "reach": reach, "walk": walk,
    "turn": turn_about,
}  # fmt: skip
# These place the body by the lengths of its bones.
_MEASURED: dict[str, _Behaviour] = {
    "sit": sit, "kneel": kneel, "stances": take_stances, "one_leg": stand_on_one_leg,
}  # fmt: skip

# How often each behaviour is drawn.
_MIXES: dict[str, dict[str, float]] = {
    "everything": {"stand": 1.5, "pose": 0.5, "lean": 1.0, "squat": 1.8, "reach": 3.0,
                   "walk": 2.0, "turn": 1.2, "sit": 1.0, "kneel": 1.0, "stances": 3.0,
                   "one_leg": 1.5},
    "standing": {"stand": 3.0, "pose": 1.0, "lean": 1.5, "turn": 0.3},
    "reaching": {"reach": 4.0, "lean": 1.0, "stand": 0.5},
    "squatting": {"squat": 1.0},
    "sitting": {"sit": 1.0},
    "kneeling": {"kneel": 1.0},
    "stances": {"stances": 2.0, "one_leg": 1.0, "stand": 0.2},
    "walking": {"walk": 4.0, "turn": 1.0, "stand": 0.5},
}  # fmt: skip

#: Names that generate() knows. "sample" is the bundled one; "everything" mixes all behaviours.
PERFORMANCES: tuple[str, ...] = ("sample", *_MIXES)


def generate(
    name: str, skeleton: Skeleton, seed: int, duration: float | None = None, fps: float = 60.0
) -> Motion:
    """Make a performance.

    Args:
        name: One of PERFORMANCES.
        skeleton: The body that moves.
        seed: Any integer; the same seed gives the same motion.
        duration: Seconds; None for a minute, or for the sample's own length.
        fps: Frames per second of the result.

    Returns:
        The motion, feet on the floor z = 0, starting near the origin and facing world +X.

    Raises:
        KinestError: Unknown name, or a duration or rate that makes no motion.
    """
    if name not in PERFORMANCES:
        raise KinestError(
            f"there is no performance {name!r}; choose one of {', '.join(PERFORMANCES)}"
        )
    if duration is None:
        duration = SAMPLE_DURATION if name == "sample" else 60.0
    if not (duration * fps >= 2.0 and 1.0 <= fps <= 1000.0 and duration <= 36000.0):
        raise KinestError(
            f"a performance of {duration} s at {fps} Hz is not possible; "
            "give a duration of up to 36000 s and a rate of 1 to 1000 Hz"
        )
    rng = np.random.default_rng(seed)
    score = Score()
    if name == "sample":
        write_sample(score, rng, skeleton)
        return perform(score, sample_person(), skeleton, rng, duration, fps)
    person = Person.drawn(rng)
    _open(score, rng)
    tempo = rng.uniform(0.75, 1.4)
    mix = _MIXES[name]
    names, weights = list(mix), np.array(list(mix.values()))
    weights = weights / weights.sum()
    time = rng.uniform(0.0, 1.0)
    while time < duration:
        choice = names[int(rng.choice(len(names), p=weights))]
        pace = tempo * rng.uniform(0.85, 1.15)
        if choice in _MEASURED:
            time = _MEASURED[choice](score, time, rng, pace, skeleton)
        else:
            time = _ON_FEET[choice](score, time, rng, pace)
        if rng.random() < 0.3:
            time = rise(score, time, 0.8 / pace, rng)
    return perform(score, person, skeleton, rng, duration, fps)


def _open(score: Score, rng: np.random.Generator) -> None:
    """Start with the arms somewhere else than at the sides now and then."""
    if rng.random() < 0.5:
        for side in ("left", "right"):
            score.start[f"{side}_arm_x"] = 0.55
            score.start[f"{side}_arm_y"] = -0.05
            score.start[f"{side}_arm_z"] = -0.45
