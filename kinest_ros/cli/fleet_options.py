# SPDX-License-Identifier: Apache-2.0
"""--jobs, --ray, --list: what `kinest replay` and `kinest evaluate` do with many bags."""

from __future__ import annotations

import argparse
import functools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinest_ros.cli import input_options, options
from kinest_ros.errors import KinestError

if TYPE_CHECKING:
    from kinest_ros.fleet.engine import Engine
    from kinest_ros.fleet.task import Task
    from kinest_ros.tracking.wearer.wearer import Wearer


def add_fleet(parser: argparse.ArgumentParser) -> None:
    """--jobs, --ray, --list, --retry-failed."""
    group = parser.add_argument_group(
        "many bags",
        "With one of these, or a folder of folders for BAG, each bag is a recording of its own and "
        "--out a folder of results: a row for each bag, and summary.json. Run again, it goes on "
        "where it was. See docs/fleet.md.",
    )
    engines = group.add_mutually_exclusive_group()
    engines.add_argument(
        "--jobs", type=int, metavar="N", help="processes of this machine (default: one per core)"
    )
    engines.add_argument(
        "--ray", nargs="?", const="local", metavar="ADDRESS",
        help="a Ray cluster: HOST:PORT, auto or ray://HOST:PORT; without ADDRESS, one of this "
        "machine alone. Write it behind the bags",
    )  # fmt: skip
    group.add_argument(
        "--list", action="append", type=Path, default=[], metavar="FILE",
        help="text file with the path of a bag in each line; repeatable",
    )  # fmt: skip
    group.add_argument(
        "--retry-failed", action="store_true", help="do the bags again that failed before"
    )


def wants_fleet(args: argparse.Namespace, bags: Sequence[Path]) -> bool:
    """Return whether the bags are many rather than the parts of one, or a few side by side."""
    if args.ray is not None and Path(args.ray).exists():
        raise KinestError(f"--ray {args.ray}: that is a path; write --ray behind the bags")
    if args.jobs is not None and args.jobs < 1:
        raise KinestError(f"--jobs is {args.jobs}; give 1 or more")
    if args.jobs or args.ray or args.list or args.retry_failed:
        return True
    return any(_folder_of_folders(path) for path in bags)


def run(args: argparse.Namespace, bags: Sequence[Path], task: Task) -> int:
    """Do all bags; returns the exit code: 1 where any of them failed."""
    from kinest_ros.fleet.listing import bags_of
    from kinest_ros.fleet.run import run_fleet

    summary = run_fleet(
        task,
        lambda: bags_of(bags, args.list),
        functools.partial(_engine, args, task),
        args.retry_failed,
        lambda bag, error: options.note(f"failed: {bag}: {error}"),
    )
    options.report(args, summary, _lines(summary))
    return 1 if summary["failed"] else 0


def task_of(
    args: argparse.Namespace, kind: str, weights: str, wearer: Wearer, own_skeleton: bool = False
) -> Task:
    """Return what to do with each bag.

    Raises:
        KinestError: no --out, or weights that cannot be loaded.
    """
    if args.out is None:
        raise KinestError("many bags need --out DIR, for the rows of their results")
    from kinest_ros.fleet.task import Task
    from kinest_ros.model.device import resolve_device
    from kinest_ros.model.network import load_network
    from kinest_ros.model.weights_file import weights_path
    from kinest_ros.runtime.native.library import compiled

    device = resolve_device(args.device)
    if weights and weights_path(weights) == Path(weights):
        weights = os.path.abspath(weights)
    runtime = getattr(args, "runtime", "auto")
    if runtime == "auto":
        # Measured, it might come out otherwise elsewhere, or tomorrow; and the machines of a
        # cluster need not all have a compiled step.
        native = compiled() and args.ray in (None, "local")
        runtime = "cuda_graph" if device != "cpu" else "native" if native else "onnx"
    return Task(
        kind=kind,
        out=os.path.abspath(args.out),
        weights=weights,
        weights_hash=load_network(weights or "default").weights_hash,
        device=device,
        runtime=runtime,
        wearer=wearer,
        own_skeleton=own_skeleton,
        choice=input_options.inputs_of(args),
        keep_inputs=not getattr(args, "no_inputs", False),
    )


def _engine(args: argparse.Namespace, task: Task) -> Engine:
    if args.ray:
        from kinest_ros.fleet.ray_cluster import RayCluster

        return RayCluster(task, args.ray)
    from kinest_ros.fleet.processes import Processes

    return Processes(task, args.jobs or len(os.sched_getaffinity(0)))


def _folder_of_folders(path: Path) -> bool:
    from kinest_ros.fleet.listing import holds_files, is_bag

    return path.is_dir() and not is_bag(path) and not holds_files(path)


def _lines(summary: dict[str, Any]) -> list[str]:
    """The summary for people."""
    lines = [
        f"{summary['out']}: {summary['bags']} bags, {summary['hours']:.2f} h of motion; "
        f"{summary['failed']} failed",
        f"  now: {summary['done_now']} bags in {summary['wall_s']:.1f} s, "
        f"{summary['bags_per_minute']:.1f} a minute; before: {summary['done_before']}",
    ]
    if summary["cpu_s_per_minute"] is not None:
        lines.append(
            f"  {summary['cpu_s_per_minute']:.1f} s of one core per minute of motion, a worker has "
            f"at most {summary['worker_memory_mb']:.0f} MB"
        )
    if summary["figures"]:
        width = max(map(len, summary["figures"]))
        lines.append(
            f"  {'over bags':{width}} {'mean':>10} {'5 %':>10} {'median':>10} {'95 %':>10}"
        )
        for name, value in summary["figures"].items():
            spread = " ".join(f"{value[key]:10.2f}" for key in ("mean", "p5", "p50", "p95"))
            lines.append(f"  {name:{width}} {spread}")
    lines += [f"  failed: {each['bag']}: {each['error']}" for each in summary["failures"][:20]]
    if len(summary["failures"]) > 20:
        lines.append("  and others: the rows where ok is false")
    return lines
