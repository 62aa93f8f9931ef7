# SPDX-License-Identifier: Apache-2.0
"""kinest evaluate: accuracy of weights on clips with ground truth."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from kinest_ros.errors import KinestError

if TYPE_CHECKING:
    from kinest_ros.evaluation.candidates import Candidate
    from kinest_ros.training.corpus import Corpus

NAME = "evaluate"
HELP = "measure accuracy on AMASS-style clips: MPJPE, MPJRE, MPJVE, jitter, ..."
EXAMPLES = """\
Every clip is turned into ideal trackers at 60 Hz and goes through the same body tracker that the
node runs; no future frame is used. Means are over clips within a source; "mean" is the mean over
the sources, each alike, and "all clips" the mean over all of them. Hands are snapped to their
trackers, so their error is what is out of reach.

examples:
  kinest evaluate --data motion/ --split splits.json --part test
  kinest evaluate --data motion/ --split splits.json --part test --compare
  kinest evaluate --data my_clips/ --stature-only --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--data", type=Path, required=True, help="folder of .npz clips")
    parser.add_argument("--split", type=Path, help="JSON split file; without it all clips count")
    parser.add_argument("--part", default="test", help="list in the split file (default test)")
    parser.add_argument(
        "--body-model", type=Path, help="SMPL, SMPL-H or SMPL-X file, for original AMASS clips"
    )
    parser.add_argument("--weights", default="default", help="bundled name or .safetensors file")
    parser.add_argument(
        "--compare", action="store_true",
        help="also: state reset at every frame, and a mean pose with wrist inverse kinematics",
    )  # fmt: skip
    parser.add_argument(
        "--stature-only", action="store_true",
        help="track with the default skeleton of each clip's stature, as for a new user",
    )  # fmt: skip
    parser.add_argument("--slots", nargs="+", help="trackers in use (default: head, both hands)")
    parser.add_argument("--no-snap", action="store_true", help="leave wrists where predicted")
    parser.add_argument("--every", type=int, default=1, help="take each N-th clip (default 1)")
    parser.add_argument("--cache", type=Path, help="folder for the clips in compact form")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(args: argparse.Namespace) -> int:
    """Evaluate; returns the exit code."""
    from kinest_ros.body.joints import SLOTS
    from kinest_ros.cli.clip_lists import split_clips
    from kinest_ros.evaluation.candidates import streaming
    from kinest_ros.evaluation.evaluate import EvaluationSettings, evaluate, summarise
    from kinest_ros.evaluation.metrics import METRICS
    from kinest_ros.model.weights import load_model
    from kinest_ros.tracking.settings import TrackerSettings
    from kinest_ros.training.corpus import corpus_from_files

    slots = tuple(args.slots) if args.slots else SLOTS[:3]
    unknown = sorted(set(slots) - set(SLOTS))
    if unknown or "head" not in slots:
        raise KinestError(f"--slots {' '.join(slots)}: choose from {', '.join(SLOTS)}, with head")
    if args.every < 1:
        raise KinestError(f"--every is {args.every}; give 1 or more")
    model = load_model(args.weights, "cpu")
    progress = not args.json
    clips = split_clips(args.data, args.split, args.part)[:: args.every]
    corpus = corpus_from_files(clips, args.cache, progress, args.body_model)
    settings = EvaluationSettings(
        slots, args.stature_only, TrackerSettings(snap_wrists=not args.no_snap)
    )
    candidates: dict[str, Candidate] = {"streaming": streaming(model)}
    if args.compare:
        candidates["state reset every frame"] = streaming(model, keep_state=False)
        candidates["mean pose, wrist IK"] = _mean_pose(args, corpus, progress)
    tables = {
        name: summarise(evaluate(corpus, candidate, settings, progress, name))
        for name, candidate in candidates.items()
    }
    if args.json:
        print(json.dumps({"weights": model.weights_name, "hash": model.weights_hash, **tables}))
        return 0
    _print_tables(tables, METRICS)
    print(f"weights {model.weights_name} {model.weights_hash}; units: "
          + ", ".join(f"{name} {unit}" for name, unit in METRICS.items()))  # fmt: skip
    return 0


def _mean_pose(args: argparse.Namespace, corpus: Corpus, progress: bool) -> Candidate:
    """Return the mean of the training clips, or of the clips at hand where there is no split."""
    from kinest_ros.cli.clip_lists import split_clips
    from kinest_ros.evaluation.candidates import mean_pose
    from kinest_ros.training.corpus import corpus_from_files

    if args.split is None:
        return mean_pose(corpus)
    train = split_clips(args.data, args.split, "train")
    return mean_pose(corpus_from_files(train, args.cache, progress, args.body_model))


def _print_tables(tables: dict[str, dict[str, dict[str, float]]], metrics: dict[str, str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="accuracy")
    table.add_column("candidate")
    table.add_column("clips of")
    for name in metrics:
        table.add_column(name, justify="right")
    for name, sources in tables.items():
        for source, values in sources.items():
            table.add_row(name, source, *(f"{values[metric]:.2f}" for metric in metrics))
    Console(width=150).print(table)
