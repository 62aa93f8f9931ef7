# SPDX-License-Identifier: Apache-2.0
"""``python -m tools.results``: train, evaluate and write the tables of docs/RESULTS.md."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from kinest_ros.errors import KinestError
from kinest_ros.files.whole import write_whole
from tools.results.commands import Settings, evaluate, train
from tools.results.folder import Runs
from tools.results.measured import Measured
from tools.results.page import filled
from tools.results.rows import DEFAULT, EVALUATIONS, TABLES, TRAININGS, chosen
from tools.results.tables import section

PAGE = Path(__file__).resolve().parents[2] / "docs" / "RESULTS.md"
_EPILOGUE = """\
A row whose weights are in --runs is not trained again, and a measurement of the same weights with
the same command is not made again. An interrupted training goes on where it stopped. Two processes
that train side by side take different rows, so the same command may be started twice.

examples:
  python -m tools.results list
  python -m tools.results train --data motion/ --steps 4000 --only ablations
  python -m tools.results train --data motion/ --minutes 60 --only published-raw --threads 1
  python -m tools.results train --data motion/ --steps 4000 --add="--batch 8 --bf16"
  python -m tools.results evaluate --data motion/ --write
  python -m tools.results write --table people
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; returns the exit code."""
    args = _parser().parse_args(arguments)
    try:
        return _run(args)
    except KinestError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _run(args: argparse.Namespace) -> int:
    runs = Runs(args.runs, args.default)
    if args.command == "list":
        _list(runs)
    if args.command == "train":
        settings = Settings(args.data, args.cache, _added(args), threads=args.threads)
        for training in chosen(args.only, TRAININGS):
            train(runs, training, settings)
    if args.command == "evaluate":
        if args.threads:
            import torch

            torch.set_num_threads(args.threads)
        settings = Settings(args.data, args.cache, every=args.every)
        for evaluation in chosen(args.only, EVALUATIONS):
            evaluate(runs, evaluation, settings)
    if args.command == "write" or getattr(args, "write", False):
        if not args.page.is_file():
            raise KinestError(f"{args.page} is not there: --page names docs/RESULTS.md or a copy")
        measured = Measured(runs)
        # A table without a measurement at hand is left as it is where others are asked for.
        wanted = getattr(args, "table", None) or TABLES
        sections = {name: section(name, measured) for name in wanted}
        write_whole(args.page, filled(args.page.read_text("utf-8"), sections))
        print(f"wrote {args.page}")
    return 0


def _added(args: argparse.Namespace) -> tuple[str, ...]:
    budget = ("--minutes", f"{args.minutes:g}") if args.minutes else ("--steps", str(args.steps))
    return (*budget, *shlex.split(args.add))


def _list(runs: Runs) -> None:
    measured = {row.name for row in EVALUATIONS if runs.measured(row)}
    for table in TABLES:
        print(table)
        rows = [row for row in TRAININGS if row.table == table]
        for row in rows:
            state = "trained" if runs.has_weights(row.name) else "-"
            state += ", measured" if row.name in measured else ""
            print(f"  {row.name:26}{row.what} [{state}]")
        for other in EVALUATIONS:
            if other.table == table and other.name not in {row.name for row in rows}:
                state = "measured" if other.name in measured else "-"
                print(f"  {other.name:26}of {', '.join(other.weights)} [{state}]")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.results",
        description="Train, evaluate and write the tables of docs/RESULTS.md.",
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    helps = {
        "list": "show the rows and what is there of them",
        "train": "train the rows that have no weights",
        "evaluate": "measure the rows that have weights",
        "write": "write the tables into docs/RESULTS.md",
    }
    made = {name: commands.add_parser(name, help=text) for name, text in helps.items()}
    for command in made.values():
        command.add_argument(
            "--runs", type=Path, default=Path("runs"), help="folder of the runs (default runs/)"
        )
        command.add_argument(
            "--default", default=DEFAULT, metavar="WEIGHTS",
            help="weights that the headline is about (default: the bundled ones)",
        )  # fmt: skip
    for name in ("train", "evaluate"):
        made[name].add_argument("--data", type=Path, required=True, help="folder of motion clips")
        made[name].add_argument("--cache", type=Path, help="folder for the clips in compact form")
        made[name].add_argument("--threads", type=int, help="CPU threads")
        made[name].add_argument(
            "--only", action="append", default=[], metavar="ROW",
            help="this row or table; repeatable",
        )  # fmt: skip
    budget = made["train"].add_mutually_exclusive_group(required=True)
    budget.add_argument("--steps", type=int, help="budget of each training: equal data")
    budget.add_argument("--minutes", type=float, help="budget of each training: equal time")
    made["train"].add_argument(
        "--add", default="", metavar="OPTIONS", help="more options for every kinest train"
    )
    made["evaluate"].add_argument(
        "--every", type=int, metavar="N", help="of the clips, instead of what the rows say"
    )
    made["evaluate"].add_argument("--write", action="store_true", help="write the tables, too")
    made["write"].add_argument(
        "--table", action="append", choices=TABLES, help="this table alone; repeatable"
    )
    for name in ("evaluate", "write"):
        made[name].add_argument("--page", type=Path, default=PAGE, help="docs/RESULTS.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
