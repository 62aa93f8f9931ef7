# SPDX-License-Identifier: Apache-2.0
"""A hand tracker that is lost for a while: how much worse the body gets, and how it comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from tqdm import tqdm

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.evaluation.candidates import TrackedClip
from kinest_ros.evaluation.intervals import Estimate, estimate
from kinest_ros.evaluation.metrics import FRAME_RATE, joint_errors
from kinest_ros.evaluation.tracking import EvaluationSettings, Truth, push_all
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.motion.clips.labels import ClipLabel
from kinest_ros.tracking.body_tracker import BodyTracker

#: Seconds before the loss, and after it, in which the body is watched.
BEFORE, AFTER = 1.0, 0.8
#: A wrist this close (m) to where it is without the loss has come back.
BACK = 0.01
#: A wrist up to so far (m) from its tracker is expected back quickly; beyond, its speed has limits.
NEAR = 0.6
#: Makes a tracker with a fresh network for a skeleton.
MakeTracker = Callable[[Skeleton], BodyTracker]


@dataclass(frozen=True)
class Loss:
    """One clip in which a hand was lost.

    Attributes:
        label: which clip.
        error: MPJPE while lost, cm.
        undisturbed: MPJPE of the same frames with the hand there, cm.
        recovery: s from the hand's return until its wrist is within 1 cm of the undisturbed run
            and stays there; infinite if it does not within 0.8 s.
        gap: m, from that wrist to where it should be when the hand returns.
        added_speed: m/s, the largest speed of any joint relative to the undisturbed run, from
            the hand's return on.
    """

    label: ClipLabel
    error: float
    undisturbed: float
    recovery: float
    gap: float
    added_speed: float


def lose_hands(
    corpus: Corpus,
    make: MakeTracker,
    seconds: float,
    settings: EvaluationSettings,
    labels: Sequence[ClipLabel],
    progress: bool = False,
    most: int | None = None,
) -> list[Loss]:
    """Lose the left hand in every other clip and the right one in the rest, one second in.

    Args:
        corpus: clips; those that are too short for the loss and 0.8 s after it are left out.
        make: see MakeTracker.
        seconds: length of the loss.
        settings: how clips are tracked.
        labels: of the clips.
        progress: show a progress bar.
        most: how many clips to take, spread over the corpus; None for all.
    """
    frames = round((BEFORE + seconds + AFTER) * FRAME_RATE)
    long_enough = np.flatnonzero(np.diff(corpus.starts) >= frames)
    if most is not None and len(long_enough) > most:
        long_enough = long_enough[np.linspace(0, len(long_enough) - 1, most).astype(int)]
    found = []
    for count, index in enumerate(
        tqdm(
            long_enough,
            desc=f"hand lost for {seconds:g} s",
            unit="clip",
            disable=not progress or None,
        )
    ):
        truth = Truth.of(corpus, int(index)).first(frames)
        found.append(_lose(truth, make, seconds, count % 2, settings, labels[int(index)]))
    return found


def _lose(
    truth: Truth,
    make: MakeTracker,
    seconds: float,
    side: int,
    settings: EvaluationSettings,
    label: ClipLabel,
) -> Loss:
    clip = truth.tracked(settings)
    start = round(BEFORE * FRAME_RATE)
    stop = start + round(seconds * FRAME_RATE)
    valid = clip.valid.copy()
    valid[start:stop, 1 + side] = False
    skeleton = Skeleton(clip.rest_offsets)
    with_hand = _positions(make(skeleton), clip)
    without = _positions(make(skeleton), replace(clip, valid=valid))
    wrist = JOINT_INDEX[("left_wrist", "right_wrist")[side]]
    apart = np.linalg.norm(without - with_hand, axis=-1)
    speeds = np.linalg.norm(np.diff(without - with_hand, axis=0), axis=-1) * FRAME_RATE
    return Loss(
        label,
        float(joint_errors(without, truth.positions)[start:stop].mean()),
        float(joint_errors(with_hand, truth.positions)[start:stop].mean()),
        recovery_time(apart[stop:, wrist]),
        float(apart[stop - 1, wrist]),
        float(speeds[stop - 1 :].max()),
    )


def recovery_time(apart: np.ndarray) -> float:
    """Return the time, s, from frame 0 until distances (N,), m, stay below BACK; inf if never."""
    far = np.flatnonzero(apart >= BACK)
    if not len(far):
        return 0.0
    return float("inf") if far[-1] == len(apart) - 1 else float((far[-1] + 1) / FRAME_RATE)


def _positions(tracker: BodyTracker, clip: TrackedClip) -> np.ndarray:
    """Return joint positions (N, 22, 3); a tick that gave no body repeats the one before."""
    positions = np.full((len(clip.positions), 22, 3), np.nan)
    for body in push_all(tracker, clip):
        positions[round(body.stamp_ns * 1e-9 * FRAME_RATE)] = body.positions
    known = np.isfinite(positions[:, 0, 0])
    latest = np.maximum.accumulate(np.where(known, np.arange(len(known)), 0))
    return positions[latest]


def summarise_losses(losses: Sequence[Loss]) -> dict[str, Any]:
    """Return the figures over all clips, each dataset counting alike.

    Keys: clips; error_cm, undisturbed_cm (MPJPE while lost, and of the same frames undisturbed);
    growth (their ratio less 1); added_cm (their difference with its interval); recovery_s
    (median, 95 % and worst); recovery_near_s (of the clips where the wrist was off by up to NEAR;
    None if there are none); added_speed (m/s, as recovery_s); gap_m (the largest).
    """
    datasets = sorted({loss.label.dataset for loss in losses})
    groups = [
        np.array([(x.error, x.undisturbed, x.error - x.undisturbed)
                  for x in losses if x.label.dataset == name])
        for name in datasets
    ]  # fmt: skip
    error, undisturbed, added = estimate(groups)
    near = [loss.recovery for loss in losses if loss.gap <= NEAR]
    return {
        "clips": len(losses),
        "error_cm": error.mean,
        "undisturbed_cm": undisturbed.mean,
        "added_cm": _plain(added),
        "growth": error.mean / undisturbed.mean - 1.0,
        "recovery_s": _spread([loss.recovery for loss in losses]),
        "recovery_near_s": _spread(near) if near else None,
        "added_speed": _spread([loss.added_speed for loss in losses]),
        "gap_m": max(loss.gap for loss in losses),
    }


def _plain(value: Estimate) -> dict[str, float | None]:
    return {name: v if np.isfinite(v) else None for name, v in value._asdict().items()}


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    """Return median, 95 % and the largest; None for what is infinite."""
    ordered = np.sort(values)
    last = len(ordered) - 1
    picked = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    found = {name: float(ordered[int(np.ceil(share * last))]) for name, share in picked.items()}
    return {name: value if np.isfinite(value) else None for name, value in found.items()}
