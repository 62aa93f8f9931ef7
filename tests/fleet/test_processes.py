# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
import signal

import pytest

from kinest_ros.fleet.engine import ATTEMPTS
from kinest_ros.fleet.listing import Listed, bags_of
from kinest_ros.fleet.processes import Processes
from tests.fleet.dying import results, rows


@pytest.mark.slow
def test_a_killed_worker_changes_nothing(lab, task, alone):
    """Same rows, bit for bit, nothing lost or doubled; a bag that is none costs itself alone."""
    todo = list(bags_of([lab]))
    with contextlib.closing(Processes(task("evaluate"), 2)) as engine:
        found = rows(engine, todo, "evaluate", kills=1)
        assert not [pid for pid in engine.pids if not _alive(pid)] and len(engine.pids) <= 2
        pids = engine.pids
    assert not [pid for pid in pids if _alive(pid)]
    assert [name for name, row in found.items() if not row["ok"]] == ["ben/broken"]
    assert results(found) == alone


def test_what_kills_its_workers_is_given_up(tmp_path, task):
    """A bag that never opens, and somebody who kills whoever tries."""
    os.mkfifo(tmp_path / "pipe.mcap")
    with contextlib.closing(Processes(task(), 1)) as engine:
        engine.give(Listed("pipe", str(tmp_path / "pipe.mcap")))
        assert engine.room == 0
        pids = set()
        for _ in range(ATTEMPTS):
            assert not engine.wait(0.2)
            (pid,) = engine.pids
            pids.add(pid)
            os.kill(pid, signal.SIGKILL)
            while not (done := engine.wait(5.0)) and engine.pids == [pid]:
                pass
            if done:
                break
        assert len(pids) == ATTEMPTS
        assert done[0].name == "pipe" and "died (SIGKILL)" in done[0].error
        assert engine.room == 1


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
