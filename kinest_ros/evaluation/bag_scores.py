# SPDX-License-Identifier: Apache-2.0
"""Scores of a bag: against its ground truth where it has one, and what needs no truth anyway."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from kinest_ros.bags.contents import read_tracker_frames
from kinest_ros.bags.inputs import InputChoice
from kinest_ros.bags.reader import BagReader, Bodies, read_bodies
from kinest_ros.bags.topics import GROUND_TRUTH
from kinest_ros.body.joints import SLOT_JOINTS, SLOTS
from kinest_ros.body.rotations_numpy import matrices_from_quaternions, unit_quaternions
from kinest_ros.errors import KinestError
from kinest_ros.evaluation.clip_result import ClipResult
from kinest_ros.evaluation.evaluate import compare
from kinest_ros.evaluation.floor import TOES, floor_penetration, foot_slide
from kinest_ros.evaluation.metrics import FRAME_RATE, clip_metrics, jitter
from kinest_ros.evaluation.tracked_links import TrackedLinks, has_trackers, tracked_links
from kinest_ros.evaluation.tracking import Truth
from kinest_ros.evaluation.truth.given import GivenTruth, MarkerPath, mocap_figures, true_at
from kinest_ros.evaluation.worst import WORST_TICKS, add_errors
from kinest_ros.motion.clips.labels import ClipLabel

#: A silence of a tracker, s, that counts as a drop-out.
DROP_OUT = 0.1
_CONTACT = 0.5
#: Metrics that compare a frame with the next: they may not reach across missing ticks.
_ACROSS_FRAMES = ("mpjve", "jitter", "slide")
_FRAME_NS = 1e9 / FRAME_RATE


@dataclass(frozen=True)
class BagScores:
    """What was found of one bag.

    Attributes:
        figures: nested plain values, see score.
        result: against the ground truth; None where the bag has none.
        truth: the true bodies, on the bag's clock and in its frame; None where there are none.
        markers: by slot, where mocap bodies say that links are.
    """

    figures: dict[str, Any]
    result: ClipResult | None
    truth: Bodies | None = None
    markers: Mapping[str, MarkerPath] = field(default_factory=dict)


def score(
    path: Path,
    bodies: Bodies,
    tracked: TrackedLinks | None = None,
    choice: InputChoice | None = None,
    given: GivenTruth | None = None,
) -> BagScores:
    """Score the bodies of a bag.

    The figures: seconds, bodies, missing (ticks within the bag that have no body); jitter
    (10^2 m/s^3), slide (cm/s, of the toes while the body itself says that the foot stands), floor
    (cm), toe_height_cm (median); worst_5_s (of jitter and slide, with the second at which it
    begins) and per_minute (lists of both and of missing ticks); reprojection_cm (median and 95 % of
    the distance from each tracked link to its tracker); drop_outs (by slot: count, seconds and
    longest of silences over 0.1 s); latency_ms (as the bodies say); and accuracy, the metrics
    against the ground truth, if any.

    Args:
        path: the bag with the trackers, and the ground truth.
        bodies: at 60 Hz ticks.
        tracked: where the tracked links were measured to be; None to take the poses of the bag (as
            if no mount offset had been given).
        choice: which of the bag's topics the trackers are; None: what the bag holds.
        given: the truth, where it is not the bag's own. With it the figures have alignment too
            (offset_ms, rotation_deg, residual_mm, ...), and of mocap bodies, in place of accuracy,
            mocap: by slot how far the link is from its marker.

    Raises:
        KinestError: fewer than four bodies, or a truth that cannot be aligned.
    """
    if len(bodies) < 4:
        raise KinestError(f"{path} has {len(bodies)} bodies; at least 4 are needed to score them")
    stamps = tracker_stamps(path, choice)
    links = tracked_links(path, bodies, choice) if tracked is None else tracked
    pieces = _unbroken(bodies.stamps_ns)
    figures = {
        "seconds": float(bodies.stamps_ns[-1] - bodies.stamps_ns[0]) * 1e-9,
        "bodies": len(bodies),
        "missing": _missing(bodies.stamps_ns),
        "jitter": _over(pieces, lambda p: jitter(bodies.positions[p])),
        "slide": _over(pieces, lambda p: _slide(bodies, p)),
        "floor": floor_penetration(bodies.positions),
        "worst_5_s": _worst(bodies, pieces),
        "per_minute": _per_minute(bodies),
        "toe_height_cm": float(np.median(bodies.positions[:, TOES, 2])) * 100.0,
        "reprojection_cm": _reprojection(bodies, links.positions),
        "drop_outs": {slot: drop_outs(times) for slot, times in stamps.items()},
        "latency_ms": _spread(bodies.latency * 1e3) if bodies.latency.any() else None,
    }
    aligned: dict[str, Any] = {}
    truth = None
    markers: dict[str, Any] = {}
    if given is not None and given.is_mocap:
        (aligned, markers), result, errors = mocap_figures(given, path, bodies), None, None
    else:
        truth, found = (_own_truth(path), None) if given is None else true_at(given, path, bodies)
        aligned = {"alignment": found.as_dict()} if found is not None else {}
        result, errors = _against_truth(path, bodies, truth)
    if errors is not None:
        add_errors(figures, errors, bodies.stamps_ns)
    accuracy = result and {
        name: value if np.isfinite(value) else None for name, value in result.figures.items()
    }
    truth = truth if truth is not None and len(truth) else None
    return BagScores({**figures, "accuracy": accuracy, **aligned}, result, truth, markers)


def tracker_stamps(path: Path, choice: InputChoice | None = None) -> dict[str, np.ndarray]:
    """Return the stamps, ns, of each tracker of a bag, in order; none for a bag of bodies alone."""
    if not has_trackers(path, choice):
        return {}
    found: dict[str, list[int]] = {}
    for frame in read_tracker_frames(path, choice):
        for slot in frame.poses:
            found.setdefault(slot, []).append(frame.stamp_ns)
    return {slot: np.unique(stamps) for slot, stamps in sorted(found.items(), key=_slot_order)}


def drop_outs(stamps: np.ndarray) -> dict[str, float]:
    """Return count, total seconds and longest silence of a tracker's stamps (N,), ns."""
    silences = np.diff(stamps) * 1e-9
    silences = silences[silences > DROP_OUT]
    return {
        "count": len(silences),
        "seconds": float(silences.sum()),
        "longest": float(silences.max(initial=0.0)),
    }


def _slot_order(item: tuple[str, Any]) -> int:
    return SLOTS.index(item[0])


def _reprojection(bodies: Bodies, tracked: np.ndarray) -> dict[str, dict[str, float]]:
    error = np.linalg.norm(bodies.positions[:, list(SLOT_JOINTS)] - tracked, axis=-1) * 100.0
    return {
        slot: _spread(column[np.isfinite(column)])
        for slot, column in zip(SLOTS, error.T, strict=True)
        if np.isfinite(column).any()
    }


def _slide(bodies: Bodies, piece: slice) -> float:
    standing = bodies.contacts[piece] > _CONTACT
    return foot_slide(bodies.positions[piece], standing[:-1] & standing[1:])


def _worst(bodies: Bodies, pieces: Sequence[slice]) -> dict[str, dict[str, float]]:
    """Return the largest jitter and slide over five seconds, and when those begin, s."""
    worst: dict[str, dict[str, float]] = {}
    for piece in pieces:
        last = max(piece.start, piece.stop - WORST_TICKS)
        for start in sorted({*range(piece.start, last, round(FRAME_RATE)), last}):
            window = slice(start, min(start + WORST_TICKS, piece.stop))
            found = {"jitter": jitter(bodies.positions[window]), "slide": _slide(bodies, window)}
            for name, value in found.items():
                if np.isfinite(value) and value > worst.get(name, {"value": -1.0})["value"]:
                    from_s = float(bodies.stamps_ns[start] - bodies.stamps_ns[0]) * 1e-9
                    worst[name] = {"value": float(value), "from_s": from_s}
    return worst


def _per_minute(bodies: Bodies) -> dict[str, list[float | None]]:
    """Return jitter, slide and missing ticks of each minute; None where nothing is known."""
    minutes = ((bodies.stamps_ns - bodies.stamps_ns[0]) * 1e-9 // 60.0).astype(int)
    found: dict[str, list[float | None]] = {"jitter": [], "slide": [], "missing": []}
    for minute in range(int(minutes[-1]) + 1):
        rows = np.flatnonzero(minutes == minute)
        found["missing"].append(None if not len(rows) else float(_missing(bodies.stamps_ns[rows])))
        pieces = _stretches(bodies.stamps_ns[rows]) if len(rows) else []
        moved = [slice(p.start + rows[0], p.stop + rows[0]) for p in pieces]
        found["jitter"].append(_over(moved, lambda p: jitter(bodies.positions[p])))
        found["slide"].append(_over(moved, lambda p: _slide(bodies, p)))
    return found


def _unbroken(stamps: np.ndarray) -> list[slice]:
    """Return the stretches of at least four bodies with no tick missing in between."""
    pieces = _stretches(stamps)
    if not pieces:
        raise KinestError("the bodies are not at 60 Hz: no four of them follow each other")
    return pieces


def _stretches(stamps: np.ndarray) -> list[slice]:
    ends = np.flatnonzero(np.abs(np.diff(stamps) - _FRAME_NS) > 0.1 * _FRAME_NS) + 1
    edges = [0, *ends.tolist(), len(stamps)]
    return [slice(a, b) for a, b in pairwise(edges) if b - a >= 4]


def _over(pieces: Sequence[slice], figure: Callable[[slice], float]) -> float | None:
    """Return the mean of a figure over stretches, weighted by their length; None if never known."""
    return _weighted([figure(piece) for piece in pieces], pieces)


def _weighted(found: Sequence[float], pieces: Sequence[slice]) -> float | None:
    values = np.array(found)
    weights = np.array([piece.stop - piece.start for piece in pieces], dtype=float)
    known = np.isfinite(values)
    return float(np.average(values[known], weights=weights[known])) if known.any() else None


def _missing(stamps: np.ndarray) -> int:
    return round(float(stamps[-1] - stamps[0]) / _FRAME_NS) + 1 - len(stamps)


def _spread(values: np.ndarray) -> dict[str, float]:
    p50, p95, p99 = np.percentile(values, (50, 95, 99))
    return {"p50": float(p50), "p95": float(p95), "p99": float(p99)}


def _own_truth(path: Path) -> Bodies | None:
    with BagReader(path) as bag:
        if GROUND_TRUTH not in bag.types:
            return None
    return read_bodies(path, GROUND_TRUTH)


def _against_truth(
    path: Path, bodies: Bodies, truth: Bodies | None
) -> tuple[ClipResult | None, np.ndarray | None]:
    """Return the metrics over all bodies whose tick has a true body, and errors (N,), cm.

    The errors are mean distances of the joints; NaN where there is no true body.
    """
    if truth is None or not len(truth):
        return None, None
    row = np.minimum(np.searchsorted(truth.stamps_ns, bodies.stamps_ns - 1_000), len(truth) - 1)
    # Both are stamped with ticks; a microsecond is what rounding may differ by.
    known = np.flatnonzero(np.abs(truth.stamps_ns[row] - bodies.stamps_ns) <= 1_000)
    if len(known) < 4:
        return None, None
    positions, true_positions = bodies.positions[known], truth.positions[row[known]]
    rotations = matrices_from_quaternions(unit_quaternions(bodies.local_rotations[known]))
    true_rotations = matrices_from_quaternions(unit_quaternions(truth.local_rotations[row[known]]))
    true = Truth(true_rotations, true_positions, np.zeros(0), np.zeros(0))
    result = compare(
        ClipLabel(path.name, path.name, "", path.name), true, positions, rotations,
        bodies.confidence[known],
    )  # fmt: skip
    pieces = _unbroken(bodies.stamps_ns[known])
    of_pieces = [
        clip_metrics(positions[p], rotations[p], true_positions[p], true_rotations[p])
        for p in pieces
    ]
    for name in _ACROSS_FRAMES:
        value = _weighted([figures[name] for figures in of_pieces], pieces)
        result.figures[name] = float("nan") if value is None else value
    errors = np.full(len(bodies), np.nan)
    errors[known] = result.errors.mean(axis=-1)
    return result, errors
