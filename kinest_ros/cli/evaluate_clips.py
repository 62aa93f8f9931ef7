# SPDX-License-Identifier: Apache-2.0
"""kinest evaluate on clips: candidates side by side."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import Any

import numpy as np

from kinest_ros.body.joints import SLOTS
from kinest_ros.body.rotations_numpy import matrices_from_quaternions, unit_quaternions
from kinest_ros.errors import KinestError
from kinest_ros.evaluation.candidates import Candidate, mean_pose, streaming
from kinest_ros.evaluation.clip_result import ClipResult
from kinest_ros.evaluation.evaluate import evaluate
from kinest_ros.evaluation.metrics import MEANINGS, METRICS
from kinest_ros.evaluation.models import (
    MODES,
    NamedWeights,
    candidates_of,
    check_slots,
    load_weights,
)
from kinest_ros.evaluation.reliability import reliability
from kinest_ros.evaluation.results import as_json, differences, plain_differences, summarise
from kinest_ros.evaluation.tables import (
    print_clips,
    print_groups,
    print_reliability,
    print_summaries,
)
from kinest_ros.evaluation.tracking import EvaluationSettings
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.motion.clips.clip_lists import split_clips, thinned
from kinest_ros.motion.clips.clip_sources import only_sources, source_list
from kinest_ros.motion.clips.corpus import Corpus, corpus_from_files
from kinest_ros.motion.clips.kinds import kind_of_clip
from kinest_ros.motion.clips.labels import ClipLabel, label_of
from kinest_ros.tracking.settings import TrackerSettings

TRUTH = "the true motion"
TRUE_ROTATIONS = "true rotations"


def evaluate_clips(args: argparse.Namespace) -> int:
    """Evaluate and print; returns the exit code."""
    settings = settings_of(args)
    weights = load_weights(args.weights or ["default"], args.device)
    check_slots(weights, settings.slots)
    corpus, labels = read_clips(args)
    candidates = _candidates(args, weights)
    progress = not args.json
    found = {
        name: evaluate(corpus, candidate, settings, progress, name, labels)
        for name, candidate in candidates.items()
    }
    changes = without_each(settings) if args.ablate else {}
    if args.true_rotations:
        changes[TRUE_ROTATIONS] = replace(settings, true_rotations=True)
    first = next(iter(candidates.values()))
    for name, changed in changes.items():
        found[name] = evaluate(corpus, first, changed, progress, name, labels)
    if args.figures is not None:
        from kinest_ros.evaluation.figures import write_figures

        for path in write_figures(found, args.figures):
            if progress:
                print(f"wrote {path}")
    if args.json:
        print(json.dumps(_as_json(args, weights, found)))
    else:
        _print(args, weights, found)
    return 0


def settings_of(args: argparse.Namespace) -> EvaluationSettings:
    """Return how clips are tracked.

    Raises:
        KinestError: unknown trackers, or no head.
    """
    slots = tuple(args.slots) if args.slots else SLOTS[:3]
    unknown = sorted(set(slots) - set(SLOTS))
    if unknown or "head" not in slots:
        raise KinestError(f"--slots {' '.join(slots)}: choose from {', '.join(SLOTS)}, with head")
    tracker = TrackerSettings(
        snap_wrists=not args.no_snap,
        snap_rotations=not args.no_snap,
        snap_body=not args.no_body_snap,
        smooth_posture=not args.no_smoothing,
        foot_lock=not args.no_foot_lock,
    )
    return EvaluationSettings(slots, args.stature_only, tracker)


def without_each(settings: EvaluationSettings) -> dict[str, EvaluationSettings]:
    """Return the settings with each of the steps after the network left out, and with none.

    And with all steps and the true contacts: how much of the foot slide comes of not knowing them.
    """
    steps: dict[str, dict[str, Any]] = {
        "smoothing": {"smooth_posture": False},
        "foot lock": {"foot_lock": False},
        "wrist snap": {"snap_wrists": False},
        "body snap": {"snap_body": False},
        "tracked rotations": {"snap_rotations": False},
    }
    found = {
        f"without {name}": replace(settings, tracker=replace(settings.tracker, **change))
        for name, change in steps.items()
    }
    every = {name: value for change in steps.values() for name, value in change.items()}
    found["the network alone"] = replace(settings, tracker=replace(settings.tracker, **every))
    found["all steps, true contacts"] = replace(settings, true_contacts=True)
    return found


def read_clips(args: argparse.Namespace) -> tuple[Corpus, list[ClipLabel]]:
    """Return the clips to measure on, with their labels."""
    if args.amass_protocol and args.body_model is None:
        raise KinestError("--amass-protocol needs --body-model: the papers use SMPL-H, male")
    clips = split_clips(args.data, args.split, args.part)
    clips = only_sources(clips, args.data, source_list(args.source))
    clips = thinned(clips, args.data, args.every)
    corpus = corpus_from_files(
        clips, args.cache, not args.json, args.body_model, as_published=args.amass_protocol
    )
    labels = [label_of(clip, args.data) for clip in clips]
    return corpus, [replace(own, kind=_kind(own, *corpus.clip(i))) for i, own in enumerate(labels)]


def _kind(
    label: ClipLabel, quaternions: np.ndarray, roots: np.ndarray, rest_offsets: np.ndarray
) -> str:
    return kind_of_clip(
        label, matrices_from_quaternions(unit_quaternions(quaternions)), roots, rest_offsets
    )


def _candidates(
    args: argparse.Namespace, weights: list[NamedWeights]
) -> dict[str, Candidate | None]:
    modes = MODES if args.published_mode == "both" else (args.published_mode,)
    found: dict[str, Candidate | None] = {}
    for each in weights:
        found.update(candidates_of(each, modes))
    if args.compare:
        for each in weights:
            if isinstance(each.model, StreamingKineST) and not each.model.config.lookahead:
                name = "state reset every frame"
                name = name if len(weights) == 1 else f"{each.name}, {name}"
                found[name] = streaming(each.model, keep_state=False)
        found["mean pose, wrist IK"] = mean_pose(_to_average(args))
        found[TRUTH] = None
    return found


def _to_average(args: argparse.Namespace) -> Corpus:
    """Return the training clips, or the clips at hand where there is no split."""
    part = "train" if args.split is not None else args.part
    clips = split_clips(args.data, args.split, part)
    # The mean of a few hundred clips is that of all.
    clips = clips[:: max(1, len(clips) // 400)]
    return corpus_from_files(
        clips, args.cache, not args.json, args.body_model, as_published=args.amass_protocol
    )


def _as_json(
    args: argparse.Namespace, weights: list[NamedWeights], found: dict[str, list[ClipResult]]
) -> dict[str, Any]:
    first, *others = found
    return {
        "weights": {
            each.name: {"hash": each.model.weights_hash, "parameters": each.parameters}
            for each in weights
        },
        "units": METRICS,
        "trackers": list(settings_of(args).slots),
        "skeleton": "stature only" if args.stature_only else "each clip's own",
        "candidates": {name: as_json(results) for name, results in found.items()},
        "differences": {
            f"{name} minus {first}": plain_differences(found[first], found[name])
            for name in others
            if name != TRUTH
        },
    }


def _print(
    args: argparse.Namespace, weights: list[NamedWeights], found: dict[str, list[ClipResult]]
) -> None:
    summaries = {name: summarise(results) for name, results in found.items()}
    print_summaries(summaries)
    first, *others = found
    compared = [name for name in others if name != TRUTH]
    if len(weights) > 1 and compared:
        print_summaries(
            {name: differences(found[first], found[name]) for name in compared},
            f"difference to {first}, clip by clip",
        )
    for by in args.by or ():
        print_groups(found, by)
    if args.per_clip:
        print_clips(found)
    print_reliability({name: reliability(results) for name, results in found.items()})
    for each in weights:
        print(f"weights {each.name} {each.model.weights_hash}, {each.parameters / 1e6:.2f} M")
    print("\n".join(f"  {name} [{unit}]: {MEANINGS[name]}" for name, unit in METRICS.items()))
