# SPDX-License-Identifier: Apache-2.0
"""kinest evaluate on bags: bags and weights side by side."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from rich.table import Table

from kinest_ros.bags.reader import BagReader, read_bodies
from kinest_ros.bags.topics import BODY
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.cli import input_options, options
from kinest_ros.cli.evaluate_moments import moment_rows, print_minutes
from kinest_ros.cli.evaluate_report import Tracked, write_report
from kinest_ros.cli.truth_options import said_of, truth_of
from kinest_ros.errors import KinestError
from kinest_ros.evaluation.bag_scores import BagScores, score
from kinest_ros.evaluation.bag_tracking import track_bag
from kinest_ros.evaluation.metrics import METRICS
from kinest_ros.evaluation.models import NamedWeights, load_weights
from kinest_ros.evaluation.regression import Limit, failures, load_figures
from kinest_ros.evaluation.tables import show
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.runtime.predictor import StreamingPredictor
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.settings import TrackerSettings


def evaluate_bags(args: argparse.Namespace) -> int:
    """Score bags; returns the exit code."""
    limits = [Limit.parse(text) for text in args.fail_if]
    before = load_figures(args.against) if args.against else None
    names = _short_names(args.bags)
    found: dict[str, BagScores] = {}
    pages: list[Tracked] = []
    loaded = load_weights(args.weights, args.device) if args.weights else None
    choice, given = input_options.inputs_of(args), truth_of(args)
    for name, path in zip(names, args.bags, strict=True):
        if not args.weights and has_bodies(path):
            bodies = read_bodies(path)
            found[name] = score(path, bodies, choice=choice, given=given)
            pages.append((name, path, bodies, None))
            continue
        if loaded is None:
            loaded = load_weights(["default"], args.device)
        with BagReader(path) as bag:
            input_options.chosen_input(bag, args)
        skeleton = skeleton_for(args, path)
        for weights in loaded:
            tracker = tracker_for(weights, skeleton, args)
            title = f"{name}, {weights.name}"
            bodies, tracked = track_bag(path, tracker, choice)
            found[title] = score(path, bodies, tracked, choice, given)
            pages.append((title, path, bodies, tracked))
    if args.figures is not None:
        _figures(found, args)
    if args.report is not None:
        write_report(args.report, pages, found, choice, said_of(given))
        options.note(f"wrote {args.report}")
    if args.json:
        print(json.dumps({name: scores.figures for name, scores in found.items()}))
    else:
        _print(found)
    figures = {name: scores.figures for name, scores in found.items()}
    broken = list(failures(limits, figures, before))
    for line in broken:
        options.note(f"failed: {line}")
    return 1 if broken else 0


def has_bodies(path: Path) -> bool:
    """Return whether a bag has bodies of its own."""
    with BagReader(path) as bag:
        return BODY in bag.types


def skeleton_for(args: argparse.Namespace, path: Path) -> Skeleton:
    """Return the skeleton asked for, or the one that lies in the bag."""
    own = path / "skeleton.npz"
    if args.stature is None and args.skeleton is None and own.is_file():
        if not args.json:
            options.note(f"{path.name}: with its own skeleton.npz; --stature M to use another")
        return Skeleton.load(own)
    return options.skeleton_of(args)


def tracker_for(weights: NamedWeights, skeleton: Skeleton, args: argparse.Namespace) -> BodyTracker:
    """Return a fresh tracker as the options of a command ask for.

    Raises:
        KinestError: weights that do not run live.
    """
    model = weights.model
    if not isinstance(model, StreamingKineST):
        raise KinestError(f"{weights.name} is of the published architecture: bags need streaming "
                          "weights")  # fmt: skip
    device = str(next(model.parameters()).device)
    predictor = StreamingPredictor(model, skeleton, device, "auto")
    return BodyTracker(predictor, skeleton, settings_of(args))


def settings_of(args: argparse.Namespace) -> TrackerSettings:
    """Return how trackers are read as the options of a command ask for."""
    return TrackerSettings(
        input_basis=args.input_basis,
        mounts=options.mounts_of(args),
        tracker_timeout=args.tracker_timeout,
        snap_wrists=not args.no_snap,
        snap_body=not args.no_body_snap,
        smooth_posture=not args.no_smoothing,
        foot_lock=not args.no_foot_lock,
    )


def _short_names(bags: list[Path]) -> list[str]:
    names = [path.name or str(path) for path in bags]
    return names if len(set(names)) == len(names) else [str(path) for path in bags]


def _figures(found: dict[str, BagScores], args: argparse.Namespace) -> None:
    from kinest_ros.evaluation.figures import write_figures

    with_truth = {name: [s.result] for name, s in found.items() if s.result is not None}
    if not with_truth:
        options.note("no figures: none of the bags has /kinest/ground_truth/body")
        return
    for path in write_figures(with_truth, args.figures):
        options.note(f"wrote {path}")


def _print(found: dict[str, BagScores]) -> None:
    table = Table(title="bags")
    table.add_column("what")
    for name in found:
        table.add_column(name, justify="right", overflow="fold")
    figures = [scores.figures for scores in found.values()]

    def row(what: str, values: list[str]) -> None:
        if any(value != "-" for value in values):
            table.add_row(what, *values)

    row("length, s", [f"{f['seconds']:.1f}" for f in figures])
    row("bodies (ticks without one)", [f"{f['bodies']} ({f['missing']})" for f in figures])
    table.add_section()
    for name, unit in METRICS.items():
        values = [(f["accuracy"] or {}).get(name) for f in figures]
        row(f"{name} against the truth, {unit}", [_number(value) for value in values])
    table.add_section()
    for key, what in (
        ("jitter", "jitter, 10^2 m/s^3"),
        ("slide", "slide of feet in contact by its own estimate, cm/s"),
        ("floor", "depth below the floor, cm"),
        ("toe_height_cm", "median height of the toes, cm"),
    ):
        row(what, [_number(f[key]) for f in figures])
    for slot in _all(figures, "reprojection_cm"):
        values = [f["reprojection_cm"].get(slot) for f in figures]
        row(f"{slot} to its tracker, cm: 50, 95 %", [_pair(value) for value in values])
    for slot in _all(figures, "drop_outs"):
        lost = [f["drop_outs"].get(slot) for f in figures]
        row(
            f"{slot} silent: times, s, longest",
            [f"{x['count']}, {x['seconds']:.2f}, {x['longest']:.2f}" if x else "-" for x in lost],
        )
    row("latency (replay: computing time), ms: 50, 99 %",
        [_pair(f["latency_ms"], "p99") for f in figures])  # fmt: skip
    table.add_section()
    for what, cells in moment_rows(figures):
        row(what, cells)
    show(table)
    print_minutes({name: scores.figures for name, scores in found.items()})


def _all(figures: list[dict[str, Any]], key: str) -> list[str]:
    return list(dict.fromkeys(slot for each in figures for slot in each[key]))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _pair(value: dict[str, float] | None, high: str = "p95") -> str:
    return "-" if value is None else f"{value['p50']:.2f}, {value[high]:.2f}"
