# SPDX-License-Identifier: Apache-2.0
"""kinest bench: latency per frame, against the published network run online."""

import argparse
import json

from kinest_ros.errors import KinestError

NAME = "bench"
HELP = "measure the latency per frame, against the published 96-frame window"
EXAMPLES = """examples:
  kinest bench
  kinest bench --device cuda --frames 3000 --json

"network step" is features, network and decoding; "body tracker" adds resampling, root placement
and the wrists; "published window" is the published KineST (random weights) on its 96 frames, which
is what one new frame costs when it is run online. All in one process, one after the other."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--weights", default="default", help="bundled name or .safetensors file")
    parser.add_argument("--device", default="cpu", help="auto, cpu or cuda (default cpu)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")
    parser.add_argument("--frames", type=int, default=1200, help="frames to time (default 1200)")
    parser.add_argument("--windows", type=int, default=30, help="windows to time (default 30)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(args: argparse.Namespace) -> int:
    """Measure; returns the exit code."""
    import torch
    from rich.console import Console
    from rich.table import Table

    from kinest_ros.evaluation.bench import bench, machine
    from kinest_ros.model.weights import load_model, resolve_device

    for name in ("frames", "windows", "threads"):
        if getattr(args, name) < 1:
            raise KinestError(f"--{name} is {getattr(args, name)}; give 1 or more")
    torch.set_num_threads(args.threads)
    device = resolve_device(args.device)
    model = load_model(args.weights, device)
    figures = bench(model, device, args.frames, args.windows)
    about = machine(device)
    if args.json:
        print(json.dumps({"machine": about, "weights": model.weights_name, "ms": figures}))
        return 0
    table = Table(title=f"latency per frame, ms ({about['cpu']}, {about['threads']} thread(s))")
    table.add_column("")
    for name in ("p50", "p90", "p99", "max"):
        table.add_column(name, justify="right")
    for name, values in figures.items():
        table.add_row(name, *(f"{value:.2f}" for value in values.values()))
    Console().print(table)
    ratio = figures["published window"]["p50"] / figures["network step"]["p50"]
    print(f"the published window takes {ratio:.1f} times as long per frame as the network step")
    return 0
