# SPDX-License-Identifier: Apache-2.0
"""kinest evaluate --suite robustness: lost hands, long streams, more trackers."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from typing import Any

from rich.table import Table

from kinest_ros.body.joints import SLOTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.cli.evaluate_clips import read_clips, settings_of
from kinest_ros.errors import KinestError
from kinest_ros.evaluation.candidates import streaming
from kinest_ros.evaluation.evaluate import evaluate
from kinest_ros.evaluation.long_stream import long_stream
from kinest_ros.evaluation.lost_hand import NEAR, lose_hands, summarise_losses
from kinest_ros.evaluation.models import NamedWeights, load_weights
from kinest_ros.evaluation.results import MEAN, summarise
from kinest_ros.evaluation.tables import show
from kinest_ros.evaluation.tracking import EvaluationSettings
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.motion.clips.labels import ClipLabel
from kinest_ros.runtime.predictor import StreamingPredictor
from kinest_ros.tracking.body_tracker import BodyTracker

#: Length of the loss that the figures are of, and the shorter ones of the plot, s.
LOSS = 2.0
SHORTER = (0.1, 0.25, 0.5, 1.0)
#: Clips that the shorter losses are measured on.
_SWEEP_CLIPS = 16


def evaluate_robustness(args: argparse.Namespace) -> int:
    """Run the suite for every set of streaming weights; returns the exit code."""
    weights = load_weights(args.weights or ["default"], args.device)
    for each in weights:
        model = each.model
        if not isinstance(model, StreamingKineST) or model.config.lookahead:
            raise KinestError(
                f"{each.name}: the robustness suite is for streaming weights without lookahead"
            )
    if args.hours <= 0:
        raise KinestError(f"--hours is {args.hours}; it must be more than 0")
    settings = settings_of(args)
    if not {"left_hand", "right_hand"} <= set(settings.slots):
        raise KinestError("the robustness suite loses hands; --slots must have both")
    corpus, labels = read_clips(args)
    found = {each.name: _suite(each, corpus, labels, settings, args) for each in weights}
    if args.figures is not None:
        from kinest_ros.evaluation.figures import drop_out_figure

        path = drop_out_figure({name: suite["lost_hand"] for name, suite in found.items()},
                               args.figures)  # fmt: skip
        if not args.json:
            print(f"wrote {path}")
    if args.json:
        print(json.dumps(found))
    else:
        print_robustness(found)
    return 0


def _suite(
    weights: NamedWeights,
    corpus: Corpus,
    labels: list[ClipLabel],
    settings: EvaluationSettings,
    args: argparse.Namespace,
) -> dict[str, Any]:
    model, progress = weights.model, not args.json
    assert isinstance(model, StreamingKineST)
    device = str(next(model.parameters()).device)

    def make(skeleton: Skeleton) -> BodyTracker:
        predictor = StreamingPredictor(model, skeleton, device)
        return BodyTracker(
            predictor, skeleton, settings.tracker, arms_known=not settings.stature_only
        )

    lengths = (*SHORTER, LOSS) if args.figures is not None else (LOSS,)
    lost = {}
    for seconds in lengths:
        most = None if seconds == LOSS else _SWEEP_CLIPS
        losses = lose_hands(corpus, make, seconds, settings, labels, progress, most)
        if not losses:
            raise KinestError(f"no clip is long enough to lose a hand for {seconds:g} s")
        lost[f"{seconds:g}"] = summarise_losses(losses)
    stream = long_stream(model, corpus, args.hours, settings, progress=progress)
    errors = {}
    for name, slots in (("three", SLOTS[:3]), ("six", SLOTS)):
        rows = evaluate(
            corpus, streaming(model), replace(settings, slots=slots), progress,
            f"{name} trackers", labels,
        )  # fmt: skip
        errors[name] = summarise(rows)[MEAN]["mpjpe"].mean
    return {
        "weights_hash": model.weights_hash,
        "lost_hand": lost,
        "long_stream": {**asdict(stream), "growth": stream.growth},
        "trackers": {**errors, "ratio": errors["six"] / errors["three"]},
    }


def print_robustness(found: dict[str, Any]) -> None:
    """Print what the suite found, a column for each weights."""
    table = Table(title="robustness")
    table.add_column("what")
    for name in found:
        table.add_column(name, justify="right")
    suites = list(found.values())

    def row(what: str, *values: str) -> None:
        table.add_row(what, *values)

    for seconds in suites[0]["lost_hand"]:
        lost = [suite["lost_hand"][seconds] for suite in suites]
        title = f"hand lost for {seconds} s"
        row(f"{title}: clips", *(str(x["clips"]) for x in lost))
        row("  MPJPE while lost (undisturbed), cm",
            *(f"{x['error_cm']:.2f} ({x['undisturbed_cm']:.2f})" for x in lost))  # fmt: skip
        row("  growth", *(f"{x['growth']:+.0%}" for x in lost))
        row("  wrist back within 1 cm after: 50, 95 %, worst, s",
            *(_three(x["recovery_s"]) for x in lost))  # fmt: skip
        near = [x["recovery_near_s"] for x in lost]
        row(
            f"  the same where it was off by up to {NEAR:g} m",
            *(_three(x) if x else "-" for x in near),
        )
        row("  speed added on return: 50, 95 %, worst, m/s",
            *(_three(x["added_speed"]) for x in lost))  # fmt: skip
        row("  wrist off by, at most, m", *(f"{x['gap_m']:.2f}" for x in lost))
        table.add_section()
    streams = [suite["long_stream"] for suite in suites]
    row(f"last minute of {streams[0]['hours']:.2f} h (from a fresh state): MPJPE, cm",
        *(f"{x['carried']:.2f} ({x['fresh']:.2f})" for x in streams))  # fmt: skip
    row("  growth", *(f"{x['growth']:+.1%}" for x in streams))
    table.add_section()
    trackers = [suite["trackers"] for suite in suites]
    row("six trackers (three): MPJPE, cm",
        *(f"{x['six']:.2f} ({x['three']:.2f})" for x in trackers))  # fmt: skip
    row("  ratio", *(f"{x['ratio']:.2f}" for x in trackers))
    show(table)


def _three(values: dict[str, float | None]) -> str:
    return ", ".join("-" if v is None else f"{v:.2f}" for v in values.values())
