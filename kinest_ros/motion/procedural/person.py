# SPDX-License-Identifier: Apache-2.0
"""How a person holds and moves the body."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kinest_ros.motion.procedural.footsteps import StepStyle


@dataclass(frozen=True)
class Person:
    """How a person holds and moves the body; drawn once per performance.

    Attributes:
        stance: Distance of each ankle from the middle, m beyond the hip joint.
        step: Stepping habits.
        spine_shares: (3, 3) share of spine1..3 (row) in pitch, roll, yaw (column).
        slouch: Resting forward bend of the spine, rad.
        neck_share: Share of the neck joint in a turn of the head.
        gaze_follow: Part of the trunk's lean and turn that the head follows.
        knees_out: Outward turn of the knees when deeply bent, rad.
        sway: Scale of the small movements nobody can suppress.
        arm_swing: Scale of the arms' swing while walking.
        twist_share: Share of the elbow joint in the twist of the forearm.
    """

    stance: float = 0.03
    step: StepStyle = field(default_factory=StepStyle)
    spine_shares: np.ndarray = field(default_factory=lambda: np.full((3, 3), 1.0 / 3.0))
    slouch: float = 0.05
    neck_share: float = 0.5
    gaze_follow: float = 0.5
    knees_out: float = 0.4
    sway: float = 1.0
    arm_swing: float = 0.6
    twist_share: float = 0.6

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Person:
        """A random person."""
        shares = rng.dirichlet((12.0, 14.0, 14.0), 3).T
        tempo = rng.uniform(0.8, 1.2)
        return cls(
            stance=rng.uniform(-0.01, 0.09),
            step=StepStyle(
                swing=rng.uniform(0.34, 0.5) / tempo,
                pause=rng.uniform(0.06, 0.2) / tempo,
                slack=rng.uniform(0.03, 0.08),
                lift=rng.uniform(0.05, 0.12),
            ),
            spine_shares=shares,
            slouch=rng.uniform(-0.05, 0.25),
            neck_share=rng.uniform(0.35, 0.65),
            gaze_follow=rng.uniform(0.3, 0.85),
            knees_out=rng.uniform(0.15, 0.7),
            sway=rng.uniform(0.4, 1.6),
            arm_swing=rng.uniform(0.2, 1.0),
            twist_share=rng.uniform(0.4, 0.8),
        )
