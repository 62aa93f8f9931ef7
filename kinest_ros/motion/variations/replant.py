# SPDX-License-Identifier: Apache-2.0
"""Take a recorded motion wider: the same motion on footsteps set further apart."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.rotations_numpy import axis_rotation
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.procedural.curves import smooth, smooth_below
from kinest_ros.motion.variations.crouch import rebend_leg
from kinest_ros.motion.variations.posed import posed

_PLANTED_SPEED = 0.25  # m/s, and
_PLANTED_HEIGHT = 0.05  # m above its lowest: below both an ankle stands
_STRETCH = 0.985  # of the leg's length that a step may use
_WIDEST = 1.0  # m between the ankles of a body of 1.7 m


def set_apart(motion: Motion, skeleton: Skeleton, seed: int) -> Motion:
    """Scale the way of the body over the ground, set the feet out or ahead, bend the legs to fit.

    All horizontal ways grow or shrink by one factor, so a planted foot stays planted. Each foot is
    then moved aside by a constant amount in the axes of the body, which changes only while it is
    in the air. Where a leg would not reach, the pelvis comes down.

    Args:
        motion: Any motion on the skeleton.
        skeleton: Its skeleton.
        seed: Any integer; the same seed gives the same result.
    """
    rng = np.random.default_rng(seed)
    offsets, local, positions, world = posed(motion, skeleton)
    size = skeleton.stature / 1.7
    ankles = positions[:, [7, 8]]
    spread = np.percentile(np.linalg.norm(ankles[:, 0, :2] - ankles[:, 1, :2], axis=-1), 95)
    largest = max(_WIDEST * size / max(spread, 0.1), 1.0)
    scale = min(float(np.exp(rng.uniform(-0.35, 0.55))), largest)
    room = max(_WIDEST - scale * spread / size, 0.0)
    wide = rng.uniform(-0.02, 0.25) if rng.random() < 0.8 else rng.uniform(0.1, 0.4)
    wide = min(wide, 0.5 * room)
    ahead = float(np.clip(rng.normal(0.0, 0.18), -0.5 * room, 0.5 * room))

    root = positions[:, 0].copy()
    root[:, :2] *= scale
    facing = _facing(world[:, 0], motion.fps)
    for side, sign in ((0, 1.0), (1, -1.0)):
        ankles[:, side, :2] *= scale
        aside = size * np.array([sign * ahead, sign * wide, 0.0])
        moved = facing @ aside
        still = _planted(positions[:, 7 + side], motion.fps)
        ankles[:, side] += _held(moved, still)
        # Feet that stand apart turn out.
        turn = axis_rotation("z", sign * rng.uniform(0.0, 2.0) * max(wide, 0.0))
        world[:, 7 + side] = turn @ world[:, 7 + side]
    highest = highest_pelvis(root, ankles, world[:, 0], offsets, motion.fps)
    root[:, 2] = np.minimum(root[:, 2], highest)
    for side in (0, 1):
        rebend_leg(local, side, root, ankles[:, side], world, offsets)
    return Motion(local, root, motion.fps)


def _facing(world_from_pelvis: np.ndarray, fps: float) -> np.ndarray:
    """(N, 3, 3) upright frames that face where the pelvis does (forward is SMPL Z), smoothed."""
    forward = smooth(world_from_pelvis[:, :2, 2], 0.15, fps)
    return axis_rotation("z", np.arctan2(forward[:, 1], forward[:, 0]))


def _planted(ankle: np.ndarray, fps: float) -> np.ndarray:
    speed = np.linalg.norm(np.gradient(ankle[:, :2], axis=0), axis=-1) * fps
    low = ankle[:, 2] < np.percentile(ankle[:, 2], 5) + _PLANTED_HEIGHT
    return (speed < _PLANTED_SPEED) & low


def _held(moved: np.ndarray, still: np.ndarray) -> np.ndarray:
    """Return moved (N, 3) with one value for each stretch of still frames, linear in between."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], still.astype(int), [0]))))
    if not len(edges):
        return moved
    starts, stops = edges[::2], edges[1::2] - 1
    middles = moved[(starts + stops) // 2]
    knots = np.stack((starts, stops), 1).ravel()
    values = np.repeat(middles, 2, axis=0)
    frames = np.arange(len(moved))
    # A stretch of one frame gives the same knot twice, which np.interp takes.
    return np.stack([np.interp(frames, knots, values[:, axis]) for axis in range(3)], -1)


def highest_pelvis(
    root: np.ndarray,
    ankles: np.ndarray,
    world_from_pelvis: np.ndarray,
    offsets: np.ndarray,
    fps: float,
    stretch: float = _STRETCH,
) -> np.ndarray:
    """Greatest pelvis height (N,) m at which both legs reach their ankles.

    Args:
        root: (N, 3) pelvis, m; its height does not matter.
        ankles: (N, 2, 3) left and right, m.
        world_from_pelvis: (N, 3, 3).
        offsets: (22, 3) rest offsets, m.
        fps: frames per second.
        stretch: share of a leg's length that may be used.
    """
    limits = []
    for side in (0, 1):
        length = stretch * sum(np.linalg.norm(offsets[joint + side]) for joint in (4, 7))
        hip = world_from_pelvis @ offsets[1 + side]
        level = np.sum((root[:, :2] + hip[:, :2] - ankles[:, side, :2]) ** 2, -1)
        up = np.sqrt(np.maximum(length**2 - level, (0.3 * length) ** 2))
        limits.append(ankles[:, side, 2] + up - hip[:, 2])
    return smooth_below(np.minimum(*limits), 0.06, fps)
