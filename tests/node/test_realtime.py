# SPDX-License-Identifier: Apache-2.0
"""What a node does to be on time, each tried in a process of its own."""

import subprocess
import sys
import weakref

import pytest


def _run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_there_is_left_out_of_later_collections():
    out = _run(
        "import gc; from kinest_ros.node.realtime import settle\n"
        "kept = [[] for _ in range(100_000)]; settle()\n"
        "print(len(gc.get_objects()), gc.get_freeze_count())"
    )
    tracked, frozen = map(int, out.split())
    assert tracked < 1000 < 100_000 < frozen


def test_what_was_let_go_of_is_collected_the_next_time(monkeypatch):
    """A node that is cleaned up and configured anew does not keep its first network."""
    import gc

    from kinest_ros.node.realtime import settle

    class Node:
        pass

    first = Node()
    first.itself = first
    gone = weakref.ref(first)
    settle()
    del first
    gc.collect()
    assert gone() is not None  # frozen
    settle()
    assert gone() is None
    gc.unfreeze()


_TRY = """
import os, time, threading
from kinest_ros.node.realtime import hurry
threading.Thread(target=time.sleep, args=(9.0,), daemon=True).start()
{before}
for line in hurry(7): print("said", line)
for thread in os.listdir("/proc/self/task"):
    number = int(thread)
    print("class", os.sched_getscheduler(number), os.sched_getparam(number).sched_priority)
print([line for line in open("/proc/self/status") if line.startswith("VmLck")][0])
"""


def test_where_it_is_not_permitted_the_node_says_how_to_permit_it():
    import os

    become = "os.setuid(65534)" if os.geteuid() == 0 else ""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_MEMLOCK, (1 << 20, 1 << 20))"
    prio = "resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))"
    out = _run(_TRY.format(before="\n".join((limit, prio, become))))
    said = [line for line in out.splitlines() if line.startswith("said")]
    assert len(said) == 2
    assert "refuses SCHED_FIFO" in said[0] and "limits.d" in said[0]
    assert "only 1 MB" in said[1] and "IPC_LOCK" in said[1]
    assert "class 0 0" in out and "VmLck:\t       0 kB" in out


def test_where_it_is_permitted_all_threads_are_first_in_line():
    out = _run(_TRY.format(before=""))
    if "said" in out:
        pytest.skip(out.splitlines()[0])
    assert out.count("class 1 7") == out.count("class") >= 2
    assert "VmLck:\t       0 kB" not in out
