# SPDX-License-Identifier: Apache-2.0
"""kinest export: the streaming step as an ONNX file, checked against PyTorch."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from kinest_ros.cli import options
from kinest_ros.errors import KinestError
from kinest_ros.files.whole import write_whole

NAME = "export"
HELP = "write the streaming step as an ONNX file for ONNX Runtime, checked against PyTorch"
EXAMPLES = """\
The file holds one step: inputs "features" (bodies, 105) and the state, float32, zero for a new
stream; outputs "rotations_6d", "contact_logits", "log_variance" and every state again as
"next_...", which goes into the next step. `bodies` is free: several people in one call. The
features are documented in kinest_ros/model/features.py. The node needs no such file: it makes the
same graph in memory when it starts.

Before the file is written, it is compared with PyTorch over a stream of 2000 frames; an export in
float32 that differs by more than 1e-4 anywhere is refused.

examples:
  kinest export --out step.onnx
  kinest export --weights runs/mine/weights.safetensors --out step.onnx --json
  kinest export --int8 --out small.onnx    8-bit weights: look at the difference first"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="file to write")
    parser.add_argument("--overwrite", action="store_true", help="replace the file if it exists")
    parser.add_argument(
        "--weights", default="default", metavar="NAME", help="bundled name or .safetensors file"
    )
    parser.add_argument("--int8", action="store_true", help="store the weights in 8 bits")
    parser.add_argument(
        "--frames", type=int, default=2000, help="length of the checked stream (default 2000)"
    )
    options.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Export; returns the exit code."""
    if args.frames < 1:
        raise KinestError(f"--frames is {args.frames}; give 1 or more")
    if args.out.exists() and not args.overwrite:
        raise KinestError(f"{args.out} exists; choose another --out, or add --overwrite")
    if not args.out.parent.is_dir():
        raise KinestError(f"--out {args.out}: there is no folder {args.out.parent}")
    import torch
    from tqdm import tqdm

    from kinest_ros.bench.export_check import TOLERANCE, compare
    from kinest_ros.model.weights import load_model
    from kinest_ros.runtime.onnx.export import step_model

    torch.set_num_threads(1)
    model = load_model(args.weights, "cpu")
    graph = step_model(model)
    if args.int8:
        from kinest_ros.runtime.onnx.int8 import with_int8_weights

        graph = with_int8_weights(graph)
    exported = graph.SerializeToString()
    with tqdm(
        total=args.frames, desc="checking", unit="frame", disable=args.json or None
    ) as progress:
        found = compare(exported, model, args.frames, progress.update)
    if not args.int8 and not found.max_difference <= TOLERANCE:
        raise KinestError(
            f"the export differs from PyTorch by {found.max_difference:.2g} (more than "
            f"{TOLERANCE:g}) and was not written; please report this with your versions of onnx "
            "and onnxruntime"
        )
    write_whole(args.out, exported)
    summary = {
        "file": str(args.out),
        "megabytes": len(exported) / 1e6,
        "weights": model.weights_name,
        "weights_hash": model.weights_hash,
        "int8": args.int8,
        **asdict(found),
    }
    options.report(
        args,
        summary,
        [
            f"{args.out}: {summary['megabytes']:.1f} MB, weights {model.weights_name} "
            f"{model.weights_hash}",
            f"  against PyTorch over {found.frames} frames: outputs differ by at most "
            f"{found.max_difference:.2g}, joints by {found.joints_mm:.2g} mm on average",
            f"  {found.p50_ms:.2f} ms a step in ONNX Runtime on one thread (median)",
        ],
    )
    return 0
