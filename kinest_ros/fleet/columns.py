# SPDX-License-Identifier: Apache-2.0
"""The row of a bag: the same columns in every shard, whatever a bag has or lacks."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from kinest_ros.body.joints import SLOTS
from kinest_ros.evaluation.metrics import METRICS
from kinest_ros.fleet.task import Done

#: What came of the bag's work, and what it was; the columns of COST are all that may differ
#: between two runs of the same bag with the same options.
ALWAYS = {"bag": str, "ok": bool, "error": str, "digest": str, "notes": list}
COST = {"wall_s": float, "cpu_s": float, "memory_mb": float, "worker": str}
#: Figures that are times of computing, and so cost too.
_TIMES = ("ms_per_body", "speed", "latency_ms")

_SPREAD = ("p50", "p95")
_DROPPED = ("late", "duplicate", "outlier", "invalid")
_OF_REPLAY: dict[str, type] = {
    "seconds": float, "bodies_out": int, "stature": float, "stature_known": bool,
    "head_lost_ticks": int, "resets": int,
    **{f"poses_in.{slot}": int for slot in SLOTS},
    **{f"dropped.{reason}.{slot}": int for reason in _DROPPED for slot in SLOTS},
    **{f"reprojection_cm.{slot}.{p}": float for slot in SLOTS for p in _SPREAD},
    "toe_height_cm.p5": float, "toe_height_cm.p50": float,
    "ms_per_body.p50": float, "ms_per_body.p99": float, "speed": float,
}  # fmt: skip
_OF_EVALUATE: dict[str, type] = {
    "seconds": float, "bodies": int, "missing": int, "jitter": float, "slide": float,
    "floor": float, "toe_height_cm": float,
    **{f"worst_5_s.{name}.{p}": float for name in ("jitter", "slide") for p in ("value", "from_s")},
    **{f"per_minute.{name}": list for name in ("jitter", "slide", "missing")},
    **{f"reprojection_cm.{slot}.{p}": float for slot in SLOTS for p in (*_SPREAD, "p99")},
    **{f"drop_outs.{slot}.{p}": float for slot in SLOTS for p in ("count", "seconds", "longest")},
    **{f"latency_ms.{p}": float for p in (*_SPREAD, "p99")},
    **{f"accuracy.{name}": float for name in METRICS},
}  # fmt: skip


def columns_of(kind: str) -> dict[str, type]:
    """Return the type of each column by name: str, bool, int, float, or list.

    Of lists, ``notes`` holds texts and the others numbers. What a bag's figures have beyond the
    columns is in ``more``, as JSON.
    """
    own = _OF_REPLAY if kind == "replay" else _OF_EVALUATE
    return {**ALWAYS, **own, "more": str, **COST}


def row_of(done: Done, kind: str) -> dict[str, Any]:
    """Return the row of a bag: a value or None in every column."""
    columns = columns_of(kind)
    row: dict[str, Any] = dict.fromkeys(columns)
    row |= {"bag": done.name, "ok": not done.error, "error": done.error}
    row |= {name: done.cost.get(name) for name in COST}
    more = {}
    for name, value in _flat(done.figures):
        if name not in columns:
            more[name] = value
        elif columns[name] is float and value is not None:
            row[name] = float(value) if math.isfinite(value) else None
        else:
            row[name] = value
    row["more"] = json.dumps(more) if more else None
    return row


def is_cost(column: str) -> bool:
    """Return whether a column tells of the computer rather than of the bag."""
    return column in COST or column.startswith(_TIMES)


def _flat(figures: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in figures.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{above}{name}.")
        else:
            found.append((above + name, value))
    return found
