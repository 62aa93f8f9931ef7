# SPDX-License-Identifier: Apache-2.0
"""Where a bag is worst against the truth: over five seconds, and minute by minute."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Ticks of the worst stretch that is told of a bag: five seconds.
WORST_TICKS = 300
_TICK = 1.0 / 60.0


def add_errors(figures: dict[str, Any], errors: np.ndarray, stamps_ns: np.ndarray) -> None:
    """Add mpjpe to a bag's worst_5_s and per_minute.

    Args:
        figures: of `bag_scores.score`; changed.
        errors: (N,) cm; NaN where there is no truth.
        stamps_ns: (N,) of the bodies, at 60 Hz ticks of which some may be missing.
    """
    seconds = (stamps_ns - stamps_ns[0]) * 1e-9
    known = np.isfinite(errors)
    sums = np.concatenate(([0.0], np.cumsum(np.where(known, errors, 0.0))))
    counts = np.concatenate(([0], np.cumsum(known)))
    stop = np.searchsorted(seconds, seconds + (WORST_TICKS - 0.5) * _TICK)
    held = counts[stop] - counts[:-1]
    # Nearly five seconds of truth; of a bag that has less, as much as any stretch has.
    enough = held >= 0.9 * min(WORST_TICKS, int(held.max()))
    means = np.where(enough, (sums[stop] - sums[:-1]) / np.maximum(held, 1), -1.0)
    start = int(np.argmax(means))
    figures["worst_5_s"]["mpjpe"] = {"value": float(means[start]), "from_s": float(seconds[start])}
    minutes = (seconds // 60.0).astype(int)
    figures["per_minute"]["mpjpe"] = [
        float(errors[rows].mean()) if (rows := (minutes == minute) & known).any() else None
        for minute in range(int(minutes[-1]) + 1)
    ]
