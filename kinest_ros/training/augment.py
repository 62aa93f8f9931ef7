# SPDX-License-Identifier: Apache-2.0
"""Augmentation of clips: mirrors, other bodies, mounts, noise and lost trackers."""

from dataclasses import dataclass

import numpy as np

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import (
    JOINT_INDEX,
    MIRROR,
    NUM_SLOTS,
    PARENTS,
    SLOT_JOINTS,
)
from kinest_ros.body.rotations_numpy import (
    matrices_from_quaternions,
    matrices_from_vectors,
    quaternions_from_matrices,
    unit_quaternions,
)
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.clips.amass import resample
from kinest_ros.training.augment_config import AugmentConfig


def mirror(rotations: np.ndarray, roots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the motion with left and right swapped, mirrored at the world's x-z plane.

    Args:
        rotations: (N, 22, 3, 3), [:, 0] world_from_pelvis, others parent_from_joint, SMPL axes.
        roots: (N, 3).
    """
    body = np.array((-1.0, 1.0, 1.0))
    world = np.array((1.0, -1.0, 1.0))
    swapped = rotations[:, MIRROR]
    mirrored = swapped * (body[:, None] * body)
    mirrored[:, 0] = swapped[:, 0] * (world[:, None] * body)
    return mirrored, roots * world


def different_bodies(rest_offsets: np.ndarray) -> np.ndarray:
    """Return the skeletons (K, 22, 3) of those of clips (C, 22, 3) that differ in proportions.

    Most clips are of a few bodies: drawn by the clip, the bones of all others would hardly come.
    """
    statures = np.array([Skeleton(offsets).stature for offsets in rest_offsets])
    proportions = np.round(rest_offsets / statures[:, None, None], 3) + 0.0
    # A toe lies as high above the sole on everybody, by definition.
    proportions[:, [JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]], 1] = 0.0
    _, first = np.unique(proportions.reshape(len(rest_offsets), -1), axis=0, return_index=True)
    return rest_offsets[np.sort(first)]


def random_skeleton(
    own: np.ndarray, others: np.ndarray, config: AugmentConfig, rng: np.random.Generator
) -> np.ndarray:
    """Return rest offsets (22, 3) of some body: the clip's, or another with its own proportions.

    Args:
        own: (22, 3) of the clip.
        others: (K, 22, 3) to choose from.
        config: probabilities and spreads.
        rng: source of randomness.
    """
    if rng.random() >= config.other_body:
        return own
    kind = rng.random()
    default = Skeleton.from_stature(1.7).rest_offsets
    if kind < 0.4:
        base = default
    elif kind < 0.7:
        base = others[rng.integers(len(others))]
    else:
        mix = rng.random()
        base = mix * own + (1 - mix) * default
    offsets = np.array(base, dtype=np.float64)
    factors = np.exp(rng.normal(0.0, config.bone_sigma, len(PARENTS)))
    # Left and right alike, and the widths of hips and shoulders apart from their heights.
    factors = np.minimum(np.maximum(factors, 0.8), 1.25)
    factors = np.array([factors[min(j, MIRROR[j])] for j in range(len(PARENTS))])
    offsets *= factors[:, None]
    widths = np.exp(rng.normal(0.0, 1.5 * config.bone_sigma, 2))
    for names, width in zip((("hip",), ("collar", "shoulder")), widths, strict=True):
        for name in names:
            for side in ("left", "right"):
                offsets[JOINT_INDEX[f"{side}_{name}"], 0] *= width
    stature = rng.uniform(*config.stature)
    return offsets * (stature / Skeleton(offsets).stature)


@dataclass(frozen=True)
class Mounts:
    """Mounting errors of the six trackers, constant over a recording.

    Attributes:
        rotations: (6, 3, 3) link_from_seen_link.
        offsets: (6, 3) m, in link axes.
        floor: m, error of the floor height.
    """

    rotations: np.ndarray
    offsets: np.ndarray
    floor: float

    @classmethod
    def none(cls) -> "Mounts":
        """Return ideal mounts."""
        return cls(np.broadcast_to(np.eye(3), (NUM_SLOTS, 3, 3)), np.zeros((NUM_SLOTS, 3)), 0.0)

    @classmethod
    def random(cls, rng: np.random.Generator) -> "Mounts":
        """Return errors of the size seen between sources: pitched heads, twisted wrists."""
        sigma = np.radians(np.full((NUM_SLOTS, 3), 5.0))
        sigma[0] = np.radians((3.0, 10.0, 3.0))
        # Link y lies along the arm at T-pose: the twist of a hand is its worst-known angle.
        sigma[1:3] = np.radians((8.0, 18.0, 8.0))
        rotations = matrices_from_vectors(rng.normal(0.0, 1.0, (NUM_SLOTS, 3)) * sigma)
        return cls(rotations, rng.normal(0.0, 0.012, (NUM_SLOTS, 3)), float(rng.normal(0.0, 0.012)))


def track(
    positions: np.ndarray,
    world_from_joint: np.ndarray,
    mounts: Mounts,
    noise: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return what trackers report of a body: positions (N, 6, 3), world_from_link (N, 6, 3, 3).

    Args:
        positions: (N, 22, 3), m.
        world_from_joint: (N, 22, 3, 3).
        mounts: mounting errors.
        noise: scale of the noise; 1 means 1 mm and 0.3 degrees per sample.
        rng: source of randomness.
    """
    joints = list(SLOT_JOINTS)
    links = world_from_joint[:, joints] @ JOINT_FROM_LINK
    seen = positions[:, joints] + (links @ mounts.offsets[..., None])[..., 0]
    seen[..., 2] += mounts.floor
    links = links @ mounts.rotations
    if noise > 0:
        seen = seen + rng.normal(0.0, 0.001 * noise, seen.shape)
        shake = rng.normal(0.0, np.radians(0.3) * noise, seen.shape)
        links = links @ matrices_from_vectors(shake)
    return seen, links


def validity(count: int, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """Return which trackers are seen, (N, 6) bool; the head always is."""
    valid = np.zeros((count, NUM_SLOTS), dtype=bool)
    valid[:, :3] = True
    if rng.random() < config.extra_trackers:
        choice = rng.random()
        if choice < 0.7:
            valid[:, 3] = True
        if choice > 0.3:
            valid[:, 4:] = True
    for slot in range(1, NUM_SLOTS):
        if slot < 3 and rng.random() < config.hand_absent:
            valid[:, slot] = False
        if valid[0, slot] and rng.random() < config.hand_loss:
            start = 0
            while (start := start + int(rng.exponential(240.0))) < count:
                stop = start + int(rng.uniform(6, 180))
                valid[start:stop, slot] = False
                start = stop
    return valid


def change_speed(motion: Motion, factor: float) -> Motion:
    """Return the motion played faster by factor, at the same frame rate."""
    quaternions = quaternions_from_matrices(motion.local_rotations)
    quaternions, roots = resample(
        quaternions, motion.root_position, motion.fps, motion.fps / factor
    )
    return Motion(matrices_from_quaternions(unit_quaternions(quaternions)), roots, motion.fps)
