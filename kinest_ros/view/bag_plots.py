# SPDX-License-Identifier: Apache-2.0
"""What is known of a bag over time, to be drawn beside its bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kinest_ros.body.joints import SLOT_JOINTS, SLOTS
from kinest_ros.view.report_errors import against_bodies
from kinest_ros.view.shown import Shown

#: Ages of trackers are drawn up to so many s.
_OLDEST = 10.0


@dataclass(frozen=True)
class Plot:
    """Lines over the ticks of a bag.

    Attributes:
        title: for people, with the unit.
        lines: by name, values (N,) at the ticks; NaN where there is none.
    """

    title: str
    lines: dict[str, np.ndarray]


def plots_of(
    shown: Sequence[Shown],
    stamps: Mapping[str, np.ndarray],
    ticks_ns: np.ndarray,
    residuals: Mapping[str, np.ndarray],
) -> list[Plot]:
    """Return the plots of which something is known.

    Args:
        shown: estimates, and the truth.
        stamps: by slot, stamps (M,), ns, of each tracker.
        ticks_ns: (N,) at which to draw.
        residuals: by name of an estimate, (n, 6) cm from each link to its tracker, at its stamps.
    """
    truth = next((s for s in shown if s.confidence is None), None)
    estimates = [s for s in shown if s is not truth]
    first = estimates[0] if estimates else None
    found = [Plot("tracker's last message, s ago", _ages(stamps, ticks_ns))]
    if first is not None and first.valid is not None:
        rows = _at(first.stamps_ns, ticks_ns)
        used = [slot for slot, column in zip(SLOTS, first.valid.T, strict=True) if column.any()]
        # A step of its own for each, so that they do not lie on each other.
        strips = {
            slot: _picked(index + 0.7 * first.valid[:, SLOTS.index(slot)], rows)
            for index, slot in enumerate(used)
        }
        found.append(Plot("tracker valid (up) or not (down)", strips))
    confidence: dict[str, np.ndarray] = {}
    worst, latency, errors = {}, {}, {}
    for each in estimates:
        rows = _at(each.stamps_ns, ticks_ns)
        prefix = f"{each.name}: " if len(estimates) > 1 else ""
        if each.confidence is not None:
            confidence[f"{prefix}mean of 22 joints"] = _picked(each.confidence.mean(axis=1), rows)
            confidence[f"{prefix}lowest"] = _picked(each.confidence.min(axis=1), rows)
        if (left := residuals.get(each.name)) is not None:
            worst[f"{prefix}worst of the trackers"] = _picked(_largest(left), rows)
        if each.latency is not None and each.latency.any():
            latency[f"{prefix}latency"] = _picked(1e3 * each.latency, rows)
        if truth is not None and (off := against_bodies(each, truth)) is not None:
            means = np.full(len(each.stamps_ns), np.nan)
            means[off.ticks] = off.means
            errors[f"{prefix}mean of 22 joints"] = _picked(means, rows)
    found += [
        Plot("confidence", confidence),
        Plot("link to its tracker, cm", worst),
        Plot("from the truth, cm", errors),
        Plot("latency or computing time, ms", latency),
    ]
    return [p for p in found if any(np.isfinite(line).any() for line in p.lines.values())]


def residuals_of(shown: Shown, places: np.ndarray) -> np.ndarray:
    """Return the distances (N, 6), cm, of links from where their trackers are, (N, 6, 3) m."""
    apart = shown.positions[:, list(SLOT_JOINTS)] - places
    # To the micrometre: what is left of rounding is nobody's residual.
    return np.asarray(np.round(100.0 * np.linalg.norm(apart, axis=-1), 4))


def _ages(stamps: Mapping[str, np.ndarray], ticks_ns: np.ndarray) -> dict[str, np.ndarray]:
    found = {}
    for slot, times in stamps.items():
        # The tick of a sample may lie between it and the one before: live, it waits for it.
        row = np.searchsorted(times, ticks_ns, side="right") - 1
        age = (ticks_ns - times[np.maximum(row, 0)]) * 1e-9
        found[slot] = np.where(row < 0, np.nan, np.minimum(age, _OLDEST))
    return found


def _at(stamps_ns: np.ndarray, ticks_ns: np.ndarray) -> np.ndarray:
    """Return the row of the stamp nearest to each tick; -1 where none is within 25 ms."""
    after = np.clip(np.searchsorted(stamps_ns, ticks_ns), 0, len(stamps_ns) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.abs(stamps_ns[before] - ticks_ns) < np.abs(stamps_ns[after] - ticks_ns)
    rows = np.where(nearer, before, after)
    return np.where(np.abs(stamps_ns[rows] - ticks_ns) <= 25_000_000, rows, -1)


def _picked(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.where(rows < 0, np.nan, values[rows])


def _largest(values: np.ndarray) -> np.ndarray:
    """Return the largest of each row that is known, (N,); NaN where none is."""
    known = np.isfinite(values)
    largest = np.where(known, values, -np.inf).max(axis=1)
    return np.where(known.any(axis=1), largest, np.nan)
