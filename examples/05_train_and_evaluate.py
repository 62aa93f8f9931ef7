#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A network of your own in four steps: motion, training, evaluation, tracking with its weights.

    python examples/05_train_and_evaluate.py --out runs/tiny

This one is tiny and is trained for seconds on made-up motion: it shows the steps, not what is
reached. The same on real motion, with all that belongs to it, is `kinest train` and
`kinest evaluate`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from kinest_ros import BodyTracker, Skeleton
from kinest_ros.evaluation.validate import validate
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.weights import save_model
from kinest_ros.motion.clips.corpus import build_corpus
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import tracker_frames
from kinest_ros.training.config import TrainConfig
from kinest_ros.training.trainer import Trainer


def main() -> None:
    """Train, evaluate and track."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("runs/tiny"), help="default: runs/tiny")
    parser.add_argument("--steps", type=int, default=30, help="default: 30")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    skeleton = Skeleton.from_stature(1.70)
    train = build_corpus(
        (generate("standing", skeleton, seed, 4.0), skeleton, f"standing {seed}")
        for seed in range(3)
    )
    held_out = build_corpus([(generate("standing", skeleton, 9, 2.0), skeleton, "standing 9")])

    config = TrainConfig(
        steps=args.steps, batch=4, length=24, warmup=5, learning_rate=3e-3, ema=0.9,
        model=StreamingConfig.tiny(),
    )  # fmt: skip
    trainer = Trainer(config, train, args.out)
    before = validate(trainer.average, held_out)["mpjpe_cm"]
    trainer.run()
    after = validate(trainer.average, held_out)["mpjpe_cm"]
    print(f"MPJPE on motion not trained on: {before:.1f} cm at first, {after:.1f} cm now")

    weights = save_model(trainer.average, args.out / "weights.safetensors", {})
    tracker = BodyTracker.build(weights=str(weights), stature=1.70)
    frames = tracker_frames(generate("standing", skeleton, 9, 2.0), skeleton)
    bodies = [body for frame in frames for body in tracker.push(frame)]
    print(f"{weights}: {len(bodies)} bodies tracked with them")


if __name__ == "__main__":
    main()
