# SPDX-License-Identifier: Apache-2.0
"""kinest bench: latency per frame, against the published network run online, and what scales."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinest_ros.errors import KinestError

if TYPE_CHECKING:
    from kinest_ros.model.streaming import StreamingKineST

NAME = "bench"
HELP = "measure latency, many bodies, long streams and training, against the published network"
EXAMPLES = """\
rows of the latency table:
  RUNTIME step           features, network and decoding of one frame, in each runtime
  RUNTIME body tracker   all from trackers to body, in the fastest runtime
  RUNTIME step, 60 Hz    the steps again, one every 1/60 s as in live use: colder caches (--paced)
  published window       the published KineST (random weights) on its last 96 frames, which is
                         the cost of one new frame when run online
All in one process, in turns. --ros measures the real node in its own process instead: from sending
the pose that completes a tick, which the resampler must wait for, to receiving its body.
Close other programs first: the load is printed with the results.

examples:
  kinest bench
  kinest bench --frames 10000 --windows 100 --paced 1800
  kinest bench --stages                    where the time of a tick goes
  kinest bench --stream 1 10 60            minutes of stream: does the cost of a frame grow?
  kinest bench --bodies 1 8 64             many bodies stepped as one batch
  kinest bench --ros                       end to end over DDS, a minute; needs ROS 2
  kinest bench --ros 1800 --figures out/   for half an hour, with a picture
  kinest bench --ros 30 --bodies 8         several bodies on the node, together and in turn
  kinest bench --ros --web                 the same from a page's send, over TLS
  kinest bench --ros 60 --robot g1.xml     to a robot's joints: composed, as two processes, without
  kinest bench --training                  frames per second of training
  kinest bench --device cuda --bodies 1 64 1024 --training --stream 1 10 60 --json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--weights", default="default", help="bundled name or .safetensors file")
    parser.add_argument("--device", default="cpu", help="auto, cpu or cuda (default cpu)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")
    parser.add_argument("--frames", type=int, default=1200, help="frames to time (default 1200)")
    parser.add_argument("--windows", type=int, default=30, help="windows to time (default 30)")
    parser.add_argument(
        "--paced", type=int, default=0, metavar="N", help="also N frames at the pace of live use"
    )
    parser.add_argument(
        "--stages", action="store_true", help="only this: the time of each stage of a tick"
    )
    parser.add_argument(
        "--stream", type=int, nargs="+", default=[], metavar="MINUTES",
        help="cost and memory after so many minutes of stream (an hour takes some minutes)",
    )  # fmt: skip
    parser.add_argument(
        "--bodies", type=int, nargs="+", default=[], metavar="N",
        help="body-frames per second with N bodies in one batch; with --ros: of the live node, how "
        "long a tick of N bodies takes",
    )  # fmt: skip
    parser.add_argument(
        "--training", action="store_true", help="training throughput of both networks"
    )
    parser.add_argument(
        "--processes", type=int, default=1, metavar="N",
        help="with --training: also N processes that share their gradients, a thread each (CPU)",
    )  # fmt: skip
    parser.add_argument("--bf16", action="store_true", help="train with bfloat16 autocast")
    parser.add_argument(
        "--ros", type=float, nargs="?", const=60.0, metavar="S",
        help="only this: the live node, end to end, for S seconds (default 60)",
    )  # fmt: skip
    parser.add_argument(
        "--rate", type=float, default=90.0, help="with --ros: poses per second (default 90)"
    )
    parser.add_argument(
        "--web", type=int, nargs="?", const=8443, default=0, metavar="PORT",
        help="with --ros: send as a headset's browser does, to the node's own page (8443)",
    )  # fmt: skip
    parser.add_argument(
        "--robot", nargs="?", const="own", default="", metavar="ROBOT",
        help="with --ros: to the joints of a robot that follows (MJCF, URDF or own), in turn in "
        "the same process, in one of its own, and without, twice each",
    )  # fmt: skip
    parser.add_argument("--figures", type=Path, metavar="DIR", help="draw PNG files there")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(args: argparse.Namespace) -> int:
    """Measure; returns the exit code."""
    if args.ros is not None:
        from kinest_ros.cli.bench_live import run_live

        return run_live(args)
    import torch
    from tqdm import tqdm

    from kinest_ros.bench.bodies import many_bodies
    from kinest_ros.bench.latency import fastest, latency
    from kinest_ros.bench.machine import machine
    from kinest_ros.bench.stream import MINUTE, long_stream
    from kinest_ros.bench.tracked_bodies import tracked_bodies
    from kinest_ros.bench.training import training_throughput
    from kinest_ros.bench.training_processes import processes_throughput
    from kinest_ros.model.device import resolve_device
    from kinest_ros.model.weights import load_model

    for name in ("frames", "windows", "threads"):
        if getattr(args, name) < 1:
            raise KinestError(f"--{name} is {getattr(args, name)}; give 1 or more")
    if not 1 <= args.processes <= 64 or (args.processes > 1 and not args.training):
        raise KinestError("--processes takes 1 to 64, and goes with --training")
    if min([*args.stream, *args.bodies, 1]) < 1 or args.paced < 0:
        raise KinestError("--stream, --bodies and --paced take positive numbers")
    torch.set_num_threads(args.threads)
    device = resolve_device(args.device)
    model = load_model(args.weights, device)
    report: dict[str, Any] = {
        "machine": machine(device),
        "weights": f"{model.weights_name} {model.weights_hash}",
    }

    def bar(label: str, total: int | None = None, unit: str = "round") -> Any:
        return tqdm(desc=label, total=total, unit=unit, disable=args.json or None, leave=False)

    if args.stages:
        return _run_stages(args, report, model, device)
    with bar("latency") as progress:
        report["latency"] = latency(
            model, device, args.frames, args.windows, args.paced, progress.update
        )
    if args.stream:
        with bar("long stream", max(args.stream) * MINUTE, "frame") as progress:
            report["stream"] = long_stream(
                model, device, sorted(set(args.stream)), progress=progress.update
            )
    if args.bodies:
        counts = sorted(set(args.bodies))
        report["bodies"] = many_bodies(model, device, counts)
        best = fastest(report["latency"]).split()[0]
        report["tracked_bodies"] = tracked_bodies(model, device, best, counts)
    if args.training:
        with bar("training", unit="step") as progress:
            report["training"] = training_throughput(
                device, bf16=args.bf16, progress=progress.update
            )
        if args.processes > 1:
            report["processes"] = processes_throughput(args.processes)
    written = []
    if args.figures:
        from kinest_ros.bench.figures import draw

        written = draw(report, args.figures)
    if args.json:
        print(json.dumps(report))
    else:
        from kinest_ros.cli.bench_tables import show

        show(report)
        for path in written:
            print(f"drawn: {path}")
    return 0


def _run_stages(
    args: argparse.Namespace, report: dict[str, Any], model: StreamingKineST, device: str
) -> int:
    """Measure the stages of a tick alone: their clocks cost some of what is measured."""
    from kinest_ros.bench.stages import TRACKER, stages
    from kinest_ros.cli.bench_tables import table

    report["stages"] = rows = stages(model, device, args.frames)
    if args.json:
        print(json.dumps(report))
        return 0
    print(", ".join(f"{key} {value}" for key, value in report["machine"].items()))
    whole = rows[TRACKER]["p50"]
    columns = ("p50", "p90", "p99", "max")
    table(
        "stages of a tick, ms",
        ("", *columns, "of the tracker, %"),
        [
            (name, *(f"{row[key]:.3f}" for key in columns), f"{100.0 * row['p50'] / whole:.0f}")
            for name, row in rows.items()
        ],
    )
    return 0
