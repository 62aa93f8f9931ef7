# SPDX-License-Identifier: Apache-2.0
"""Finds the part of a recording in which a calibration pose was held best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kinest_ros.calibration.held_pose import HOLD_SECONDS, NEEDED, held_pose
from kinest_ros.calibration.refusal import Refusal
from kinest_ros.calibration.samples import Samples

#: Distance of the windows that are looked at, s.
STEP_SECONDS = 0.2
#: Refusals of windows in which nobody stood still anyway.
_NOT_EVEN_STILL = ("missing", "few_samples", "moved")


@dataclass(frozen=True)
class Found:
    """The best window: start in s from the first head sample, and what is wrong with it, if so."""

    start: float
    refusal: Refusal | None


def best_held(
    samples: Samples,
    input_basis: str = "ros",
    seconds: float = HOLD_SECONDS,
    on_window: Callable[[], None] = lambda: None,
) -> Found:
    """Return the window in which the trackers moved least while a pose was held.

    Where none was, the stillest window with a wrong pose is returned with its refusal, or else the
    stillest of all.

    Args:
        samples: as received.
        input_basis: their axes.
        seconds: length of the pose.
        on_window: called after each window.

    Raises:
        Refusal: there is no head, or the recording is shorter than the pose.
    """
    samples = samples.in_basis(input_basis)
    starts = window_starts(samples, seconds)
    first = int(samples.tracks["head"].stamps_ns[0])
    best: tuple[tuple[int, float], Found] | None = None
    for start in starts:
        window = cut(samples, first, float(start), seconds)
        refusal = None
        try:
            held_pose(window, seconds)
        except Refusal as error:
            refusal = error
        rank = 0
        if refusal is not None:
            rank = 2 if refusal.code in _NOT_EVEN_STILL else 1
        key = (rank, _motion(window))
        if best is None or key < best[0]:
            best = (key, Found(float(start), refusal))
        on_window()
    assert best is not None
    return best[1]


def window_starts(samples: Samples, seconds: float = HOLD_SECONDS) -> np.ndarray:
    """Return where the windows start, s from the first head sample.

    Raises:
        Refusal: there is no head, or the recording is shorter than the pose.
    """
    longest = length(samples)
    if longest < 0.98 * seconds:
        raise Refusal(
            "few_samples",
            f"the recording is {longest:.1f} s long; a pose is held for {seconds:g} s",
        )
    return np.arange(0.0, max(longest - seconds, 0.0) + 1e-6, STEP_SECONDS)


def length(samples: Samples) -> float:
    """Return the seconds from the head's first to its last sample.

    Raises:
        Refusal: there is no head.
    """
    if "head" not in samples.tracks:
        raise Refusal("missing", "there are no samples of the head")
    stamps = samples.tracks["head"].stamps_ns
    return float(stamps[-1] - stamps[0]) * 1e-9


def cut(samples: Samples, first_ns: int, start: float, seconds: float) -> Samples:
    """Return the samples of a window that starts some seconds after first_ns."""
    begin = first_ns + round(start * 1e9)
    return samples.between(begin, begin + round(seconds * 1e9))


def _motion(window: Samples) -> float:
    """Root mean square distance of head and hands from their means, m; missing ones count 1 m."""
    spread = 0.0
    for slot in NEEDED:
        if slot not in window.tracks:
            spread += 1.0
            continue
        places = window.tracks[slot].positions
        spread += float(np.mean(np.sum((places - places.mean(axis=0)) ** 2, axis=1)))
    return float(np.sqrt(spread))
