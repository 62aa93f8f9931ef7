# SPDX-License-Identifier: Apache-2.0
"""Limbs of procedural motion, bent towards a pole; the solver is `kinest_ros.body.two_bone_ik`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kinest_ros.body.rotations_numpy import apply, frame_from
from kinest_ros.body.two_bone_ik import two_bone_ik


class Limb(NamedTuple):
    """A solved limb.

    World positions (N, 3) of the middle joint and the end, world rotations (N, 3, 3) of both bones.
    """

    middle: np.ndarray
    end: np.ndarray
    world_from_upper: np.ndarray
    world_from_lower: np.ndarray


def solve_limb(
    root: np.ndarray,
    target: np.ndarray,
    pole: np.ndarray,
    upper_offset: np.ndarray,
    lower_offset: np.ndarray,
    rest_pole: np.ndarray,
    closest: float = 0.2,
) -> Limb:
    """Bend a chain of two bones so that its end meets the target (law of cosines).

    The middle joint lies on the side of ``pole``; at rest (identity rotations) it would bend
    towards ``rest_pole``. A target out of reach is met along its direction as far as the bones
    go, one too near is pushed out to the distance of the tightest fold.

    Args:
        root: (N, 3) world position of the first joint.
        target: (N, 3) world position wanted for the end.
        pole: (N, 3) world direction in which the middle joint points.
        upper_offset: (3,) first bone at rest.
        lower_offset: (3,) second bone at rest.
        rest_pole: (3,) direction in which the middle joint points at rest.
        closest: Smallest distance root-end as a fraction of the stretched length.
    """
    a, b = float(np.linalg.norm(upper_offset)), float(np.linalg.norm(lower_offset))
    line = target - root
    distance = np.clip(np.linalg.norm(line, axis=-1), closest * (a + b), 0.9995 * (a + b))
    world = frame_from(line, pole)
    upper_rest, lower_rest = (
        frame_from(upper_offset, rest_pole),
        frame_from(lower_offset, rest_pole),
    )
    # Straight along the line, and bent towards the pole, away from the third axis.
    reach = distance[:, None] * world[..., 0]
    upper, lower = two_bone_ik(
        world @ upper_rest.T, world @ lower_rest.T, upper_offset, lower_offset, reach,
        -upper_rest[:, 2],
    )  # fmt: skip
    middle = root + apply(upper, upper_offset)
    return Limb(middle, root + reach, upper, lower)
