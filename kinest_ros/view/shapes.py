# SPDX-License-Identifier: Apache-2.0
"""A body as a few ellipsoids: where they are, how they are turned, and their colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, PARENTS

#: Diameter of the ellipsoid from each joint's parent to it, m.
_THICK = np.array((
    0.0, 0.15, 0.15, 0.2, 0.15, 0.15, 0.22, 0.11, 0.11, 0.24, 0.08, 0.08, 0.1, 0.11, 0.11, 0.08,
    0.12, 0.12, 0.09, 0.09, 0.07, 0.07,
))  # fmt: skip
#: How much longer than the bone it is, m: short ones of the trunk are no discs.
_LONGER = np.full(22, 0.03)
_LONGER[[1, 2, 3, 6, 9, 13, 14]] = 0.1, 0.1, 0.14, 0.14, 0.14, 0.1, 0.1
_CHILDREN = np.arange(1, 22)
_PARENTS = np.array(PARENTS[1:])
_HEAD, _NECK = JOINT_INDEX["head"], JOINT_INDEX["neck"]
_WRISTS = np.array((JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]))
_ELBOWS = np.array([PARENTS[wrist] for wrist in _WRISTS])
#: m, over the joints that end a limb: skull and hand.
_SKULL, _HAND = (0.16, 0.23), (0.06, 0.17)
SURE, UNSURE = np.array((25.0, 130.0, 220.0)), np.array((240.0, 110.0, 25.0))
TRUE = np.array((150.0, 160.0, 165.0))


@dataclass(frozen=True)
class Ellipsoids:
    """Ellipsoids of diameters 1 along x, y and z, moved, turned and stretched.

    Attributes:
        positions: (24, 3) m.
        wxyzs: (24, 4), as viser has quaternions.
        scales: (24, 3) m.
        colours: (24, 3) 0 to 255.
    """

    positions: np.ndarray
    wxyzs: np.ndarray
    scales: np.ndarray
    colours: np.ndarray


def ellipsoids(
    positions: np.ndarray, confidence: np.ndarray | None, plain: np.ndarray = TRUE
) -> Ellipsoids:
    """Return a body's ellipsoids.

    Args:
        positions: (22, 3) m.
        confidence: (22,) in (0, 1]; None: all in the plain colour.
        plain: (3,) 0 to 255.
    """
    up = _unit(positions[_HEAD] - positions[_NECK])
    along = _unit(positions[_WRISTS] - positions[_ELBOWS])
    starts = np.concatenate(
        (positions[_PARENTS], positions[[_HEAD]] - 0.02 * up, positions[_WRISTS])
    )
    ends = np.concatenate(
        (
            positions[_CHILDREN],
            positions[[_HEAD]] + (_SKULL[1] - 0.02) * up,
            positions[_WRISTS] + _HAND[1] * along,
        )
    )
    thick = np.concatenate((_THICK[1:], [_SKULL[0], _HAND[0], _HAND[0]]))
    lengths = np.linalg.norm(ends - starts, axis=-1)
    longer = np.concatenate((_LONGER[1:], np.zeros(3)))
    scales = np.stack((thick, thick, lengths + longer), axis=-1)
    if confidence is None:
        colours = np.broadcast_to(plain, (24, 3))
    else:
        of_part = np.concatenate((confidence[_CHILDREN], confidence[[_HEAD]], confidence[_WRISTS]))
        share = np.clip((of_part - 0.4) / 0.5, 0.0, 1.0)[:, None]
        colours = share * SURE + (1.0 - share) * UNSURE
    return Ellipsoids(
        0.5 * (starts + ends), _along_z(ends - starts), scales, colours.astype(np.uint8)
    )


def sphere(rings: int = 8, sectors: int = 14) -> tuple[np.ndarray, np.ndarray]:
    """Return vertices (n, 3) and faces (m, 3) of a sphere of diameter 1."""
    polar = np.linspace(0.0, np.pi, rings + 1)
    around = np.linspace(0.0, 2.0 * np.pi, sectors, endpoint=False)
    sine, cosine = np.sin(polar)[:, None], np.cos(polar)[:, None]
    vertices = 0.5 * np.stack(
        (
            sine * np.cos(around),
            sine * np.sin(around),
            np.broadcast_to(cosine, (rings + 1, sectors)),
        ),
        axis=-1,
    )
    ring, sector = np.meshgrid(np.arange(rings), np.arange(sectors), indexing="ij")
    a = ring * sectors + sector
    b = ring * sectors + (sector + 1) % sectors
    faces = np.stack((a, a + sectors, b, b, a + sectors, b + sectors), axis=-1)
    return vertices.reshape(-1, 3).astype(np.float32), faces.reshape(-1, 3).astype(np.uint32)


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: np.ndarray = vectors / np.maximum(length, 1e-9)
    return unit


def _along_z(directions: np.ndarray) -> np.ndarray:
    """Return the shortest turns (n, 4) wxyz from z to directions (n, 3)."""
    d = _unit(directions)
    w = 1.0 + d[:, 2]
    turned = np.stack((w, -d[:, 1], d[:, 0], np.zeros_like(w)), axis=-1)
    # Straight down: half a turn about x.
    turned[w < 1e-6] = (0.0, 1.0, 0.0, 0.0)
    return _unit(turned)
