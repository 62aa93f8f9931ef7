# SPDX-License-Identifier: Apache-2.0
"""Options of kinest train."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from kinest_ros.motion.clips.clip_lists import SPLIT_HELP
from kinest_ros.motion.clips.clip_sources import SOURCE_NAMES
from kinest_ros.motion.clips.terms import ANY, COMMERCIAL, FILE_NAME
from kinest_ros.training.ablations import ABLATIONS
from kinest_ros.training.augment_config import AugmentConfig
from kinest_ros.training.loss_weights import LossWeights


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--data", type=Path, required=True, help="folder of .npz clips")
    parser.add_argument("--split", type=Path, metavar="SPLIT", help=SPLIT_HELP)
    parser.add_argument(
        "--leave-out", action="append", metavar="SOURCE",
        help=f"take a source out of the training clips; validation keeps it. {SOURCE_NAMES}",
    )  # fmt: skip
    parser.add_argument(
        "--terms", choices=(ANY, COMMERCIAL), default=ANY,
        help="commercial: only clips, and only --init weights, whose terms allow commercial use of "
        f"what is learnt; folders of your own declare theirs in a file {FILE_NAME}",
    )  # fmt: skip
    parser.add_argument(
        "--body-model", type=Path, help="SMPL, SMPL-H or SMPL-X file, for original AMASS clips"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint and weights")
    parser.add_argument("--resume", action="store_true", help="continue from the checkpoint")
    parser.add_argument(
        "--init", metavar="WEIGHTS",
        help="start from these weights (a .safetensors file or a bundled name) of the same network",
    )  # fmt: skip
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default auto)")
    parser.add_argument(
        "--bf16", action="store_true",
        help="train in bfloat16 where it is safe, if that is measured to be faster here",
    )  # fmt: skip
    parser.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
    parser.add_argument("--steps", type=int, default=4000, help="optimiser steps (default 4000)")
    parser.add_argument(
        "--minutes", type=float, default=0.0,
        help="train for this long instead; the schedule then follows the clock",
    )  # fmt: skip
    parser.add_argument("--batch", type=int, default=16, help="streams in parallel (default 16)")
    parser.add_argument(
        "--model", choices=("streaming", "published"), default="streaming",
        help="our causal network, or the published one as a baseline (default streaming)",
    )  # fmt: skip
    parser.add_argument(
        "--features", choices=("raw", "canonical"),
        help="inputs of the published network (default raw)",
    )  # fmt: skip
    parser.add_argument(
        "--length", type=int, help="frames per window (default 64; published network 96)"
    )
    parser.add_argument(
        "--learning-rate", type=float, help="peak (default 1.5e-3; published network 3e-4)"
    )
    parser.add_argument(
        "--width", type=int, help="channels per frame (default 192; published network 256)"
    )
    parser.add_argument(
        "--weight-decay", type=float, help="of AdamW (default 0.01; published network 1e-5)"
    )
    parser.add_argument(
        "--dropout", type=float, help="of the streaming network, in training (default 0.1)"
    )
    parser.add_argument("--joint-width", type=int, help="channels per joint token (default 32)")
    parser.add_argument("--lookahead", type=int, help="frames of delay (default 0)")
    parser.add_argument(
        "--ideal-trackers", action="store_true", help="train with no mounting errors and no noise"
    )
    parser.add_argument(
        "--ablate", choices=tuple(ABLATIONS), metavar="NAME", help="make one change (see below)"
    )
    parser.add_argument(
        "--loss", action="append", metavar="TERM=WEIGHT",
        help="weight of a term of the loss of the streaming network, one of "
        + ", ".join(f"{f.name} ({f.default:g})" for f in fields(LossWeights)) + "; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--augment", action="append", metavar="NAME=PROBABILITY",
        help="how often the data is varied in one way, one of "
        + ", ".join(f"{name} ({p:g})" for name, p in AugmentConfig.probabilities().items())
        + "; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--draw", action="append", metavar="SOURCE=FACTOR",
        help="draw clips of a folder (or procedural ones) this much more often than the usual rule "
        "says, which is in proportion to its hours to the power 0.2; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--kind-power", type=float, default=1.0, metavar="POWER",
        help="within a source, draw each kind of action (standing, stepping, reaching, sitting, "
        "...) in proportion to its hours to this power: 1 as the data lies, 0 every kind alike "
        "(default 1)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of weights and data (default 0)")
    parser.add_argument(
        "--procedural", type=float, default=0.0, metavar="HOURS",
        help="add this much procedural motion (crouching, sitting, reaching, kneeling)",
    )  # fmt: skip
    parser.add_argument("--cache", type=Path, help="folder for the clips in compact form")
    parser.add_argument(
        "--checkpoint-minutes", type=float, default=3.0, metavar="M",
        help="between checkpoints (default 3): what a run that is killed has to do again",
    )  # fmt: skip
    parser.add_argument("--validate-every", type=int, default=500, help="steps (default 500)")
    parser.add_argument("--json", action="store_true", help="print the last figures as JSON")
