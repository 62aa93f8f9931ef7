# SPDX-License-Identifier: Apache-2.0
"""The accuracy metrics of full-body tracking, as the field reports them.

Definitions follow AvatarPoser (Jiang et al., ECCV 2022) and the papers after it, so that tables
compare: MPJRE is the mean absolute difference of axis-angle components over the 21 joints below
the root, wrapped at 2 pi; the geodesic angle is reported apart.
"""

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, LOWER_BODY, UPPER_BODY
from kinest_ros.body.rotations_numpy import rotation_vectors
from kinest_ros.evaluation.floor import floor_penetration, foot_slide, planted_toes

FRAME_RATE = 60.0
_HANDS = [JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]]

#: Name of each metric and its unit, in the order of the tables.
METRICS: dict[str, str] = {
    "mpjre": "deg",
    "geodesic": "deg",
    "mpjpe": "cm",
    "hand": "cm",
    "upper": "cm",
    "lower": "cm",
    "root": "cm",
    "mpjve": "cm/s",
    "jitter": "10^2 m/s^3",
    "slide": "cm/s",
    "floor": "cm",
}
#: What each metric is, for --help and reports.
MEANINGS: dict[str, str] = {
    "mpjre": "mean absolute axis-angle component of the 21 local rotations below the root",
    "geodesic": "mean angle of the same rotations",
    "mpjpe": "mean distance of the 22 joints",
    "hand": "the same of the wrists",
    "upper": "the same of spine, neck, head and arms",
    "lower": "the same of pelvis and legs",
    "root": "the same of the pelvis",
    "mpjve": "mean size of the velocity error",
    "jitter": "mean size of the third derivative of the joints",
    "slide": "horizontal speed of the toes while the true ones stand (below 5 cm, 15 cm/s)",
    "floor": "mean depth of the deepest joint (toes: of the sole) below the floor",
}


def clip_metrics(
    positions: np.ndarray,
    local_rotations: np.ndarray,
    true_positions: np.ndarray,
    true_local_rotations: np.ndarray,
) -> dict[str, float]:
    """Return all metrics of one clip.

    Args:
        positions: (N, 22, 3) in the world, m, at 60 Hz, N >= 4.
        local_rotations: (N, 22, 3, 3) parent_from_joint, [:, 0] world_from_pelvis.
        true_positions: as positions.
        true_local_rotations: as local_rotations.

    Returns:
        One value for each name in METRICS, in its unit; slide is NaN where no foot ever stands.
    """
    error = joint_errors(positions, true_positions)
    velocity = np.diff(positions - true_positions, axis=0) * (FRAME_RATE * 100.0)
    return {
        "mpjre": mpjre(local_rotations[:, 1:], true_local_rotations[:, 1:]),
        "geodesic": float(geodesic(local_rotations[:, 1:], true_local_rotations[:, 1:]).mean()),
        "mpjpe": float(error.mean()),
        "hand": float(error[:, _HANDS].mean()),
        "upper": float(error[:, list(UPPER_BODY)].mean()),
        "lower": float(error[:, list(LOWER_BODY)].mean()),
        "root": float(error[:, 0].mean()),
        "mpjve": float(np.linalg.norm(velocity, axis=-1).mean()),
        "jitter": jitter(positions),
        "slide": foot_slide(positions, planted_toes(true_positions)),
        "floor": floor_penetration(positions),
    }


def joint_errors(positions: np.ndarray, true_positions: np.ndarray) -> np.ndarray:
    """Return the distances (..., 22) of joints (..., 22, 3), m, from the true ones, cm."""
    return np.linalg.norm(positions - true_positions, axis=-1) * 100.0


def mpjre(rotations: np.ndarray, true_rotations: np.ndarray) -> float:
    """Return the mean absolute difference of axis-angle components, deg; inputs (..., 3, 3)."""
    difference = rotation_vectors(rotations) - rotation_vectors(true_rotations)
    difference = np.mod(difference + np.pi, 2 * np.pi) - np.pi
    return float(np.degrees(np.abs(difference)).mean())


def geodesic(rotations: np.ndarray, true_rotations: np.ndarray) -> np.ndarray:
    """Return the angles (...,) between rotations (..., 3, 3), deg."""
    relative = np.swapaxes(rotations, -1, -2) @ true_rotations
    return np.degrees(np.linalg.norm(rotation_vectors(relative), axis=-1))


def jitter(positions: np.ndarray) -> float:
    """Return the mean norm of the third derivative of (N, 22, 3) at 60 Hz, 10^2 m/s^3."""
    if len(positions) < 4:
        return float("nan")
    jerk = np.diff(positions, n=3, axis=0) * FRAME_RATE**3
    return float(np.linalg.norm(jerk, axis=-1).mean() / 100.0)
