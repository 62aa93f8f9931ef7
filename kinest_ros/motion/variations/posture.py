# SPDX-License-Identifier: Apache-2.0
"""The same motion in another carriage: trunk, head and arms turned a little, feet in place."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.rotations_numpy import matrices_from_vectors
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.procedural.curves import wander
from kinest_ros.motion.variations.crouch import rebend_leg
from kinest_ros.motion.variations.posed import posed
from kinest_ros.motion.variations.replant import highest_pelvis

#: Spread of the turn of each joint, degrees. The pelvis takes the trunk along, and the legs make up
#: for it.
SPREAD_DEGREES = {
    0: 4.0, 3: 4.0, 6: 3.0, 9: 3.0, 12: 5.0, 15: 5.0,
    13: 5.0, 14: 5.0, 16: 10.0, 17: 10.0, 18: 7.0, 19: 7.0, 20: 8.0, 21: 8.0,
}  # fmt: skip
_LASTING = 0.75  # of the spread stays for the whole motion, the rest comes and goes
_SLOWEST = 0.1  # Hz
_STRETCH = 0.998  # of a leg's length that may be used


def carry_otherwise(motion: Motion, skeleton: Skeleton, seed: int) -> Motion:
    """Turn the joints above the legs by small random angles, most of which stay as they are.

    People carry themselves differently, and so do the skeletons that motion capture fits to them:
    how a bend is shared out between pelvis, spine and neck, or where an elbow hangs, is much the
    same in all clips of one source. The ankles stay where they were.

    Args:
        motion: Any motion on the skeleton.
        skeleton: Its skeleton.
        seed: Any integer; the same seed gives the same result.
    """
    rng = np.random.default_rng(seed)
    offsets, local, positions, world = posed(motion, skeleton)
    times = np.arange(len(motion)) / motion.fps
    strength = rng.uniform(0.3, 1.3)
    for joint, degrees in SPREAD_DEGREES.items():
        size = strength * np.radians(degrees)
        turn = _LASTING * size * rng.normal(size=(1, 3)) + np.stack(
            [wander(times, rng, (1.0 - _LASTING) * size, _SLOWEST) for _ in range(3)], -1
        )
        local[:, joint] = local[:, joint] @ matrices_from_vectors(turn)
    root, ankles = positions[:, 0].copy(), positions[:, [7, 8]]
    # A tilt lifts one hip: the body comes down where that leg is stretched already.
    highest = highest_pelvis(root, ankles, local[:, 0], offsets, motion.fps, _STRETCH)
    root[:, 2] = np.minimum(root[:, 2], highest)
    for side in (0, 1):
        rebend_leg(local, side, root, ankles[:, side], world, offsets)
    return Motion(local, root, motion.fps)
