# SPDX-License-Identifier: Apache-2.0
"""Rotations that the limbs' bones are to have: direction from the joints, twist from the bend."""

from __future__ import annotations

import numpy as np

from kinest_ros.retarget.targets.human import ENDS, HINGES, ROOTS, Human

#: rad, bends between which the twist passes from SMPL's rotation to the plane of the bend.
UNSURE, SURE = np.deg2rad(6.0), np.deg2rad(14.0)
_D = np.array([(0.0, -1.0, 0.0), (0.0, -1.0, 0.0), (1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)])
#: Flexion axes of knees and elbows at T-pose in SMPL axes.
_A = np.array([(1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 1.0, 0.0)])
#: (4, 3, 3) rows: direction, flexion axis, their product, at T-pose.
_REST = np.stack([_D, _A, np.cross(_D, _A)], axis=1)
_YZX, _ZXY = np.array([1, 2, 0]), np.array([2, 0, 1])


def cross(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return cross products (..., 3); numpy's own takes several times as long on few of them."""
    return first[..., _YZX] * second[..., _ZXY] - first[..., _ZXY] * second[..., _YZX]


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors (n, 3) at length one; zero stays zero."""
    lengths = np.sqrt(np.einsum("ni,ni->n", vectors, vectors))
    return vectors / np.maximum(lengths, 1e-9)[:, None]


def bone_rotations(human: Human) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the rotations of upper and lower bones (8, 3, 3), and what they are made of.

    A rotation takes SMPL's T-pose axes into the world: first the four upper bones, then the four
    lower ones, each legs before arms, left before right.

    Returns:
        rotations (8, 3, 3); frames (8, 3, 3) whose columns are direction, flexion axis, product;
        directions (8, 3); bends (4,), rad.
    """
    places, rotations = human.positions, human.rotations
    directions = np.empty((8, 3))
    directions[:4] = places[HINGES] - places[ROOTS]
    directions[4:] = places[ENDS] - places[HINGES]
    directions = unit(directions)
    upper, lower = directions[:4], directions[4:]
    normal = cross(upper, lower)
    sine = np.sqrt(np.einsum("ni,ni->n", normal, normal))
    bend = np.arctan2(sine, np.einsum("ni,ni->n", upper, lower))
    told = np.einsum("nij,nj->ni", rotations[ROOTS], _A)
    # A limb folded the wrong way, or straight, lies in no plane that says how it is twisted.
    agree = np.einsum("ni,ni->n", normal, told) / np.maximum(sine, 1e-9)
    weight = np.clip((bend - UNSURE) / (SURE - UNSURE), 0.0, 1.0)
    # All but folded onto itself it lies in no plane either.
    weight *= np.clip((np.pi - bend - UNSURE) / (SURE - UNSURE), 0.0, 1.0)
    weight *= np.clip(2.0 * agree + 0.5, 0.0, 1.0)
    axis = (
        weight[:, None] * normal / np.maximum(sine, 1e-9)[:, None] + (1.0 - weight)[:, None] * told
    )
    both = np.concatenate([axis, axis])
    along = np.einsum("ni,ni->n", both, directions)
    both = unit(both - along[:, None] * directions)
    frames = np.stack([directions, both, cross(directions, both)], axis=2)
    rest = np.concatenate([_REST, _REST])
    return frames @ rest, frames, directions, bend
