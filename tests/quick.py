# SPDX-License-Identifier: Apache-2.0
"""What `make quick` leaves out: tests with ROS, slow ones, and those that were measured to be long.

    python -m pytest --measure -n 0 -m "not ros and not slow"

measures the processor time of each test function, all its cases together, and writes the list anew.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Test functions that take longer than `LONG`, a line each.
LIST = Path(__file__).with_name("long_tests.txt")
#: s of a processor.
LONG = 0.3

_spent: Counter[str] = Counter()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --quick and --measure."""
    group = parser.getgroup("kinest_ros")
    group.addoption("--quick", action="store_true", help="leave out ros, slow and long tests")
    group.addoption("--measure", action="store_true", help=f"write {LIST.name} anew")


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what is not quick."""
    if not config.getoption("--quick"):
        return
    long = set(LIST.read_text().splitlines())
    out = [
        item
        for item in items
        if function_of(item) in long
        or any(mark.name in ("ros", "slow") for mark in item.iter_markers())
    ]
    config.hook.pytest_deselected(items=out)
    left_out = set(out)
    items[:] = [item for item in items if item not in left_out]


def function_of(item: pytest.Item) -> str:
    """Return the path and name of a test without its case."""
    return item.nodeid.split("[")[0]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure a test with what it sets up and the processes that it waited for."""
    begin = _processor_time()
    yield
    _spent[function_of(item)] += _processor_time() - begin


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the list, if it was asked for and nothing failed; a worker has seen only a part."""
    config = session.config
    if not config.getoption("--measure") or session.testsfailed or not _spent:
        return
    if not hasattr(config, "workerinput"):
        long = sorted(name for name, seconds in _spent.items() if seconds > LONG)
        LIST.write_text("".join(f"{name}\n" for name in long))


def _processor_time() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
