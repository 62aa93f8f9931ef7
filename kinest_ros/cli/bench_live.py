# SPDX-License-Identifier: Apache-2.0
"""`kinest bench --ros`: the live node in a process of its own, end to end over DDS."""

from __future__ import annotations

import argparse
import json
from typing import Any

from kinest_ros.cli.bench_tables import table
from kinest_ros.errors import KinestError


def run_live(args: argparse.Namespace) -> int:
    """Measure the live node alone: what else is measured would disturb it."""
    from tqdm import tqdm

    from kinest_ros.bench.live import live
    from kinest_ros.bench.machine import machine

    if not 1.0 <= args.ros <= 86_400.0:
        raise KinestError(f"--ros is {args.ros:g}; give 1 to 86400 seconds")
    if not 10.0 <= args.rate <= 1000.0:
        raise KinestError(f"--rate is {args.rate:g}; give 10 to 1000 Hz")
    if args.bodies:
        return _run_live_bodies(args)
    if args.robot:
        return _run_robot(args)
    minutes = max(1, round(args.ros / 60.0))
    with tqdm(
        desc="live node", total=minutes, unit="min", disable=args.json or None, leave=False
    ) as bar:
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


def _run_live_bodies(args: argparse.Namespace) -> int:
    """Measure several bodies on the live node, stepped together and one after another."""
    from tqdm import tqdm

    from kinest_ros.bench.live_bodies import live_bodies
    from kinest_ros.bench.machine import machine

    if args.web or args.figures or min(args.bodies) < 2 or max(args.bodies) > 64:
        raise KinestError("--ros with --bodies takes 2 to 64 bodies, and no --web or --figures")
    report: dict[str, Any] = {"machine": machine("cpu"), "live_bodies": []}
    with tqdm(desc="live bodies", unit="turn", disable=args.json or None, leave=False) as bar:
        for bodies in sorted(set(args.bodies)):
            found = live_bodies(
                args.weights, args.device, args.ros, args.rate, bodies, progress=bar.update
            )
            report["live_bodies"].append(found)
    if args.json:
        print(json.dumps(report))
        return 0
    print(", ".join(f"{key} {value}" for key, value in report["machine"].items()))
    columns = ("p50", "p90", "p99", "max", "each_p50", "each_p99", "cpu_ms")
    table(
        f"poses of all bodies sent at once, at {args.rate:g} Hz, ms",
        ("bodies", "stepped", *(name.replace("_", " ") for name in columns),
         "ticks", "missing", "load %"),
        [
            (str(found["bodies"]), mode, *(f"{row[name]:.2f}" for name in columns),
             str(row["ticks"]), str(row["missing"]), f"{100.0 * row['node_load']:.0f}")
            for found in report["live_bodies"] for mode, row in found["rows"].items()
        ],
    )  # fmt: skip
    print(
        "p50 to max: from sending the first pose that completes a tick to receiving its last "
        "body.\n"
        "each: of every body, from sending its own last pose. cpu: processor time of the node for\n"
        "each body that came. missing: ticks without the body that lacks most."
    )
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
    table(
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

    table(
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
