# SPDX-License-Identifier: Apache-2.0
"""kinest evaluate BAG --report: what was found, as one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from kinest_ros.bags.inputs import InputChoice
from kinest_ros.bags.reader import Bodies
from kinest_ros.errors import KinestError
from kinest_ros.evaluation.bag_scores import DROP_OUT, BagScores, tracker_stamps
from kinest_ros.evaluation.tracked_links import TrackedLinks
from kinest_ros.files.whole import write_whole
from kinest_ros.view.report import Reported, report_page
from kinest_ros.view.shown import Shown

#: A name, the bag, its bodies, and where tracked links were measured to be.
Tracked = tuple[str, Path, Bodies, "TrackedLinks | None"]


def write_report(
    path: Path,
    tracked: Sequence[Tracked],
    found: Mapping[str, BagScores],
    choice: InputChoice,
    source: str = "",
) -> None:
    """Write the file.

    Args:
        path: of the file.
        tracked: what was scored, in order.
        found: scores by name.
        choice: which of the bags' topics the trackers are.
        source: what the truth is, where it is not the bags' own.

    Raises:
        KinestError: it cannot be written.
    """
    reported = [
        Reported(
            name,
            found[name].figures,
            Shown.estimate(name, bodies, links),
            _truth(found[name]),
            {slot: silences(stamps) for slot, stamps in tracker_stamps(bag, choice).items()},
            found[name].markers,
            source,
        )
        for name, bag, bodies, links in tracked
    ]
    title = ", ".join(dict.fromkeys(bag.name for _, bag, _, _ in tracked))
    try:
        write_whole(path, report_page(reported, title))
    except OSError as error:
        raise KinestError(f"cannot write {path}: {error.strerror or error}") from None


def silences(stamps: np.ndarray) -> list[tuple[int, int]]:
    """Return the stretches in which a tracker with stamps (N,), ns, was silent."""
    at = np.flatnonzero(np.diff(stamps) * 1e-9 > DROP_OUT)
    return [(int(stamps[i]), int(stamps[i + 1])) for i in at]


def _truth(scores: BagScores) -> Shown | None:
    return None if scores.truth is None else Shown.truth(scores.truth)
