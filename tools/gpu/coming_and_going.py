# SPDX-License-Identifier: Apache-2.0
"""Bodies that join, leave, start anew and change wearers on one batch, against each one alone."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from kinest_ros.bench.performance import performance
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.model.weights import load_model
from kinest_ros.runtime.body_batch import BodyBatch, BodyFrame
from kinest_ros.runtime.predictor import StreamingPredictor
from tools.gpu.report import finish, options

BOUND = 1e-4
_WATCHED, _STEPS = 3, 60


def watch(weights: str, device: str, runtime: str, capacity: int, seed: int) -> tuple[float, float]:
    """Return the largest difference of some bodies from each alone on the CPU, and ms of a step."""
    rng = np.random.default_rng(seed)
    batch = BodyBatch(load_model(weights, device), capacity, device, runtime)
    alone: dict[str, StreamingPredictor] = {}
    reference = load_model(weights)
    people = [performance(240, index) for index in range(8)]
    streams: dict[str, Any] = {}
    worst, times, came = 0.0, [], 0
    for step in range(_STEPS):
        while len(batch.bodies) < capacity and (step == 0 or rng.random() < 0.3):
            name, came = f"body{came}", came + 1
            body = people[came % len(people)]
            batch.add(name, body.skeleton)
            streams[name] = body.frames()
            if len(alone) < _WATCHED:
                alone[name] = StreamingPredictor(reference, body.skeleton)
        for name in rng.choice(batch.bodies, min(3, len(batch.bodies)), replace=False).tolist():
            what = rng.random()
            if what < 0.1 and len(batch.bodies) > 1:
                batch.remove(name)
                alone.pop(name, None)
            elif what < 0.2:
                batch.reset(name)
                if name in alone:
                    alone[name].reset()
            elif what < 0.3:
                wearer = Skeleton.from_stature(float(rng.uniform(1.5, 2.0)))
                batch.set_skeleton(name, wearer)
                if name in alone:
                    alone[name].set_skeleton(wearer)
        frames = {n: BodyFrame(*next(streams[n])) for n in batch.bodies if rng.random() < 0.9}
        start = time.perf_counter()
        predictions = batch.step(frames)
        times.append(time.perf_counter() - start)
        for name in alone.keys() & frames.keys():
            expected = alone[name].step(*frames[name]).local_rotations
            worst = max(worst, float(np.abs(predictions[name].local_rotations - expected).max()))
    return worst, float(np.median(times)) * 1e3


def main(arguments: Sequence[str] | None = None) -> int:
    """Try it with ever more bodies; returns the exit code."""
    parser = options(__doc__)
    parser.add_argument("--capacities", type=int, nargs="+", default=[1, 8, 64, 512, 4096])
    parser.add_argument("--runtime", help="default: cuda_graph on cuda, onnx on a CPU")
    args = parser.parse_args(arguments)
    runtime = args.runtime or ("cuda_graph" if args.device == "cuda" else "onnx")
    found: dict[str, Any] = {"runtime": runtime, "capacities": {}}
    wrong = []
    for capacity in args.capacities:
        try:
            worst, ms = watch(args.weights, args.device, runtime, capacity, capacity)
        except (KinestError, RuntimeError) as error:
            wrong.append(f"{capacity} bodies: {error}")
            continue
        found["capacities"][str(capacity)] = {"largest": worst, "step_ms": round(ms, 3)}
        if not worst <= BOUND:
            wrong.append(f"{capacity} bodies: off by {worst:.2g}")
    return finish(found, wrong, args.out)


if __name__ == "__main__":
    sys.exit(main())
