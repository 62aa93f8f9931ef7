# SPDX-License-Identifier: Apache-2.0
"""Fixtures for all tests."""

import gc
import os
from pathlib import Path

# Small matrices gain nothing from threads, and two test runs on one machine lose much.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from tests import domains, quick, search
from tests.quick import pytest_addoption, pytest_runtest_protocol, pytest_sessionfinish
from tests.spread import (
    longest_first,
    pytest_configure,
    pytest_xdist_auto_num_workers,
    pytest_xdist_make_scheduler,
)

__all__ = [
    "pytest_addoption",
    "pytest_configure",
    "pytest_runtest_protocol",
    "pytest_sessionfinish",
    "pytest_xdist_auto_num_workers",
    "pytest_xdist_make_scheduler",
]

domains.use_private_domain()  # before anything imports rclpy
search.load_profile()  # before any test file is read: @settings builds on it


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose what is run, and in which order."""
    quick.leave_out(config, items)
    longest_first(config, items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what importing 370 test files has made out of all garbage collections."""
    gc.freeze()


SHARED = Path(__file__).parents[1] / ".." / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with real motion (motion/) and headset recordings (headset/), where there is one."""
    folder = SHARED.resolve()
    if not (folder / "motion").is_dir() or not (folder / "headset").is_dir():
        pytest.skip("real motion and headset recordings are not on this machine")
    return folder


@pytest.fixture(scope="session")
def headset_recordings() -> Path:
    """Folder with headset recordings: bundled excerpts, or what KINEST_RECORDINGS names."""
    return Path(os.environ.get("KINEST_RECORDINGS", Path(__file__).parent / "data" / "headset"))


@pytest.fixture
def kinest(capsys):
    """Run the command line: returns its status, stdout and stderr."""
    from kinest_ros.cli.main import main

    def run(*arguments):
        status = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run
