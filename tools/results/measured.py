# SPDX-License-Identifier: Apache-2.0
"""Measurements as results again: what kinest evaluate --json said, over all commands of a row."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from safetensors import safe_open

from kinest_ros.evaluation.clip_result import ClipResult
from kinest_ros.evaluation.metrics import METRICS
from kinest_ros.evaluation.results import Summary, differences, summarise
from kinest_ros.model.weights_file import weights_path
from kinest_ros.motion.clips.labels import ClipLabel
from tools.results.folder import Runs
from tools.results.rows import EVALUATIONS, TRAININGS, Evaluation, Training

#: Ends of the names of candidates, as kinest evaluate gives them.
RESET, MEAN_POSE = "state reset every frame", "mean pose, wrist IK"
TRUE_ROTATIONS = "true rotations"
TRUTH, OFFLINE, ONLINE = "the true motion", ", offline", ", online"


class Measured:
    """The measurements in a folder of runs; each is read once."""

    def __init__(self, runs: Runs) -> None:
        """Read nothing yet."""
        self.runs = runs
        self.record = cache(self._record)
        self.candidates = cache(self._candidates)

    def _record(self, name: str) -> dict[str, Any] | None:
        return self.runs.measured(evaluation(name))

    def _candidates(self, name: str) -> dict[str, list[ClipResult]]:
        found: dict[str, list[ClipResult]] = {}
        record = self.record(name)
        for part in record["parts"] if record else ():
            for candidate, said in part["output"]["candidates"].items():
                found.setdefault(candidate, []).extend(map(_result, said["clips"]))
        return found

    def results(self, name: str, ending: str = "") -> list[ClipResult] | None:
        """Return the clips of a measurement's candidate: the first whose name ends so."""
        found = (own for said, own in self.candidates(name).items() if said.endswith(ending))
        return next(found, None)

    def summary(self, name: str, ending: str = "") -> Summary | None:
        """Return its means, with intervals."""
        results = self.results(name, ending)
        return summarise(results) if results else None

    def difference(self, name: str, to: str) -> Summary | None:
        """Return one measurement minus another, clip by clip; None unless of the same clips."""
        own, other = self.results(name), self.results(to)
        if not own or not other:
            return None
        same = [r.label.path for r in own] == [r.label.path for r in other]
        return differences(other, own) if same else None

    def against(self, name: str, ending: str) -> Summary | None:
        """Return another candidate minus the first one of a measurement, clip by clip."""
        own, other = self.results(name), self.results(name, ending)
        return differences(own, other) if own and other else None

    def difference_within(self, name: str) -> Summary | None:
        """Return a measurement's first candidate minus its second, clip by clip."""
        own, other, *_ = (*self.candidates(name).values(), None, None)
        return differences(other, own) if own and other else None

    def value(self, name: str, metric: str, ending: str = "", group: str = "mean") -> float | None:
        """Return one mean; None where it is not measured."""
        summary = self.summary(name, ending)
        return summary[group][metric].mean if summary and group in summary else None

    def ratio(self, name: str, metric: str, ending: str) -> float | None:
        """Return the first candidate's mean over that of another one, in one measurement."""
        own, other = self.value(name, metric), self.value(name, metric, ending)
        return own / other if own is not None and other else None

    def trained(self, table: str) -> list[Training]:
        """Return the trainings of a table that are done."""
        return [row for row in TRAININGS if row.table == table and self.runs.has_weights(row.name)]


def evaluation(name: str) -> Evaluation:
    """Return the measurement of that name."""
    return next(row for row in EVALUATIONS if row.name == name)


def parameters(runs: Runs, name: str) -> int:
    """Return the number of parameters of a row's weights."""
    with safe_open(weights_path(runs.weights(name)), "np") as file:
        return sum(math.prod(file.get_slice(key).get_shape()) for key in file.keys())  # noqa: SIM118


def last_fifth(training: dict[str, Any]) -> float | None:
    """Return the share by which the validation error fell in the last fifth of a training."""
    history = [row for row in training.get("history", ()) if "mpjpe_cm" in row]
    early = [row for row in history if row["step"] <= 0.8 * training["steps"]]
    return 1.0 - history[-1]["mpjpe_cm"] / early[-1]["mpjpe_cm"] if early else None


def _result(clip: dict[str, Any]) -> ClipResult:
    figures = {name: np.nan if clip[name] is None else clip[name] for name in METRICS}
    # Its dataset stands for its source: the two differ for CMU's conversions only.
    label = ClipLabel(
        clip["clip"], clip["dataset"], clip["group"], clip["action"], clip["style"],
        clip.get("kind", ""),
    )  # fmt: skip
    nothing = np.zeros(0)
    return ClipResult(label, figures, nothing, nothing, nothing)
