# SPDX-License-Identifier: Apache-2.0
"""How tests are spread over workers."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import spread


def test_files_that_take_long_are_there_and_named_once() -> None:
    assert [name for name in spread.LONGEST if not (spread.TESTS / name).is_file()] == []
    assert len(set(spread.LONGEST)) == len(spread.LONGEST)


@pytest.mark.parametrize(
    ("cores", "gigabytes", "expected"),
    [(2, 16, 3), (1, 16, 2), (4, 16, 6), (4, 8, 4), (2, 5, 2), (2, 1, 2), (64, 256, 8)],
)
def test_spare_workers_where_there_is_memory_but_not_too_many(cores, gigabytes, expected) -> None:
    assert spread.workers(cores, gigabytes) == expected


CONFTEST = """
import os, pytest
from tests.spread import pytest_configure, pytest_xdist_make_scheduler
def pytest_runtest_call(item):
    worker = item.config.workerinput["workerid"]
    with open(item.config.rootpath / "done", "a") as out:
        out.write(f"{item.nodeid} {worker} {os.nice(0)}\\n")
"""


def test_spare_workers_have_low_priority_and_no_nodes(tmp_path: Path) -> None:
    """Of three workers on one core two are spare, whatever is left to do."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = ros\n")
    (tmp_path / "conftest.py").write_text(CONFTEST)
    tests = "import pytest, time\n@pytest.mark.{}\n@pytest.mark.parametrize('x', range(3))\n"
    tests += "def test(x):\n    time.sleep(0.05)\n"
    for kind, count in (("ros", 5), ("filterwarnings", 3)):
        for index in range(count):
            text = tests.format("ros" if kind == "ros" else "filterwarnings('error')")
            (tmp_path / f"test_{kind}_{index}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "3", "--dist", "loadfile", "."]
    paths = os.pathsep.join([str(spread.TESTS.parent), *sys.path])
    run = subprocess.run(
        ["taskset", "-c", str(min(os.sched_getaffinity(0))), *command],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    done = [line.split() for line in (tmp_path / "done").read_text().splitlines()]
    assert len(done) == len({name for name, _, _ in done}) == 24
    usual = os.nice(0)
    for name, worker, priority in done:
        assert int(priority) == usual if worker == "gw0" else int(priority) >= min(19, usual + 10)
        assert worker == "gw0" or "_ros_" not in name
    assert {worker for _, worker, _ in done} == {"gw0", "gw1", "gw2"}


def test_a_worker_begins_with_what_takes_longest_and_keeps_files_together() -> None:
    names = ["a.py", *reversed(spread.LONGEST), "b.py"]
    paths = [Path(spread.TESTS / name) for name in names for _ in "xy"]
    items = [SimpleNamespace(path=path, test=index % 2) for index, path in enumerate(paths)]
    kept = list(items)
    spread.longest_first(SimpleNamespace(), items)
    assert items == kept  # by itself, pytest's own order
    spread.longest_first(SimpleNamespace(workerinput={}), items)
    found = [(item.path, item.test) for item in items]
    assert found == [
        (spread.TESTS / name, test) for name in [*spread.LONGEST, "a.py", "b.py"] for test in (0, 1)
    ]
