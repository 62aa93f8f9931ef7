# SPDX-License-Identifier: Apache-2.0
"""How much each target counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Weights:
    """Weights of residuals: of rotations per rad, of places per m.

    Attributes:
        pelvis: its rotation.
        chest: likewise.
        head: likewise.
        arm: direction of the upper arm.
        arm_twist: its turn about itself, which says where the elbow folds.
        forearm: its direction.
        hand: place of the wrist from the shoulder.
        hand_rotation: of a hand that hardly turns.
        hand_whirl: likewise, of one that turns fast.
        leg: direction of the thigh.
        leg_twist: its turn about itself.
        shank: its direction.
        hips: place of the hips.
        ankle: place of a free foot.
        standing: place of a standing foot.
        foot: rotation of a free foot.
        sole: rotation of a standing foot.
        posture: pull of each joint towards home.
        damping: of each joint's step.
        smooth: of the change of velocity of the base and of wrists, per rad/s.
        smooth_leg: likewise, of legs.
        smooth_upper: likewise, of waist, head, shoulders and elbows.
        base_damping: of the base's step.
    """

    pelvis: float = 2.5
    chest: float = 1.7
    head: float = 0.5
    arm: float = 1.75
    arm_twist: float = 0.4
    forearm: float = 1.75
    hand: float = 12.0
    hand_rotation: float = 0.4
    hand_whirl: float = 0.15
    leg: float = 0.7
    leg_twist: float = 0.1
    shank: float = 0.42
    hips: float = 7.5
    ankle: float = 7.0
    standing: float = 60.0
    foot: float = 0.7
    sole: float = 6.0
    posture: float = 0.02
    damping: float = 0.12
    smooth: float = 0.65
    smooth_leg: float = 0.75
    smooth_upper: float = 0.8
    base_damping: float = 0.05
