# SPDX-License-Identifier: Apache-2.0
"""The table of people: the default weights beside row zero, by person and by kind of action."""

from __future__ import annotations

from collections.abc import Sequence

from kinest_ros.evaluation.clip_result import ClipResult
from kinest_ros.evaluation.results import MEAN, Summary, grouped, summary_by, worst
from tools.results.markdown import NAMES, accuracy, table, with_interval
from tools.results.measured import Measured

#: Metrics shown of a person or a kind of action, with their titles.
_OF_GROUPS = (("mpjpe", "MPJPE"), ("lower", "lower"), ("mpjre", "MPJRE"))
#: Metrics whose paired differences are shown.
_COMPARED = (*_OF_GROUPS, ("upper", "upper"), ("root", "root"), ("jitter", "jitter"),
             ("slide", "foot slide"))  # fmt: skip


def people(measured: Measured) -> str:
    """Return the tables of a section, for validation and test."""
    found, changes = [], []
    for name, part in (("people-validation", "validation"), ("people-test", "test")):
        own, zero = _both(measured, name)
        found.append((f"**default**, {part}", own))
        if zero:
            found.append((f"row zero, {part}", zero))
        change = measured.difference_within(name)
        for group, title in NAMES.items():
            if change is not None and group in change and (group != MEAN or len(change) == 4):
                values = (with_interval(change[group][m], "+") for m, _ in _COMPARED)
                changes.append((part, title, *values))
                part = ""
    head = ("minus row zero", "clips", *(title for _, title in _COMPARED))
    parts = [accuracy(found)]
    if changes:
        parts.append(table(head, changes))
    own, zero = _both(measured, "people-test")
    parts += [_groups(own, zero, by) for by in ("person", "kind")]
    return "\n".join(parts)


def _both(measured: Measured, name: str) -> tuple[list[ClipResult], list[ClipResult]]:
    candidates = [measured.results(name, said) for said in measured.candidates(name)]
    own, zero, *_ = (*candidates, None, None)
    return own or [], zero or []


def _groups(own: Sequence[ClipResult], zero: Sequence[ClipResult], by: str) -> str:
    """Return a row per person or kind: the default's figures, row zero's, and the worst clip."""
    now, before = (summary_by(results, by) for results in (own, zero))
    groups = grouped(own, by)
    rows = [
        (
            name,
            str(len(groups[name])),
            *(f"{now[name][m].mean:.2f}{_of(before, name, m)}" for m, _ in _OF_GROUPS),
            worst(groups[name]).label.path.removesuffix(".npz"),
            f"{worst(groups[name]).figures['mpjpe']:.2f}",
        )
        for name in groups
    ]
    titles = (f"{title} (row zero)" if zero else title for _, title in _OF_GROUPS)
    return table((f"test, by {by}", "clips", *titles, "worst clip", "its MPJPE"), rows)


def _of(summary: Summary, name: str, metric: str) -> str:
    return f" ({summary[name][metric].mean:.2f})" if name in summary else ""
