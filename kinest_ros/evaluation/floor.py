# SPDX-License-Identifier: Apache-2.0
"""Feet and floor: how fast standing feet slide, and how deep the body sinks."""

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, NUM_JOINTS
from kinest_ros.body.skeleton import TOE_JOINT_HEIGHT

TOES = [JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]]
#: A toe joint stands when lower than this (m) and slower than that (m/s).
STANDING_HEIGHT = 0.05
STANDING_SPEED = 0.15
_FRAME_RATE = 60.0

# How low each joint may come: the toe joint lies above its sole.
_LEAST_HEIGHT = np.zeros(NUM_JOINTS)
_LEAST_HEIGHT[TOES] = TOE_JOINT_HEIGHT


def planted_toes(positions: np.ndarray) -> np.ndarray:
    """Return where the toes of a body stand: (N - 1, 2) bool, for each step to the next frame.

    Args:
        positions: (N, 22, 3) in the world, z up, m, at 60 Hz.
    """
    low = positions[:-1, TOES, 2] < STANDING_HEIGHT
    return low & (_toe_speed(positions) < STANDING_SPEED)


def foot_slide(positions: np.ndarray, planted: np.ndarray) -> float:
    """Return the mean horizontal speed of toes that should stand, cm/s; NaN if none ever does.

    Args:
        positions: (N, 22, 3), m, at 60 Hz.
        planted: (N - 1, 2) bool, for each step to the next frame.
    """
    speeds = _toe_speed(positions)[planted]
    return float(speeds.mean() * 100.0) if len(speeds) else float("nan")


def floor_penetration(positions: np.ndarray, floor: float = 0.0) -> float:
    """Return the mean depth of the deepest joint below the floor, cm.

    For the toe joints it is the sole that counts, 2 cm below; a body above the floor counts 0.

    Args:
        positions: (N, 22, 3), m.
        floor: its height, m.
    """
    depth = (floor + _LEAST_HEIGHT - positions[..., 2]).max(axis=-1)
    return float(np.maximum(depth, 0.0).mean() * 100.0)


def _toe_speed(positions: np.ndarray) -> np.ndarray:
    """Return horizontal speeds (N - 1, 2), m/s."""
    return np.linalg.norm(np.diff(positions[:, TOES, :2], axis=0), axis=-1) * _FRAME_RATE
