# SPDX-License-Identifier: Apache-2.0
"""Children are waited for, blamed with their own words, and never left behind."""

import time
from pathlib import Path

import pytest

from kinest_ros.demo.processes import Child
from kinest_ros.errors import KinestError


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write a module that children can run; returns its name."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def write(code: str) -> str:
        (tmp_path / "child_program.py").write_text(code)
        return "child_program"

    return write


def test_waits_for_words_and_stops_cleanly(module, tmp_path: Path) -> None:
    name = module(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(0))\n"
        "print('ready', sys.argv[1], flush=True)\n"
        "time.sleep(60)\n"
    )
    with Child("it", tmp_path / "log", name, "steady") as child:
        child.wait_for("ready steady", 20.0)
        assert child.running
        child.stop()
        assert not child.running


def test_a_failure_quotes_the_log(module, tmp_path: Path) -> None:
    name = module("import sys\nprint('the reason')\nsys.exit(3)\n")
    with Child("the helper", tmp_path / "log", name) as child:
        with pytest.raises(KinestError, match=r"(?s)the helper .*exit code 3.*the reason"):
            child.wait_for("never said", 20.0)
        with pytest.raises(KinestError, match="exit code 3"):
            child.wait(20.0)


def test_nothing_is_left_behind(module, tmp_path: Path) -> None:
    name = module(
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print('up', flush=True)\n"
        "time.sleep(60)\n"
    )
    with Child("it", tmp_path / "log", name) as child:
        child.wait_for("up", 20.0)
        group = child._process.pid
        with pytest.raises(KinestError, match="did not end"):
            child.wait(0.1)
    # Killed grandchildren linger until whoever adopted them has collected them.
    end = time.monotonic() + 10.0
    while alive(group):
        assert time.monotonic() < end, "a process of the group is still there"
        time.sleep(0.05)


def alive(group: int) -> bool:
    """Whether a process group has a process that is not a zombie."""
    states = [
        path.read_text().rsplit(")", 1)[1].split()
        for path in Path("/proc").glob("[0-9]*/stat")
        if path.exists()
    ]
    return any(int(fields[2]) == group and fields[0] != "Z" for fields in states)
