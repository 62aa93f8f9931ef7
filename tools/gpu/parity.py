# SPDX-License-Identifier: Apache-2.0
"""Steps on the device against the CPU, frame by frame with carried state.

Eager, as a graph on static buffers (captured on CUDA), the same fused, and whole sequences by
mamba-ssm's kernels where they can be had. Off by more than 1e-4 is wrong.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from kinest_ros.bench.performance import performance
from kinest_ros.errors import KinestError
from kinest_ros.model.ssd.triton import SWITCH, kernel_for
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.model.weights import load_model
from kinest_ros.runtime.cuda_graph import CudaGraphRuntime
from kinest_ros.runtime.eager import TorchRuntime
from kinest_ros.runtime.live_features import FrameFeatures
from tools.gpu.report import finish, options

BOUND = 1e-4
_BODIES, _PIECE = 2, 250


def features(frames: int) -> np.ndarray:
    """Return the features of performances, (frames, bodies, F) float32."""
    people = [performance(3600, seed) for seed in range(_BODIES)]
    streams = [person.frames() for person in people]
    making = FrameFeatures(_BODIES)
    for row, person in enumerate(people):
        making.set_body(row, person.skeleton)
    rows = []
    for _ in range(frames):
        at, turned, valid = map(np.stack, zip(*(next(s) for s in streams), strict=True))
        rows.append(making.next(at, turned, valid)[0].copy())
    return np.stack(rows)


@torch.inference_mode()
def sequence(model: StreamingKineST, given: np.ndarray, device: str) -> np.ndarray:
    """Return outputs (frames, bodies, 156) of whole pieces, the state carried between them."""
    state, pieces = model.initial_state(given.shape[1]), []
    for start in range(0, len(given), _PIECE):
        piece = torch.from_numpy(given[start : start + _PIECE].transpose(1, 0, 2).copy())
        output, state = model(piece.to(device), state)
        parts = (output.rotations_6d.flatten(-2), output.contact_logits, output.log_variance)
        pieces.append(torch.cat(parts, dim=-1).cpu().numpy().transpose(1, 0, 2))
    return np.concatenate(pieces)


def stepped(runtime: Any, given: np.ndarray) -> np.ndarray:
    """Return outputs (frames, bodies, 156), step by step."""
    return np.stack([np.concatenate(runtime.step(frame), axis=1) for frame in given])


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare; returns the exit code."""
    parser = options(__doc__)
    parser.add_argument("--frames", type=int, default=10_000)
    args = parser.parse_args(arguments)
    given = features(args.frames)
    device = args.device
    reference = sequence(load_model(args.weights), given, "cpu")
    model = load_model(args.weights, device)
    ways: dict[str, Callable[[], np.ndarray]] = {
        "eager": lambda: stepped(TorchRuntime(model, device, _BODIES), given),
        "graph": lambda: stepped(CudaGraphRuntime(model, device, _BODIES, fuse=False), given),
        "sequence, torch": lambda: sequence(model, given, device),
    }
    if device == "cuda":
        ways["fused graph"] = lambda: stepped(CudaGraphRuntime(model, device, _BODIES), given)
    if kernel_for(torch.zeros(1, device=device)) is not None:
        ways["sequence, mamba-ssm"] = lambda: sequence(model, given, device)
    found: dict[str, Any] = {"frames": args.frames, "bodies": _BODIES, "ways": {}}
    wrong = []
    for name, run in ways.items():
        os.environ[SWITCH] = "torch" if name.endswith("torch") else "auto"
        start = time.perf_counter()
        try:
            apart = np.abs(run() - reference).max(axis=(1, 2))
        except (KinestError, RuntimeError) as error:
            wrong.append(f"{name}: {error}")
            continue
        found["ways"][name] = {
            "largest": float(apart.max()), "last_thousand": float(apart[-1000:].max()),
            "seconds": round(time.perf_counter() - start, 1),
        }  # fmt: skip
        if not apart.max() <= BOUND:
            wrong.append(f"{name}: off by {apart.max():.2g} at frame {int(apart.argmax())}")
    return finish(found, wrong, args.out)


if __name__ == "__main__":
    sys.exit(main())
