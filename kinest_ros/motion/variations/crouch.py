# SPDX-License-Identifier: Apache-2.0
"""Take a recorded motion down: the same motion with the pelvis lowered over the same footsteps."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from kinest_ros.body.rotations_numpy import apply
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.procedural.curves import curve, smooth_below
from kinest_ros.motion.procedural.limb_ik import solve_limb
from kinest_ros.motion.variations.posed import posed

_UP, _FORWARD, _LEFT = np.array([0, 0, 1.0]), np.array([0, 0, 1.0]), np.array([1.0, 0, 0])
_LOWEST_PELVIS = 0.38  # of the standing pelvis height
_FOLDED = 0.25  # nearest hip to ankle, of the stretched leg


def crouch(motion: Motion, skeleton: Skeleton, seed: int) -> Motion:
    """Lower the pelvis by a smooth random amount while both feet stay where they are.

    The ankles keep their world positions and rotations, the legs follow by inverse kinematics
    with their knees on the side where they were. The hips go back and the trunk leans forward a
    bit, the head makes up for a part of the lean. Where a leg would have to fold too tightly, the
    body goes down less.

    Args:
        motion: Any motion on the skeleton.
        skeleton: Its skeleton.
        seed: Any integer; the same seed gives the same result.
    """
    rng = np.random.default_rng(seed)
    offsets, local, positions, world = posed(motion, skeleton)
    drop = _random_drop(motion, skeleton, rng)
    drop = np.minimum(drop, _room(positions, offsets, motion.fps, skeleton.pelvis_height))

    # Lean grows with depth; the axis is the pelvis's own left, so tilted bodies stay tilted.
    depth = drop / skeleton.pelvis_height
    lean = rng.uniform(0.1, 1.1) * depth
    share = rng.uniform(0.2, 0.6)
    pelvis_lean = _about_left(share * lean)
    local[:, 0] = local[:, 0] @ pelvis_lean
    for joint in (3, 6, 9):
        local[:, joint] = local[:, joint] @ _about_left((1.0 - share) * lean / 3.0)
    look_up = rng.uniform(0.4, 1.0) * lean
    for joint in (12, 15):
        local[:, joint] = local[:, joint] @ _about_left(-0.5 * look_up)

    forward = apply(world[:, 0], _FORWARD) * (1.0, 1.0, 0.0)
    forward /= np.maximum(np.linalg.norm(forward, axis=-1, keepdims=True), 0.2)
    root = positions[:, 0] - drop[:, None] * _UP - (rng.uniform(0.1, 0.3) * drop)[:, None] * forward
    for side in (0, 1):
        rebend_leg(local, side, root, positions[:, 7 + side], world, offsets)
    return Motion(local, root, motion.fps)


def _about_left(angle: np.ndarray) -> np.ndarray:
    """Forward bend (N, 3, 3) by (N,) rad about the body's left (SMPL X)."""
    return Rotation.from_rotvec(angle[:, None] * _LEFT).as_matrix()


def _random_drop(motion: Motion, skeleton: Skeleton, rng: np.random.Generator) -> np.ndarray:
    """(N,) m: a few levels between none and deep, held for some seconds each."""
    times = np.arange(len(motion)) / motion.fps
    deepest = rng.uniform(0.15, 0.55) * skeleton.pelvis_height
    start, moves, time = deepest * rng.beta(0.9, 0.9), [], rng.uniform(0.0, 2.0)
    while time < times[-1]:
        seconds = rng.uniform(0.7, 2.0)
        moves.append((time, time + seconds, deepest * rng.beta(0.9, 0.9)))
        time += seconds + rng.exponential(2.5)
    return curve(times, start, moves)


def _room(positions: np.ndarray, offsets: np.ndarray, fps: float, standing: float) -> np.ndarray:
    """How far (N,) m the body can go down before a leg is folded or the pelvis near the floor."""
    room = positions[:, 0, 2] - _LOWEST_PELVIS * standing
    for side in (0, 1):
        length = np.linalg.norm(offsets[4 + side]) + np.linalg.norm(offsets[7 + side])
        line = positions[:, 1 + side] - positions[:, 7 + side]
        level = np.sum(line[:, :2] ** 2, -1)
        folded = np.sqrt(np.maximum((_FOLDED * length) ** 2 - level, 0.0))
        room = np.minimum(room, line[:, 2] - folded)
    return smooth_below(np.maximum(room, 0.0), 0.1, fps)


def rebend_leg(
    local: np.ndarray,
    side: int,
    root: np.ndarray,
    ankle: np.ndarray,
    world: np.ndarray,
    offsets: np.ndarray,
) -> None:
    """Rewrite hip, knee and ankle of one side in ``local`` for another place of pelvis or foot.

    Args:
        local: (N, 22, 3, 3), changed; local[:, 0] is world_from_pelvis.
        side: 0 left, 1 right.
        root: (N, 3) pelvis, m.
        ankle: (N, 3) where the ankle shall be, m.
        world: (N, 22, 3, 3) of the motion as it was; the knee keeps its side, the foot its
            rotation.
        offsets: (22, 3) rest offsets, m.
    """
    hip, knee, foot = 1 + side, 4 + side, 7 + side
    world_from_pelvis = local[:, 0]
    start = root + apply(world_from_pelvis, offsets[hip])
    # The knee's own forward: where thigh and shin look, which a straight leg has too.
    pole = apply(world[:, knee], _FORWARD) + apply(world[:, hip], _FORWARD)
    limb = solve_limb(start, ankle, pole, offsets[knee], offsets[foot], _FORWARD, 0.2)
    hip_rotation, knee_rotation = limb.world_from_upper, limb.world_from_lower
    local[:, hip] = np.swapaxes(world_from_pelvis, -1, -2) @ hip_rotation
    local[:, knee] = np.swapaxes(hip_rotation, -1, -2) @ knee_rotation
    local[:, foot] = np.swapaxes(knee_rotation, -1, -2) @ world[:, foot]
