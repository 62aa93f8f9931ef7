# SPDX-License-Identifier: Apache-2.0
"""kinest train: train streaming weights on AMASS-style motion."""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinest_ros.cli.train_options import add_arguments
from kinest_ros.errors import KinestError
from kinest_ros.motion.clips.clip_lists import split_clips
from kinest_ros.motion.clips.clip_sources import source_list, without_sources
from kinest_ros.motion.clips.terms import permitted
from kinest_ros.training.ablations import ABLATIONS, ablated
from kinest_ros.training.augment_config import AugmentConfig
from kinest_ros.training.changes import read_changes
from kinest_ros.training.loss_weights import LossWeights

if TYPE_CHECKING:
    from kinest_ros.motion.clips.corpus import Corpus
    from kinest_ros.motion.clips.labels import ClipLabel
    from kinest_ros.training.config import TrainConfig
    from kinest_ros.training.processes import Processes

__all__ = ["EXAMPLES", "HELP", "NAME", "add_arguments", "run"]

NAME = "train"
HELP = "train weights on folders of AMASS-style motion clips"
EXAMPLES = """\
A clip is an .npz file with poses (N, >= 66) axis-angle in SMPL order, trans (N, 3) and
mocap_framerate, as in AMASS. Where it has rest_offsets (22, 3) and trans_is_pelvis, they say where
the pelvis is; original AMASS clips need --body-model for that, or else are taken on the default
skeleton with their feet put on the floor. A split file is JSON with lists of
paths below the data folder under "train" and "validation".

--model published trains the architecture of the KineST paper as a baseline: windows of 96 frames
that see past and future, its losses, and head and hands tracked all the time; everything else
(clips, augmentation, schedule, averaged weights) is the same. --features raw is the published
input, canonical that of the streaming network.

--ablate NAME makes one change to the streaming network or its training, for a comparison:
{ablations}

examples:
  kinest train --data motion/ --out runs/first
  kinest train --data motion/ --split rule --procedural 1 --out runs/default --steps 4000
  kinest train --data motion/ --split rule --out runs/default --resume
  kinest train --data motion/ --split rule --out runs/longer --init runs/default/weights.safetensors
  kinest train --data motion/ --split rule --model published --features canonical --out runs/base
  kinest train --data motion/ --split rule --leave-out cmu --out runs/without_cmu
  kinest train --data motion/ --split rule --terms commercial --procedural 1 --out runs/open
  kinest train --data motion/ --split rule --ablate no-procedural --procedural 1 --out runs/less
  torchrun --nproc-per-node 2 -m kinest_ros.cli.main train --device cpu --threads 1 ...
  torchrun --nproc-per-node 4 -m kinest_ros.cli.main train --device cuda --bf16 ...
""".format(ablations="\n".join(f"  {name:26}{made.what}" for name, made in ABLATIONS.items()))


def run(args: argparse.Namespace) -> int:
    """Train; returns the exit code."""
    import torch

    from kinest_ros.model.device import resolve_device
    from kinest_ros.motion.clips.corpus import corpus_from_files, procedural_corpus
    from kinest_ros.motion.clips.labels import label_of
    from kinest_ros.training.processes import Processes
    from kinest_ros.training.trainer import Trainer, begun_with

    if args.init is not None and args.resume:
        raise KinestError("--init starts a new run, --resume continues one: give only one of them")
    config = _config(args)
    device = resolve_device(args.device)
    if args.threads:
        torch.set_num_threads(args.threads)
    if "WORLD_SIZE" in os.environ and not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if device == "cuda" else "gloo")
        if device == "cuda":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    processes = Processes()
    progress = not args.json and processes.rank == 0
    left_out = source_list(args.leave_out)
    train = without_sources(split_clips(args.data, args.split, "train"), args.data, left_out)
    held_out = split_clips(args.data, args.split, "validation") if args.split else []
    train, gone = permitted(train, args.data, args.terms)
    # Choosing and calibrating are learning, too.
    held_out, _ = permitted(held_out, args.data, args.terms)
    if progress:
        for name, own in gone.items():
            print(f"left out {name} for its terms: {own.licence}")
    read = corpus_from_files(train, args.cache, progress, args.body_model, approximate=True)
    corpus = read.without_twisted_heads()
    if progress and len(corpus) < len(read):
        print(f"left out {len(read) - len(corpus)} clips with the head turned by over 120 degrees")
    if args.procedural > 0 and not (args.ablate and not ABLATIONS[args.ablate].procedural):
        corpus = corpus.joined(procedural_corpus(args.procedural, args.seed))
    checks = (
        corpus_from_files(held_out, args.cache, progress, args.body_model, approximate=True)
        if held_out
        else None
    )
    form = f"SOURCE=FACTOR with a source of {', '.join(corpus.source_names)} and a number from 0"
    drawn = read_changes(args.draw or (), corpus.source_names, "--draw", form, float("inf"))
    config = replace(config, draw=drawn)
    if config.bf16:
        # One for all, and the same after a resume: losses are to go on as they were.
        begun = begun_with(args.out).get("bf16") if args.resume else None
        config = replace(config, bf16=_bf16(config, device, processes, begun, progress))
    trainer = Trainer(
        config, corpus, args.out, device,
        _validation(checks, device),
    )  # fmt: skip
    trainer.left_out, trainer.terms = left_out, args.terms
    if args.init is not None:
        trainer.start_from(args.init)
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
        path = trainer.save_weights(args.out / "weights.safetensors")
        found: dict[str, Any] = {"weights": str(path), **figures}
        said: list[str] = []
        if checks is not None and args.model == "streaming":
            labels = [label_of(clip, args.data) for clip in held_out]
            found["confidence"], said = _confidence(path, checks, labels, device, progress)
        if args.json:
            print(json.dumps(found))
        else:
            for line in [*said, f"{path}: try it with kinest evaluate --weights {path} ..."]:
                print(line)
    return 0


def _bf16(
    config: "TrainConfig", device: str, processes: "Processes", begun: bool | None, progress: bool
) -> bool:
    """Return whether to train in bfloat16, which was asked for, and say so."""
    from kinest_ros.training.precision import faster_precision

    if begun is not None:
        text, bf16 = f"{'bfloat16' if begun else 'float32'}, as the run was begun", begun
    else:
        found = faster_precision(config, device)
        text, bf16 = str(found), found.bf16
    if progress:
        print(f"precision: {text}")
    return processes.from_first(bf16)


def _config(args: argparse.Namespace) -> "TrainConfig":
    """Return the settings of the run, with the defaults of the network that is trained."""
    from kinest_ros.training.config import TrainConfig

    if args.dropout is not None and not 0.0 <= args.dropout < 1.0:
        raise KinestError(f"--dropout is {args.dropout:g}; give at least 0 and less than 1")
    if args.weight_decay is not None and not 0.0 <= args.weight_decay < float("inf"):
        raise KinestError(f"--weight-decay is {args.weight_decay:g}; give 0 or more")
    if not 0.0 <= args.checkpoint_minutes < float("inf"):
        raise KinestError(f"--checkpoint-minutes is {args.checkpoint_minutes:g}; give 0 or more")
    if not 0.0 <= args.kind_power <= 1.0:
        raise KinestError(f"--kind-power is {args.kind_power:g}; give a number from 0 to 1")
    augment = AugmentConfig.changed(args.augment or ())
    if args.ideal_trackers:
        augment = replace(augment, mount=0.0, noise=0.0)
    common: dict[str, Any] = {
        "steps": args.steps,
        "minutes": args.minutes,
        "batch": args.batch,
        "seed": args.seed,
        "bf16": args.bf16,
        "kind_power": args.kind_power,
        "validate_every": args.validate_every,
        "checkpoint_minutes": args.checkpoint_minutes,
        "augment": augment,
    }
    if args.model == "published":
        from kinest_ros.model.published.baseline import PublishedConfig

        _refuse(args, "streaming", "joint_width", "lookahead", "ablate", "loss", "dropout")
        published = PublishedConfig(
            width=_or(args.width, 256),
            window=_or(args.length, 96),
            features=args.features or "raw",
        )
        return TrainConfig(
            length=published.window,
            learning_rate=_or(args.learning_rate, 3e-4),
            weight_decay=_or(args.weight_decay, 1e-5),
            model=published,
            **common,
        )
    from kinest_ros.model.config import StreamingConfig

    _refuse(args, "published", "features")
    streaming = StreamingConfig(
        width=_or(args.width, 192),
        joint_width=_or(args.joint_width, 32),
        lookahead=_or(args.lookahead, 0),
        dropout=_or(args.dropout, 0.1),
    )
    config = TrainConfig(
        length=_or(args.length, 64),
        learning_rate=_or(args.learning_rate, 1.5e-3),
        weight_decay=_or(args.weight_decay, 1e-2),
        model=streaming,
        loss=LossWeights.changed(args.loss or ()),
        **common,
    )
    if not args.ablate:
        return config
    for name in ABLATIONS[args.ablate].model:
        if getattr(args, name, None) is not None:
            raise KinestError(f"--ablate {args.ablate} sets --{name}; leave it out")
    for option in ("loss", "augment"):
        for name in getattr(ABLATIONS[args.ablate], option):
            if any(change.startswith(f"{name}=") for change in getattr(args, option) or ()):
                raise KinestError(f"--ablate {args.ablate} sets --{option} {name}; leave it out")
    return ablated(config, args.ablate)


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _refuse(args: argparse.Namespace, owner: str, *names: str) -> None:
    for name in names:
        if getattr(args, name) is not None:
            option = "--" + name.replace("_", "-")
            raise KinestError(f"{option} is for --model {owner}; leave it out")


def _confidence(
    path: Path, checks: "Corpus", labels: "list[ClipLabel]", device: str, progress: bool
) -> tuple[dict[str, Any], list[str]]:
    """Calibrate the confidence of the weights; returns what was found, as values and as text."""
    from kinest_ros.cli.calibrate_confidence import calibrate, lines
    from kinest_ros.evaluation.observed_errors import evenly
    from kinest_ros.model.weights import load_model

    # Half as many clips as the command takes: it can be run again.
    chosen = evenly(labels, 16)
    found = calibrate(load_model(path, device), checks, labels, chosen, path, progress)
    return found, lines(found)


def _validation(checks: "Corpus | None", device: str) -> "Callable[[Any], dict[str, float]] | None":
    """Return the validation: a fixed sample of about 80 clips, so that it stays quick."""
    from kinest_ros.evaluation.validate import validate

    if checks is None:
        return None
    return lambda model: validate(model, checks, device, every=max(1, len(checks) // 80))
