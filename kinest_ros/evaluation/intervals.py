# SPDX-License-Identifier: Apache-2.0
"""Means over clips with bootstrap confidence intervals (Efron, 1979)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

RESAMPLES = 2000


class Estimate(NamedTuple):
    """A mean and its 95 % confidence interval; the bounds are NaN where it cannot be known."""

    mean: float
    low: float
    high: float


def estimate(
    groups: Sequence[np.ndarray], seed: int = 0, resamples: int = RESAMPLES
) -> list[Estimate]:
    """Return the mean over groups of the means over clips, for each of M columns.

    Clips are drawn anew with replacement within each group, so that the interval says how much
    the figure would change with other clips of the same kinds: 2.5 and 97.5 % of the resampled
    figures. Clips of one recording are alike, so the true uncertainty is rather larger.

    Args:
        groups: arrays (clips, M); NaN where a clip has no value.
        seed: of the resampling.
        resamples: how often to resample.
    """
    rng = np.random.default_rng(seed)
    means, spreads = [], []
    for values in groups:
        values = np.asarray(values, dtype=np.float64)
        known = np.isfinite(values)
        filled = np.where(known, values, 0.0)
        count = len(values)
        draws = rng.multinomial(count, np.full(count, 1.0 / count), size=resamples)
        with np.errstate(invalid="ignore"):
            means.append(filled.sum(axis=0) / known.sum(axis=0))
            spread = (draws @ filled) / (draws @ known)
        # One clip says nothing of others.
        spreads.append(np.where(known.sum(axis=0) > 1, spread, np.nan))
    mean = np.mean(means, axis=0)
    with np.errstate(invalid="ignore"):
        low, high = np.percentile(np.mean(spreads, axis=0), (2.5, 97.5), axis=0)
    return [Estimate(*map(float, row)) for row in zip(mean, low, high, strict=True)]
