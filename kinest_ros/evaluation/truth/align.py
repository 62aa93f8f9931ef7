# SPDX-License-Identifier: Apache-2.0
"""Clock and frame of another system, found together from what both have seen move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinest_ros.body.rotations_numpy import rotation_vectors
from kinest_ros.errors import KinestError
from kinest_ros.evaluation.truth.clock_offset import clock_offset
from kinest_ros.evaluation.truth.hand_eye import RATE, HandEye, Pair, hand_eye
from kinest_ros.evaluation.truth.paths import Path6D

#: Seconds that must be known in both.
_LEAST = 3.0
#: Median distance, m, and angle, degrees, that no mount explains: other things, or other names.
_APART_M, _APART_DEG = 0.10, 15.0


@dataclass(frozen=True)
class Alignment:
    """How another system's poses become ours.

    Attributes:
        offset_ns: to be added to their stamps.
        frames: takes their frame to ours.
        residual_mm: median and 95 % of what is left.
        residual_deg: the same of rotations.
        names: what was compared.
        seconds: that were compared.
    """

    offset_ns: int
    frames: HandEye
    residual_mm: tuple[float, float]
    residual_deg: tuple[float, float]
    names: tuple[str, ...]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON says of it."""
        turn = rotation_vectors(self.frames.rotation)
        return {
            "offset_ms": self.offset_ns * 1e-6,
            "rotation_deg": float(np.degrees(np.linalg.norm(turn))),
            "rotation_vector_deg": np.degrees(turn).tolist(),
            "translation_m": self.frames.translation.tolist(),
            "residual_mm": dict(zip(("p50", "p95"), self.residual_mm, strict=True)),
            "residual_deg": dict(zip(("p50", "p95"), self.residual_deg, strict=True)),
            "by": list(self.names),
            "seconds": self.seconds,
        }


def align(ours: Mapping[str, Path6D], theirs: Mapping[str, Path6D]) -> Alignment:
    """Return the clock offset, frame and mounts that explain both systems' poses best.

    Args:
        ours: paths by what they are of.
        theirs: the same, on their clock and in their frame; what is in both is used.

    Raises:
        KinestError: the motion does not determine them, or nothing explains it.
    """
    offset = clock_offset(ours, theirs)
    names = tuple(name for name in ours if name in theirs)
    pairs: dict[str, Pair] = {}
    frames: HandEye | None = None
    for _ in range(4):
        pairs = _pairs(ours, theirs, names, offset)
        frames = hand_eye(pairs)
        change = _lateness(ours, theirs, names, offset, frames.rotation)
        offset += change
        if abs(change) < 20_000:
            break
    assert frames is not None
    angles, distances = frames.residuals(pairs)
    degrees, metres = np.degrees(angles), distances
    if np.median(metres) > _APART_M or np.median(degrees) > _APART_DEG:
        raise KinestError(
            f"no frame explains both: {1e3 * np.median(metres):.0f} mm and "
            f"{np.median(degrees):.0f} degrees are left of {', '.join(names)} (median). Are they "
            "the same things, rigidly worn, and in metres?"
        )
    return Alignment(
        offset,
        frames,
        _spread(1e3 * metres),
        _spread(degrees),
        tuple(pairs),
        max(len(pair.ours) for pair in pairs.values()) / RATE,
    )


def _pairs(
    ours: Mapping[str, Path6D], theirs: Mapping[str, Path6D], names: tuple[str, ...], offset: int
) -> dict[str, Pair]:
    """Return the poses of each thing at times that are known in both."""
    found = {}
    for name in names:
        grid = _grid(ours[name])
        places, turns, known = ours[name].at(grid)
        their_places, their_turns, known_too = theirs[name].at(grid - offset)
        rows = known & known_too
        if rows.sum() >= _LEAST * RATE:
            found[name] = Pair(turns[rows], places[rows], their_turns[rows], their_places[rows])
    if not found:
        raise KinestError(
            f"less than {_LEAST:.0f} s of {', '.join(names)} are known in both at a time"
        )
    return found


def _grid(path: Path6D) -> np.ndarray:
    seconds = (path.stamps_ns[-1] - path.stamps_ns[0]) * 1e-9
    steps = np.round(np.arange(int(seconds * RATE) + 1) * (1e9 / RATE))
    return np.asarray(path.stamps_ns[0] + steps.astype(np.int64))


def _lateness(
    ours: Mapping[str, Path6D],
    theirs: Mapping[str, Path6D],
    names: tuple[str, ...],
    offset: int,
    rotation: np.ndarray,
) -> int:
    """Return ns by which the offset has to grow: least squares on angular velocities."""
    above = below = 0.0
    step = 25_000_000
    for name in names:
        grid = _grid(ours[name])
        mine, known = _angular_velocity(ours[name], grid)
        there = grid - offset
        now, known_too = _angular_velocity(theirs[name], there)
        before, known_before = _angular_velocity(theirs[name], there - step)
        after, known_after = _angular_velocity(theirs[name], there + step)
        rows = known & known_too & known_before & known_after
        rate = ((after - before) @ rotation.T / (2e-9 * step))[rows]
        above += float((rate * (mine - now @ rotation.T)[rows]).sum())
        below += float((rate**2).sum())
    late = -above / below if below else 0.0
    return round(float(np.clip(late, -0.02, 0.02)) * 1e9)


def _angular_velocity(path: Path6D, stamps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return angular velocities (N, 3), rad/s, in the path's frame, and which are known."""
    half = 25_000_000
    _, first, known = path.at(stamps - half)
    _, second, known_too = path.at(stamps + half)
    turned = rotation_vectors(second @ np.swapaxes(first, -1, -2))
    return turned / (2e-9 * half), known & known_too


def _spread(values: np.ndarray) -> tuple[float, float]:
    p50, p95 = np.percentile(values, (50, 95))
    return float(p50), float(p95)
