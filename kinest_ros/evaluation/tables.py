# SPDX-License-Identifier: Apache-2.0
"""Evaluations as tables on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from kinest_ros.evaluation.clip_result import ClipResult
from kinest_ros.evaluation.intervals import Estimate
from kinest_ros.evaluation.metrics import METRICS
from kinest_ros.evaluation.reliability import Reliability
from kinest_ros.evaluation.results import Summary, grouped, summary_by, worst

_WIDTH = 170
#: Metrics shown with their intervals; the others' are in the JSON.
_WITH_INTERVAL = ("mpjre", "mpjpe", "lower")
#: Metrics shown of an action, a person or a kind of action.
_OF_GROUPS = ("mpjpe", "mpjre", "lower", "upper", "root", "jitter", "slide")


def print_summaries(tables: Mapping[str, Summary], title: str = "accuracy") -> None:
    """Print a row per candidate and group of clips, 95 % intervals in brackets."""
    table = Table(title=title)
    table.add_column("candidate", overflow="fold")
    table.add_column("clips of")
    for name in METRICS:
        table.add_column(name, justify="right", no_wrap=True)
    for candidate, summary in tables.items():
        for group, row in summary.items():
            table.add_row(candidate, group, *(_cell(name, row[name]) for name in METRICS))
        table.add_section()
    show(table)


def print_groups(results: Mapping[str, Sequence[ClipResult]], by: str) -> None:
    """Print a row per candidate and group of clips, with the worst clip of each."""
    table = Table(title=f"by {by}")
    for column in ("candidate", "clips of"):
        table.add_column(column, overflow="fold")
    for name in ("clips", *_OF_GROUPS, "worst"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("worst clip", overflow="fold")
    for candidate, clips in results.items():
        for name, own in grouped(clips, by).items():
            row, last = summary_by(own, by)[name], worst(own)
            values = (_cell(metric, row[metric]) for metric in _OF_GROUPS)
            most = _number(last.figures["mpjpe"])
            table.add_row(candidate, name, str(len(own)), *values, most, last.label.path)
        table.add_section()
    show(table)


def print_clips(results: Mapping[str, Sequence[ClipResult]]) -> None:
    """Print a row per clip, the clips with the largest errors first."""
    table = Table(title="clips")
    for column in ("candidate", "clip"):
        table.add_column(column, overflow="fold")
    for name in METRICS:
        table.add_column(name, justify="right", no_wrap=True)
    for candidate, rows in results.items():
        for row in sorted(rows, key=lambda result: -result.figures["mpjpe"]):
            values = (_number(row.figures[name]) for name in METRICS)
            table.add_row(candidate, row.label.path, *values)
        table.add_section()
    show(table)


def print_reliability(found: Mapping[str, Reliability | None]) -> None:
    """Print how well the expected errors fit the actual ones."""
    for candidate, value in found.items():
        if value is not None:
            print(
                f"{candidate}: expected calibration error {value.error:.2f} cm "
                f"({value.normalised:.0%} of what is expected); "
                + ", ".join(f"{name} {error:.2f}" for name, error in value.dataset_errors.items())
            )


def show(table: Table) -> None:
    """Print a table, as wide as the terminal but never too narrow to read."""
    console = Console()
    if console.width < _WIDTH:
        console = Console(width=_WIDTH)
    console.print(table)


def _cell(name: str, value: Estimate) -> str:
    text = _number(value.mean)
    if name in _WITH_INTERVAL and value.low == value.low:
        text += f" [{_number(value.low)}, {_number(value.high)}]"
    return text.replace("[", r"\[")


def _number(value: float) -> str:
    return f"{value:.2f}" if value == value else "-"
