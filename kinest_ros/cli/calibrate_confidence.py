# SPDX-License-Identifier: Apache-2.0
"""kinest calibrate-confidence: makes the published confidence of weights fit their errors."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinest_ros.cli import options
from kinest_ros.errors import KinestError
from kinest_ros.motion.clips.clip_lists import SPLIT_HELP, split_clips

if TYPE_CHECKING:
    from kinest_ros.model.streaming import StreamingKineST
    from kinest_ros.motion.clips.corpus import Corpus
    from kinest_ros.motion.clips.labels import ClipLabel

NAME = "calibrate-confidence"
HELP = "fit the confidence of streaming weights to their errors on held-out clips"
EXAMPLES = """\
A network learns the size of its errors on the people in its training data; on others they are
larger, and tracked wrists have almost none. This runs held-out clips through the body tracker,
with three trackers, with a hand lost for a while, and with six. It fits a factor for each joint,
and how much the expected error grows with the residual at the hands and the floor. The result is
written into the .json beside the weights, where the node, replay and evaluate find it; the weights
do not change. All datasets have the same weight. `kinest train` does the same at its end if it has
a split. Never fit on the clips that you report figures for.

examples:
  kinest calibrate-confidence --weights runs/mine/weights.safetensors --data motion/ --split rule
  kinest calibrate-confidence --data my_clips/ --dry-run --json    the bundled weights stay as is
  kinest evaluate --data motion/ --split rule --part test --figures figures/    the reliability
"""
#: Most clips of a dataset: more say the same and take longer.
MOST_CLIPS = 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--weights", default="default", metavar="NAME",
        help="bundled name or .safetensors file (default: default)",
    )  # fmt: skip
    parser.add_argument("--data", type=Path, required=True, help="folder of .npz clips")
    parser.add_argument("--split", type=Path, metavar="SPLIT", help=SPLIT_HELP)
    parser.add_argument(
        "--part", default="validation", help="part of the split (default validation)"
    )
    parser.add_argument(
        "--body-model", type=Path, metavar="FILE",
        help="SMPL, SMPL-H or SMPL-X file, for original AMASS clips",
    )  # fmt: skip
    parser.add_argument(
        "--clips", type=int, default=MOST_CLIPS, metavar="N",
        help=f"most clips of each dataset (default {MOST_CLIPS})",
    )  # fmt: skip
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default auto)")
    parser.add_argument("--cache", type=Path, help="folder for the clips in compact form")
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    parser.add_argument(
        "--overwrite", action="store_true",
        help="write also for weights that came with this package",
    )  # fmt: skip
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Fit and write; returns the exit code."""
    from kinest_ros.evaluation.observed_errors import evenly
    from kinest_ros.model.weights import load_model
    from kinest_ros.model.weights_file import BUNDLED, weights_path
    from kinest_ros.motion.clips.corpus import corpus_from_files
    from kinest_ros.motion.clips.labels import label_of

    if args.clips < 1:
        raise KinestError(f"--clips is {args.clips}; give 1 or more")
    if weights_path(args.weights).parent == BUNDLED and not (args.dry_run or args.overwrite):
        raise KinestError(
            f"the weights {args.weights} came with this package, and what they say of their "
            "confidence is for everybody: add --dry-run to see what would be written, --overwrite "
            "to write it, or --weights with a copy of your own"
        )
    model = load_model(args.weights, args.device)
    every = split_clips(args.data, args.split, args.part)
    chosen = evenly([label_of(clip, args.data) for clip in every], args.clips)
    clips = [every[index] for index in chosen]
    corpus = corpus_from_files(clips, args.cache, not args.json, args.body_model)
    labels = [label_of(clip, args.data) for clip in clips]
    target = None if args.dry_run else args.weights
    summary = calibrate(model, corpus, labels, range(len(clips)), target, not args.json)
    options.report(args, summary, lines(summary))
    return 0


def calibrate(
    model: StreamingKineST,
    corpus: Corpus,
    labels: list[ClipLabel],
    indices: range | list[int],
    weights: str | Path | None,
    progress: bool,
) -> dict[str, Any]:
    """Fit the error model of a network; returns what was found.

    Args:
        model: the network.
        corpus: held-out clips.
        labels: of all of them.
        indices: the clips to take.
        weights: the network's file, into whose description the model goes; None for none.
        progress: show a progress bar.
    """
    from kinest_ros.evaluation.error_model_fit import calibration_errors, fit_error_model
    from kinest_ros.evaluation.observed_errors import observe
    from kinest_ros.model.error_model import UNCORRECTED
    from kinest_ros.model.weights_file import write_error_model

    observed = observe(corpus, model, labels, indices, progress)
    fitted = fit_error_model(observed)
    usual = observed.of(observed.situations == "three")
    counts: dict[str, int] = {}
    for index in indices:
        counts[labels[index].dataset] = counts.get(labels[index].dataset, 0) + 1
    summary: dict[str, Any] = {
        "clips": counts,
        "expected_calibration_error_cm": {
            "uncorrected": _rounded(calibration_errors(usual, UNCORRECTED)),
            "corrected": _rounded(calibration_errors(usual, fitted)),
        },
    }
    if weights is not None:
        summary["file"] = str(write_error_model(weights, fitted, dict(summary)))
    return {**summary, "error_model": fitted.as_dict()}


def lines(summary: dict[str, Any]) -> list[str]:
    """Return what calibrate found as text."""
    error = summary["expected_calibration_error_cm"]
    text = ["expected calibration error on these clips, uncorrected and corrected:"]
    text += [
        f"  {name} ({count} clips): {error['uncorrected'][name]:.2f} cm, "
        f"{error['corrected'][name]:.2f} cm"
        for name, count in summary["clips"].items()
    ]
    model = summary["error_model"]
    text.append(
        f"powers of the misfit: hands {model['hands_power']:.2f}, floor {model['floor_power']:.2f}"
    )
    return text + ([f"wrote {summary['file']}"] if "file" in summary else [])


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in values.items()}
