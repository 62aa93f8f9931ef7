# SPDX-License-Identifier: Apache-2.0
"""Fleets whose workers are killed in the middle of their work."""

import os
import signal
from collections.abc import Sequence

from kinest_ros.fleet.columns import is_cost, row_of
from kinest_ros.fleet.engine import Engine, run_all
from kinest_ros.fleet.listing import Listed


def rows(engine: Engine, bags: Sequence[Listed], kind: str, kills: int = 0) -> dict[str, dict]:
    """Do all bags; kill the worker of each of the first results, which has begun another bag."""
    found: dict[str, dict] = {}
    for done in run_all(engine, iter(bags)):
        if done is None:
            continue
        assert done.name not in found, "doubled"
        found[done.name] = row_of(done, kind)
        if kills:
            kills -= 1
            os.kill(int(done.cost["worker"].rpartition(":")[2]), signal.SIGKILL)
    return found


def results(found: dict[str, dict]) -> dict[str, dict]:
    """What may not differ between two runs."""
    return {
        name: {column: value for column, value in row.items() if not is_cost(column)}
        for name, row in sorted(found.items())
    }
