# SPDX-License-Identifier: Apache-2.0
"""Smooth curves over time: minimum-jerk moves laid over each other, wander, filters."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.ndimage import gaussian_filter1d, minimum_filter1d

Move = tuple[float, float, float]  # start (s), end (s), target value


def minimum_jerk(u: np.ndarray) -> np.ndarray:
    """Minimum-jerk profile from 0 to 1 (Flash and Hogan 1985), clamped outside [0, 1]."""
    u = np.clip(u, 0.0, 1.0)
    return u**3 * (10.0 - 15.0 * u + 6.0 * u * u)


def curve(times: np.ndarray, start: float, moves: Iterable[Move]) -> np.ndarray:
    """A value that makes moves one after another, each with a minimum-jerk profile.

    Moves that overlap in time are added up, so the curve stays twice differentiable and still
    ends at the last target.

    Args:
        times: (N,) s.
        start: Value before the first move.
        moves: In the order in which they were decided.

    Returns:
        (N,) values.
    """
    values = np.full(len(times), float(start))
    previous = start
    for begin, end, target in moves:
        if target != previous:
            first, last = np.searchsorted(times, (begin, end))
            u = (times[first:last] - begin) / max(end - begin, 1e-6)
            values[first:last] += (target - previous) * minimum_jerk(u)
            values[last:] += target - previous
        previous = target
    return values


def wander(
    times: np.ndarray, rng: np.random.Generator, size: float, slow: float = 0.1
) -> np.ndarray:
    """A smooth random wander about zero: eight sinusoids with amplitudes falling as 1/f.

    Args:
        times: (N,) s.
        rng: Source of frequencies and phases.
        size: About the standard deviation of the result.
        slow: Lowest frequency, Hz; the highest is twelve times that.
    """
    frequency = slow * 12.0 ** rng.random(8)
    amplitude = 1.0 / frequency
    amplitude *= size * np.sqrt(2.0) / np.linalg.norm(amplitude)
    phase = rng.uniform(0.0, 2.0 * np.pi, 8)
    return np.sin(2.0 * np.pi * np.outer(times, frequency) + phase) @ amplitude


def smooth(values: np.ndarray, seconds: float, fps: float) -> np.ndarray:
    """Gaussian low-pass along axis 0 with a standard deviation of ``seconds``."""
    return gaussian_filter1d(values, seconds * fps, axis=0, mode="nearest")


def smooth_below(values: np.ndarray, seconds: float, fps: float) -> np.ndarray:
    """A smooth curve that stays at or below ``values`` (N,)."""
    reach = int(np.ceil(3.0 * seconds * fps))
    low = minimum_filter1d(values, 2 * reach + 1, mode="nearest")
    return gaussian_filter1d(low, seconds * fps, mode="nearest", truncate=3.0)


def soft_min(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    """Smooth minimum of two arrays, never above either; ``width`` is the rounding at a = b."""
    return 0.5 * (a + b - np.sqrt((a - b) ** 2 + width**2))
