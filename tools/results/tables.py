# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/RESULTS.md, as Markdown."""

from __future__ import annotations

from collections.abc import Callable

from kinest_ros.evaluation.clip_result import ClipResult
from kinest_ros.evaluation.lost_hand import NEAR
from kinest_ros.evaluation.results import MEAN, Summary
from tools.results.commands import shown
from tools.results.markdown import COLUMNS, NAMES, accuracy, number, table, with_interval
from tools.results.measured import (
    MEAN_POSE,
    OFFLINE,
    ONLINE,
    RESET,
    TRUE_ROTATIONS,
    TRUTH,
    Measured,
    last_fifth,
    parameters,
)
from tools.results.people import people
from tools.results.rows import DEFAULT, EVALUATIONS, FULL, SAME_TIME, STATURE, TABLES, TRAININGS
from tools.results.targets import TARGETS

#: Trainings of the published architecture.
_PUBLISHED = [row for row in TRAININGS if row.table == "baseline" and row.name != SAME_TIME]


def section(name: str, measured: Measured) -> str:
    """Return what stands between the markers of a section."""
    parts = [_TABLES[name](measured), _targets(name, measured), _budgets(name, measured),
             _commands(name, measured)]  # fmt: skip
    return "\n".join(part for part in parts if part)


def _headline(measured: Measured) -> str:
    rows = (("**streaming**", ""), ("state reset every frame", RESET),
            ("mean pose, wrist IK", MEAN_POSE), ("the true motion", TRUTH))  # fmt: skip
    found = [(what, measured.results("test", ending)) for what, ending in rows]
    found.append(("**streaming**, clips of its training", measured.results("train-cmu")))
    text = accuracy(found)
    record = measured.record("test")
    if record is None:
        return text
    said = next(iter(record["parts"][0]["output"]["candidates"].values()))["calibration"]
    return text + (
        f"\nThe error that the network expects of each joint and the actual one differ by "
        f"{said['expected_calibration_error_cm']:.2f} cm on average ({said['normalised']:.0%} of "
        "what is expected).\n"
    )


def _baseline(measured: Measured) -> str:
    found: list[tuple[str, list[ClipResult] | None]] = []
    for row in _PUBLISHED:
        ours = measured.results(row.name)
        # Both runs are over the same clips: once is enough.
        if not any(_same(ours, results) for _, results in found):
            found.append(("**streaming**", ours))
        found += [
            (f"{row.name}{ending}", measured.results(row.name, ending))
            for ending in (OFFLINE, ONLINE)
        ]
    found.append((f"streaming, {SAME_TIME}", measured.results(SAME_TIME)))
    return f"{accuracy(found)}\n{_paired(measured)}"


def _sources(measured: Measured) -> str:
    return accuracy(
        [
            (f"{row.what}; {how}", measured.results(row.name + suffix, ending))
            for row in TRAININGS
            if row.table == "sources"
            for how, suffix, ending in (
                ("true skeleton", "", ""),
                ("stature only", STATURE, ""),
                ("stature only, true rotations", STATURE, TRUE_ROTATIONS),
            )
        ]
    )


def _ablations(measured: Measured) -> str:
    rows = []
    for row in (row for row in TRAININGS if row.table == "ablations"):
        summary = measured.summary(row.name)
        if summary is None:
            continue
        change = None if row.name == FULL else measured.difference(row.name, FULL)
        mean = summary[MEAN]
        rows.append(
            (
                row.name,
                row.what,
                *(_mean(summary, group, "mpjpe") for group in ("bandai", "cmu")),
                with_interval(mean["mpjpe"]),
                with_interval(change[MEAN]["mpjpe"], sign="+") if change else "",
                *(number(mean[metric].mean) for metric in ("lower", "mpjre", "mpjve", "jitter")),
            )
        )
    head = ("row", "change", "MPJPE, Bandai", "MPJPE, CMU", "MPJPE, mean", f"minus {FULL}",
            "lower", "MPJRE", "MPJVE", "jitter")  # fmt: skip
    return table(head, rows)


def _steps(measured: Measured) -> str:
    found = []
    for index, name in enumerate(measured.candidates("steps")):
        what = "**all steps**" if index == 0 else name
        found.append((what, measured.results("steps", name)))
    return accuracy(found)


def _robustness(measured: Measured) -> str:
    record = measured.record("robustness")
    rows: list[tuple[str, ...]] = []
    if record is not None:
        found = next(iter(record["parts"][0]["output"].values()))
        lost, stream, trackers = found["lost_hand"]["2"], found["long_stream"], found["trackers"]
        rows = [
            (f"a hand lost for 2 s ({lost['clips']} clips): MPJPE while lost, cm",
             f"{lost['error_cm']:.2f}", f"undisturbed: {lost['undisturbed_cm']:.2f}"),
            ("its return: the wrist within 1 cm again, median / 95 % / worst, s",
             _three(lost["recovery_s"]), f"off by at most {100 * lost['gap_m']:.0f} cm"),
            (f"the same where it was off by up to {100 * NEAR:.0f} cm",
             _three(lost["recovery_near_s"]) if lost["recovery_near_s"] else "-", ""),
            ("its return: speed added to a joint, median / 95 % / worst, m/s",
             _three(lost["added_speed"]), ""),
            (f"last minute of {stream['hours']:.2f} h: MPJPE, cm", f"{stream['carried']:.2f}",
             f"each clip from a fresh state: {stream['fresh']:.2f}"),
            ("six trackers: MPJPE, cm", f"{trackers['six']:.2f}",
             f"three: {trackers['three']:.2f}"),
        ]  # fmt: skip
    return table(("what", "measured", "against"), rows)


_TABLES: dict[str, Callable[[Measured], str]] = {
    "people": people, "headline": _headline, "baseline": _baseline, "sources": _sources,
    "ablations": _ablations, "steps": _steps, "robustness": _robustness,
}  # fmt: skip
assert tuple(_TABLES) == TABLES


def _same(first: list[ClipResult] | None, second: list[ClipResult] | None) -> bool:
    """Return whether two measurements say the same of the same clips."""

    def said(results: list[ClipResult] | None) -> list[tuple[str, float]]:
        return [(result.label.path, result.figures["mpjpe"]) for result in results or ()]

    return said(first) == said(second)


#: Metrics whose paired differences to the baselines are shown.
_COMPARED = ("mpjpe", "mpjre", "lower", "upper", "root")


def _paired(measured: Measured) -> str:
    """Return the differences of the published rows to the streaming one, clip by clip."""
    rows = []
    for row in _PUBLISHED:
        for ending in (OFFLINE, ONLINE):
            change = measured.against(row.name, ending)
            what = f"{row.name}{ending}"
            for group, name in NAMES.items():
                if change is None or group not in change:
                    continue
                values = (with_interval(change[group][metric], "+") for metric in _COMPARED)
                rows.append((what, name, *values))
                what = ""
    titles = {metric: title for metric, title, _ in COLUMNS}
    return table(("minus streaming", "clips", *(titles[m] for m in _COMPARED)), rows)


def _targets(name: str, measured: Measured) -> str:
    rows = [target.row(measured) for target in TARGETS if target.table == name]
    return table(("target", "at most", "measured", ""), rows) if rows else ""


def _budgets(name: str, measured: Measured) -> str:
    rows = []
    trained = [row.name for row in measured.trained(name)]
    for row in [DEFAULT, *trained] if name in ("headline", "baseline") else trained:
        training = measured.runs.training(row)
        fell = last_fifth(training)
        init = training.get("init") or {}
        # Of the whole way from random weights.
        steps, frames, minutes = (
            training[key] + init.get(key, 0) for key in ("steps", "frames_seen", "minutes")
        )
        rows.append(
            (
                row,
                f"{parameters(measured.runs, row) / 1e6:.2f} M",
                f"{steps:,}",
                f"{frames / 1e6:.2f} M",
                f"{minutes:.0f}",
                training["device"],
                "" if fell is None else f"{fell:.1%}",
                f"weights {init['hash']}" if init else "",
                measured.runs.digest(row),
            )
        )
    if not any(row.table == name for row in TRAININGS) and name != "headline":
        return ""
    head = ("training", "parameters", "steps", "frames seen", "minutes", "device",
            "fell in the last fifth", "went on from", "hash")  # fmt: skip
    return table(head, rows)


def _commands(name: str, measured: Measured) -> str:
    lines = []
    for row in measured.trained(name):
        command = measured.runs.command(row.name)
        if command is not None:
            lines += [f"# {row.name}", shown(command, measured.runs)]
    for evaluation in (row for row in EVALUATIONS if row.table == name):
        record = measured.record(evaluation.name)
        for part in record["parts"] if record else ():
            lines.append(shown(part["command"], measured.runs))
    return "\n".join(("```bash", *lines, "```\n")) if lines else ""


def _three(values: dict[str, float | None]) -> str:
    return " / ".join("never" if value is None else f"{value:.2f}" for value in values.values())


def _mean(summary: Summary, group: str, metric: str) -> str:
    return number(summary[group][metric].mean) if group in summary else ""
