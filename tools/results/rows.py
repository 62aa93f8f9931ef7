# SPDX-License-Identifier: Apache-2.0
"""The rows of docs/RESULTS.md: what is trained, what is evaluated, and the options of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from kinest_ros.errors import KinestError
from kinest_ros.training.ablations import ABLATIONS

#: Options of every training run; budget, threads and the like come from the command line.
RECIPE = ("--split", "rule", "--procedural", "0.6")
#: The weights that the headline is about.
DEFAULT = "default"
#: The training that ablations are compared with.
FULL = "full"
#: Our network with the budget of time of a baseline.
SAME_TIME = "same-time"
#: The default weights of before: put them into the folder of runs to compare with them.
ROW_ZERO = "row-zero"
TABLES = ("people", "headline", "baseline", "sources", "ablations", "steps", "robustness")


@dataclass(frozen=True)
class Training:
    """A training run.

    Attributes:
        name: of the row and of its folder.
        table: where it belongs.
        what: it is, in words.
        options: of kinest train beside RECIPE.
    """

    name: str
    table: str
    what: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evaluation:
    """A measurement: one or more commands over different clips, whose clips are put together.

    Attributes:
        name: of the measurement and its file.
        table: where it belongs.
        weights: names of trainings, or DEFAULT.
        parts: options of kinest evaluate for each command.
        beside: weights that are measured too if they are there.
    """

    name: str
    table: str
    weights: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
    beside: tuple[str, ...] = ()


def _both(part: str, every: int, *options: str) -> tuple[tuple[str, ...], ...]:
    """Return the options for all clips of CMU and each every-th of the many of Bandai Namco."""
    return (
        ("--part", part, "--source", "cmu", *options),
        ("--part", part, "--source", "bandai", "--every", str(every), *options),
    )


TRAININGS: tuple[Training, ...] = (
    Training("published-raw", "baseline", "published architecture, published inputs",
             ("--model", "published", "--features", "raw")),
    Training("published-canonical", "baseline", "published architecture, our inputs",
             ("--model", "published", "--features", "canonical")),
    Training(SAME_TIME, "baseline", "our network, from scratch, in the time of a baseline"),
    Training("without-cmu", "sources", "trained without the CMU sources",
             ("--leave-out", "cmu")),
    Training("without-bandai", "sources", "trained without Bandai Namco",
             ("--leave-out", "bandai")),
    Training(FULL, "ablations", "nothing changed"),
    *(
        Training(name, "ablations", change.what, ("--ablate", name))
        for name, change in ABLATIONS.items()
    ),
)  # fmt: skip

STATURE = ", stature only"
_SOURCES = {
    "without-cmu": ("--part", "all", "--source", "cmu"),
    "without-bandai": ("--part", "all", "--source", "bandai", "--every", "10"),
}

EVALUATIONS: tuple[Evaluation, ...] = (
    *(
        Evaluation(f"people-{part}", "people", (DEFAULT,), _both(part, 10), (ROW_ZERO,))
        for part in ("validation", "test")
    ),
    Evaluation("test", "headline", (DEFAULT,), (("--part", "test", "--compare"),)),
    Evaluation("train-cmu", "headline", (DEFAULT,), (("--part", "train", "--source", "cmu"),)),
    *(
        Evaluation(row.name, "baseline", (DEFAULT, row.name), _both("test", 10))
        for row in TRAININGS
        if row.table == "baseline" and row.name != SAME_TIME
    ),
    Evaluation(SAME_TIME, "baseline", (SAME_TIME,), _both("test", 10)),
    *(
        Evaluation(name + suffix, "sources", (name,), ((*options, *more),))
        for name, options in _SOURCES.items()
        for suffix, more in (("", ()), (STATURE, ("--stature-only", "--true-rotations")))
    ),
    *(
        Evaluation(row.name, "ablations", (row.name,), _both("validation", 5))
        for row in TRAININGS
        if row.table == "ablations"
    ),
    Evaluation("steps", "steps", (DEFAULT,), _both("validation", 5, "--ablate")),
    Evaluation("robustness", "robustness", (DEFAULT,),
               (("--part", "test", "--every", "10", "--suite", "robustness", "--hours", "1"),)),
)  # fmt: skip


_Row = TypeVar("_Row", Training, Evaluation)


def chosen(names: Sequence[str], rows: Sequence[_Row]) -> list[_Row]:
    """Return the rows with the given names, or of the tables with them; all without a name.

    Raises:
        KinestError: a name that is neither.
    """
    known = {*TABLES, *(row.name for row in TRAININGS), *(row.name for row in EVALUATIONS)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise KinestError(
            f"--only {', '.join(unknown)}: no such row or table; tables are {', '.join(TABLES)}, "
            "rows are what `python -m tools.results list` prints"
        )
    return [row for row in rows if not names or row.name in names or row.table in names]
