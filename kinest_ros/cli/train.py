# SPDX-License-Identifier: Apache-2.0
"""kinest train: train streaming weights on AMASS-style motion."""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kinest_ros.cli.clip_lists import split_clips

if TYPE_CHECKING:
    from kinest_ros.model.streaming import StreamingKineST
    from kinest_ros.training.corpus import Corpus

NAME = "train"
HELP = "train streaming weights on folders of AMASS-style motion clips"
EXAMPLES = """\
A clip is an .npz file with poses (N, >= 66) axis-angle in SMPL order, trans (N, 3) and
mocap_framerate, as in AMASS. Where it has rest_offsets (22, 3) and trans_is_pelvis, they say where
the pelvis is; original AMASS clips need --body-model for that, or else are taken on the default
skeleton with their feet put on the floor. A split file is JSON with lists of
paths below the data folder under "train" and "validation".

examples:
  kinest train --data motion/ --out runs/first
  kinest train --data motion/ --split splits.json --procedural 1 --out runs/default --steps 4000
  kinest train --data motion/ --split splits.json --out runs/default --resume
  torchrun --nproc-per-node 4 -m kinest_ros.cli.main train --device cuda --bf16 ...
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--data", type=Path, required=True, help="folder of .npz clips")
    parser.add_argument("--split", type=Path, help="JSON split file; without it all clips train")
    parser.add_argument(
        "--body-model", type=Path, help="SMPL, SMPL-H or SMPL-X file, for original AMASS clips"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint and weights")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default auto)")
    parser.add_argument("--bf16", action="store_true", help="train in bfloat16 where it is safe")
    parser.add_argument("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
    parser.add_argument("--steps", type=int, default=4000, help="optimiser steps (default 4000)")
    parser.add_argument(
        "--minutes", type=float, default=0.0,
        help="train for this long instead; the schedule then follows the clock",
    )  # fmt: skip
    parser.add_argument("--batch", type=int, default=16, help="streams in parallel (default 16)")
    parser.add_argument("--length", type=int, default=64, help="frames per window (default 64)")
    parser.add_argument("--learning-rate", type=float, default=1.5e-3, help="peak (default 1.5e-3)")
    parser.add_argument("--width", type=int, default=192, help="channels per frame (default 192)")
    parser.add_argument("--joint-width", type=int, default=32, help="channels per joint token")
    parser.add_argument("--lookahead", type=int, default=0, help="frames of delay (default 0)")
    parser.add_argument("--seed", type=int, default=0, help="of weights and data (default 0)")
    parser.add_argument(
        "--procedural", type=float, default=0.0, metavar="HOURS",
        help="add this much procedural motion (crouching, sitting, reaching, kneeling)",
    )  # fmt: skip
    parser.add_argument("--cache", type=Path, help="folder for the clips in compact form")
    parser.add_argument("--validate-every", type=int, default=500, help="steps (default 500)")
    parser.add_argument("--json", action="store_true", help="print the last figures as JSON")


def run(args: argparse.Namespace) -> int:
    """Train; returns the exit code."""
    import torch

    from kinest_ros.model.streaming import StreamingConfig
    from kinest_ros.model.weights import resolve_device, save_model
    from kinest_ros.training.corpus import corpus_from_files, procedural_corpus
    from kinest_ros.training.trainer import TrainConfig, Trainer

    device = resolve_device(args.device)
    if args.threads:
        torch.set_num_threads(args.threads)
    if "WORLD_SIZE" in os.environ and not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if device == "cuda" else "gloo")
        if device == "cuda":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    progress = not args.json
    train = split_clips(args.data, args.split, "train")
    held_out = split_clips(args.data, args.split, "validation") if args.split else []
    read = corpus_from_files(train, args.cache, progress, args.body_model, approximate=True)
    corpus = read.without_twisted_heads()
    if progress and len(corpus) < len(read):
        print(f"left out {len(read) - len(corpus)} clips with the head turned by over 120 degrees")
    if args.procedural > 0:
        corpus = corpus.joined(procedural_corpus(args.procedural, args.seed))
    checks = (
        corpus_from_files(held_out, args.cache, progress, args.body_model, approximate=True)
        if held_out
        else None
    )
    config = TrainConfig(
        steps=args.steps,
        minutes=args.minutes,
        batch=args.batch,
        length=args.length,
        learning_rate=args.learning_rate,
        seed=args.seed,
        bf16=args.bf16,
        validate_every=args.validate_every,
        model=StreamingConfig(
            width=args.width, joint_width=args.joint_width, lookahead=args.lookahead
        ),
    )
    trainer = Trainer(
        config, corpus, args.out, device,
        _validation(checks, device),
    )  # fmt: skip
    if args.resume:
        trainer.resume()
    if progress and trainer.rank == 0:
        parameters = sum(p.numel() for p in trainer.model.parameters())
        print(
            f"{len(corpus)} clips, {corpus.hours:.2f} h from {', '.join(corpus.source_names)}; "
            f"{parameters / 1e6:.2f} M parameters on {device}"
        )
    figures = trainer.run(progress)
    if trainer.rank == 0:
        path = save_model(trainer.average, args.out / "weights.safetensors", trainer.summary())
        if args.json:
            print(json.dumps({"weights": str(path), **figures}))
        else:
            print(f"wrote {path}; try it with: kinest evaluate --weights {path} ...")
    return 0


def _validation(
    checks: "Corpus | None", device: str
) -> "Callable[[StreamingKineST], dict[str, float]] | None":
    """Return the validation: a fixed sample of about 80 clips, so that it stays quick."""
    from kinest_ros.evaluation.validate import validate

    if checks is None:
        return None
    return lambda model: validate(model, checks, device, every=max(1, len(checks) // 80))
