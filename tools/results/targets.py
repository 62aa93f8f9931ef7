# SPDX-License-Identifier: Apache-2.0
"""What the project aims for, each beside what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tools.results.measured import OFFLINE, ONLINE, TRUTH, Measured
from tools.results.rows import STATURE


@dataclass(frozen=True)
class Target:
    """One figure that should be no more than a limit.

    Attributes:
        table: where it is shown.
        what: the figure.
        limit: the most that it should be.
        unit: of both; "%" shows shares.
        measure: returns it, or None where it is not measured.
    """

    table: str
    what: str
    limit: float
    unit: str
    measure: Callable[[Measured], float | None]

    def row(self, measured: Measured) -> tuple[str, str, str, str]:
        """Return what, limit, measured figure and verdict as text."""
        value = self.measure(measured)
        if value is None:
            return self.what, self._text(self.limit), "", ""
        # As shown: a figure that reads like the limit has reached it.
        missed = float(f"{value:.4f}") > self.limit
        by = self._text(value - self.limit).replace("%", "points")
        verdict = f"missed by {by}" if missed else "reached"
        return self.what, self._text(self.limit), self._text(value), verdict

    def _text(self, value: float) -> str:
        if self.unit == "%":
            return f"{100 * value:.1f} %"
        return f"{value:.2f} {self.unit}".strip()


def _against(name: str, metric: str, ending: str) -> Callable[[Measured], float | None]:
    return lambda measured: measured.ratio(name, metric, ending)


def _of(name: str, metric: str, group: str = "mean") -> Callable[[Measured], float | None]:
    return lambda measured: measured.value(name, metric, group=group)


def _robustness(*keys: str) -> Callable[[Measured], float | None]:
    def measure(measured: Measured) -> float | None:
        record = measured.record("robustness")
        if record is None:
            return None
        found: Any = next(iter(record["parts"][0]["output"].values()))
        for key in keys:
            # Nothing was near enough to be measured.
            if found is None:
                return None
            found = found[key]
        return float("inf") if found is None else float(found)

    return measure


def _baseline() -> Iterable[Target]:
    for name, what in (("published-canonical", "our inputs"), ("published-raw", "its own inputs")):
        against = f"streaming / published with {what}"
        for metric, title in (("mpjpe", "MPJPE"), ("mpjre", "MPJRE"), ("lower", "lower body")):
            for ending, limit in ((OFFLINE, 1.0), (ONLINE, 0.8)):
                measure = _against(name, metric, ending)
                yield Target("baseline", f"{title}: {against}{ending}", limit, "×", measure)
        measure = _against(name, "root", OFFLINE)
        yield Target("baseline", f"root: {against}{OFFLINE}", 0.9, "×", measure)


LOST = ("lost_hand", "2")
TARGETS: tuple[Target, ...] = (
    Target("headline", "hand error, wrists snapped, no mounting error", 0.5, "cm",
           _of("test", "hand")),
    Target("headline", "jitter / that of the true motion", 1.3, "×",
           lambda measured: measured.ratio("test", "jitter", TRUTH)),
    Target("headline", "foot slide in contact", 4.0, "cm/s", _of("test", "slide")),
    *_baseline(),
    Target("sources", "CMU, never seen: MPJPE, true skeleton", 7.0, "cm",
           _of("without-cmu", "mpjpe", "cmu")),
    Target("sources", "CMU, never seen: MPJPE, stature only", 8.5, "cm",
           _of(f"without-cmu{STATURE}", "mpjpe", "cmu")),
    Target("sources", "CMU, never seen: lower body, true skeleton", 10.0, "cm",
           _of("without-cmu", "lower", "cmu")),
    Target("sources", "CMU, never seen: lower body, stature only", 10.0, "cm",
           _of(f"without-cmu{STATURE}", "lower", "cmu")),
    Target("robustness", "a hand lost for 2 s: growth of MPJPE", 0.4, "%",
           _robustness(*LOST, "growth")),
    Target("robustness", "its return: speed added to any joint, at most", 3.0, "m/s",
           _robustness(*LOST, "added_speed", "max")),
    Target("robustness", "its return, off by up to 0.6 m: time until it is back, at most", 0.3, "s",
           _robustness(*LOST, "recovery_near_s", "max")),
    Target("robustness", "last minute of an hour: growth of MPJPE", 0.05, "%",
           _robustness("long_stream", "growth")),
    Target("robustness", "six trackers: MPJPE / with three", 0.5, "×",
           _robustness("trackers", "ratio")),
)  # fmt: skip
