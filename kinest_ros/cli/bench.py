# SPDX-License-Identifier: Apache-2.0
"""kinest bench: latency per frame, against the published network run online, and what scales."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from kinest_ros.errors import KinestError

NAME = "bench"
HELP = "measure latency, many bodies, long streams and training, against the published network"
EXAMPLES = """\
rows of the latency table:
  RUNTIME step           features, network and decoding of one frame, in each runtime
  RUNTIME body tracker   all from trackers to body, in the fastest runtime
  RUNTIME step, 60 Hz    the step again, one every 1/60 s as in live use: colder caches (--paced)
  published window       the published KineST (random weights) on its last 96 frames, which is
                         what one new frame costs when it is run online
All in one process, taking turns. --ros measures the real node in a process of its own instead: from
sending the pose that completes a tick, for which the resampler must wait, to receiving its body.
Close other programs first: the load is printed with the results.

examples:
  kinest bench
  kinest bench --frames 10000 --windows 100 --paced 1800
  kinest bench --stream 1 10 60            minutes of stream: does a frame get dearer?
  kinest bench --bodies 1 8 64             many bodies stepped as one batch
  kinest bench --ros                       end to end over DDS, a minute; needs ROS 2
  kinest bench --ros 1800 --figures out/   for half an hour, with a picture
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
        "--stream", type=int, nargs="+", default=[], metavar="MINUTES",
        help="cost and memory after so many minutes of stream (an hour takes some minutes)",
    )  # fmt: skip
    parser.add_argument(
        "--bodies", type=int, nargs="+", default=[], metavar="N",
        help="body-frames per second with N bodies in one batch",
    )  # fmt: skip
    parser.add_argument(
        "--training", action="store_true", help="training throughput of both networks"
    )
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
        return _run_live(args)
    import torch
    from tqdm import tqdm

    from kinest_ros.bench.bodies import many_bodies
    from kinest_ros.bench.latency import latency
    from kinest_ros.bench.machine import machine
    from kinest_ros.bench.stream import MINUTE, long_stream
    from kinest_ros.bench.training import training_throughput
    from kinest_ros.model.weights import load_model, resolve_device

    for name in ("frames", "windows", "threads"):
        if getattr(args, name) < 1:
            raise KinestError(f"--{name} is {getattr(args, name)}; give 1 or more")
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
        return tqdm(desc=label, total=total, unit=unit, disable=args.json, leave=False)

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
        report["bodies"] = many_bodies(model, device, sorted(set(args.bodies)))
    if args.training:
        with bar("training", unit="step") as progress:
            report["training"] = training_throughput(
                device, bf16=args.bf16, progress=progress.update
            )
    written = []
    if args.figures:
        from kinest_ros.bench.figures import draw

        written = draw(report, args.figures)
    if args.json:
        print(json.dumps(report))
    else:
        _show(report)
        for path in written:
            print(f"drawn: {path}")
    return 0


def _run_live(args: argparse.Namespace) -> int:
    """Measure the live node alone: what else is measured would disturb it."""
    from tqdm import tqdm

    from kinest_ros.bench.live import live
    from kinest_ros.bench.machine import machine

    if not 1.0 <= args.ros <= 86_400.0:
        raise KinestError(f"--ros is {args.ros:g}; give 1 to 86400 seconds")
    if not 10.0 <= args.rate <= 1000.0:
        raise KinestError(f"--rate is {args.rate:g}; give 10 to 1000 Hz")
    if args.robot:
        return _run_robot(args)
    minutes = max(1, round(args.ros / 60.0))
    with tqdm(desc="live node", total=minutes, unit="min", disable=args.json, leave=False) as bar:
        found = live(
            args.weights, args.device, args.ros, args.rate,
            web_port=args.web, progress=lambda row: bar.update(),
        )  # fmt: skip
    report = {"machine": machine("cpu"), "live": found}
    written = []
    if args.figures:
        from kinest_ros.bench.figures import draw

        written = draw(report, args.figures)
    if args.json:
        print(json.dumps(report))
        return 0
    print(", ".join(f"{key} {value}" for key, value in report["machine"].items()))
    _show_live(found)
    for path in written:
        print(f"drawn: {path}")
    return 0


def _run_robot(args: argparse.Namespace) -> int:
    """Measure the robot's joints beside the body alone, in turn."""
    from kinest_ros.bench.live import live
    from kinest_ros.bench.machine import machine
    from kinest_ros.bench.robot_live import compared, shares

    if args.web or args.figures:
        raise KinestError("--robot goes with --ros alone, without --web and --figures")

    def measure(robot: str, way: str) -> dict[str, Any]:
        total = live(args.weights, args.device, args.ros, args.rate, robot=robot, way=way)["total"]
        if "p50" not in total:
            raise KinestError(f"{way}: nothing was received; the machine is too busy to measure")
        return dict(total)

    rows = compared(args.robot, measure)
    found = shares(rows)
    if args.json:
        print(json.dumps({"machine": machine("cpu"), "robot": args.robot, "rows": rows,
                          "shares": found}))  # fmt: skip
        return 0
    print(", ".join(f"{key} {value}" for key, value in machine("cpu").items()))
    _table(
        f"pose sent to the robot's joints (or the body) received, poses at {args.rate:g} Hz, ms",
        ("way", "turn", "received", "missing", "p50", "p99", "max", "load %"),
        [
            (row["way"], str(row["turn"]), f"{row['bodies']:.0f}", f"{row['missing']:.0f}",
             *(f"{row.get(key, float('nan')):.2f}" for key in ("p50", "p99", "max")),
             f"{100.0 * row['node_load']:.0f}")
            for row in rows
        ],
    )  # fmt: skip
    print("; ".join(f"{way}: {share:.2f} times the p50 without" for way, share in found.items()))
    return 0


def _show_live(found: dict[str, Any]) -> None:
    def cells(label: str, row: dict[str, float]) -> tuple[str, ...]:
        figures = (
            f"{row.get(key, float('nan')):.2f}"
            for key in ("p50", "p99", "max", "node_p50", "node_p99", "resampler_p50")
        )
        return (
            label, f"{row['bodies']:.0f}", f"{row['missing']:.0f}", *figures,
            f"{row['node_mb']:.1f}", f"{100.0 * row['node_load']:.0f}",
        )  # fmt: skip

    _table(
        f"pose sent to body received, poses at {found['rate']:g} Hz, ms",
        ("minute", "bodies", "missing", "p50", "p99", "max", "node p50", "node p99",
         "resampler p50", "memory MB", "load %"),
        [cells(f"{row['minute']:.1f}", row) for row in found["rows"]]
        + [cells("all", found["total"])],
    )  # fmt: skip
    print(
        "p50, p99, max: from sending the pose that completes a tick to receiving the body.\n"
        "node: of that, from taking the pose off the queue to publishing. resampler: from the tick "
        "to that pose."
    )
    first, last = found["rows"][0], found["rows"][-1]
    if len(found["rows"]) > 2:
        print(
            f"from the first minute to the last: p50 {first['p50']:.2f} to {last['p50']:.2f} ms, "
            f"memory {first['node_mb']:.1f} to {last['node_mb']:.1f} MB"
        )


def _show(report: dict[str, Any]) -> None:
    from kinest_ros.bench.latency import PUBLISHED, fastest

    about, rows = report["machine"], report["latency"]
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    columns = ("p50", "p90", "p99", "max")
    _table(
        "latency per frame, ms",
        ("", *columns, "joints differ, mm"),
        [
            (name, *(f"{row[key]:.2f}" for key in columns), _difference(row))
            for name, row in rows.items()
        ],
    )
    best = fastest(rows)
    ratio = rows[PUBLISHED]["p50"] / rows[best]["p50"]
    print(f"per frame, the published window takes {ratio:.1f} times as long as {best} (p50)")
    if "stream" in report:
        first, last = report["stream"][0], report["stream"][-1]
        _table(
            "the last minute of a stream, trackers to body",
            ("minutes", "p50 ms", "mean ms", "memory MB"),
            [
                (f"{r['minutes']:.0f}", f"{r['p50']:.3f}", f"{r['mean']:.3f}",
                 f"{r['memory_mb']:.1f}")
                for r in report["stream"]
            ],
        )  # fmt: skip
        changes = (f"{key} {100 * (last[key] / first[key] - 1):+.1f} %" for key in _GROWING)
        print(f"from {first['minutes']:.0f} to {last['minutes']:.0f} minutes: {', '.join(changes)}")
    if "bodies" in report:
        _table(
            "many bodies in one batch",
            ("runtime", "bodies", "step p50 ms", "p99 ms", "body-frames/s", "network p50 ms",
             "body-frames/s"),
            [
                (r["runtime"], str(r["bodies"]), f"{r['p50']:.2f}", f"{r['p99']:.2f}",
                 f"{r['per_second']:.0f}", f"{r['network_p50']:.2f}",
                 f"{r['network_per_second']:.0f}")
                for r in report["bodies"]
            ],
        )  # fmt: skip
    if "training" in report:
        rows = report["training"]
        _table(
            "training",
            ("network", "parameters, M", "s per step", "frames/s"),
            [
                (r["network"], f"{r['parameters_m']:.2f}", f"{r['seconds_per_step']:.2f}",
                 f"{r['frames_per_second']:.0f}")
                for r in rows
            ],
        )  # fmt: skip
        ratio = rows[0]["frames_per_second"] / rows[1]["frames_per_second"]
        print(f"{rows[0]['network']} trains {ratio:.1f} times as fast as {rows[1]['network']}")


_GROWING = ("p50", "memory_mb")


def _difference(row: dict[str, float]) -> str:
    return f"{row['difference_mm']:.6f}" if "difference_mm" in row else ""


def _table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left")
    for row in rows:
        table.add_row(*row)
    Console(width=110).print(table)
