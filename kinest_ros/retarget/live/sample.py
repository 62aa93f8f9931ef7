# SPDX-License-Identifier: Apache-2.0
"""A sample sent to a robot, and the settings of the live output."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np


class Phase(Enum):
    """What the output is doing."""

    WAITING = "waiting for the first body"
    FOLLOWING = "following"
    BLENDING = "blending in"
    HOLDING = "holding: no body comes"
    STOPPED = "stopped: no body for too long"
    PAUSED = "paused"
    DISABLED = "disabled: the deadman switch is released or silent"


@dataclass(frozen=True)
class Sample:
    """One sample; everything in it is finite and within the limits.

    Attributes:
        stamp_ns: rising from sample to sample.
        joints: (n,) rad or m, in tree order.
        velocities: (n,) per second.
        base_position: (3,) m.
        base_rotation: (4,) xyzw, world_from_base.
        base_linear: (3,) m/s in base axes.
        base_angular: (3,) rad/s in base axes.
        phase: what the output is doing.
    """

    stamp_ns: int
    joints: np.ndarray
    velocities: np.ndarray
    base_position: np.ndarray
    base_rotation: np.ndarray
    base_linear: np.ndarray
    base_angular: np.ndarray
    phase: Phase


@dataclass(frozen=True)
class LiveSettings:
    """Settings of the live output.

    Attributes:
        rate: samples per second while no body comes, and the most while they come.
        blend_in: s, from where the robot is to the reference.
        silence: s without a body after which the robot holds.
        stop_after: s without a body after which that is an error.
        deadman: an enable signal must be true and fresh.
        deadman_timeout: s, within which it is fresh.
        align: begin where the robot stands, whichever way the human faces.
        state_timeout: s, within which the robot's own joint state is its present one.
    """

    rate: float = 60.0
    blend_in: float = 1.0
    silence: float = 0.15
    stop_after: float = 1.0
    deadman: bool = False
    deadman_timeout: float = 0.25
    align: bool = True
    state_timeout: float = 0.5
