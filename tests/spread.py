# SPDX-License-Identifier: Apache-2.0
"""How tests are spread over workers: how many there are, and which files they begin with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
#: More than these share too much else: memory, ports, ROS domains.
MOST = 8
#: Files that take longest, longest first, from `make test PYTEST_ARGS=--durations=60`. One of them
#: begun last would keep one worker busy while the others have nothing left to do.
LONGEST = ("tracking/steadying/test_recentring.py",)


def workers(cores: int, marks: str) -> int:
    """Return how many workers to start.

    Tests with ROS wait for each other's processes half of the time, so a third worker has what two
    cores are left with; without them (`make quick`) it would only be in the way.
    """
    return max(1, min(MOST, cores if "not ros" in marks else cores + cores // 2))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """For ``-n auto``."""
    return workers(len(os.sched_getaffinity(0)), config.option.markexpr)


def pytest_configure(config: pytest.Config) -> None:
    """Leave the order of the files to us: xdist's is by the number of tests."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a worker, begin with what takes longest; the tests of a file stay as they are."""
    if hasattr(config, "workerinput"):
        ranks = {TESTS / name: rank for rank, name in enumerate(LONGEST)}
        items.sort(key=lambda item: ranks.get(item.path, len(ranks)))
