# SPDX-License-Identifier: Apache-2.0
"""A command that is told to end, or whose terminal is closed, takes down what it started."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kinest_ros.cli import main as cli

#: A command that starts a process in a session of its own and waits, as `kinest demo` does.
COMMAND = """
import sys, time
from argparse import Namespace
from pathlib import Path
from kinest_ros.cli import main as cli
from kinest_ros.demo.processes import Child

def run(args):
    log = Path(sys.argv[1])
    with Child("a server", log, "http.server", "0", "--bind", "127.0.0.1") as child:
        print(child.pid, flush=True)
        time.sleep(60.0)

cli._parse = lambda arguments: Namespace(run=run)
sys.exit(cli.main(["demo"]))
"""


#: What the tests' own process ignores, as after nohup or in the background, children would, too.
HEARING = ("env", "--default-signal=INT,HUP")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_children_end_with_it(number: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen(
        [*HEARING, sys.executable, "-c", COMMAND, str(tmp_path / "log")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        child = int(process.stdout.readline())
        process.send_signal(number)
        assert process.wait(60.0) == 128 + number
        assert process.stderr.read() == "interrupted\n"
    end = time.monotonic() + 10.0
    while Path(f"/proc/{child}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{child}").exists()


def test_the_ways_of_the_process_are_left_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers[1:]]
    try:
        seen = []
        monkeypatch.setattr(cli, "_parse", lambda _: seen.extend(map(signal.getsignal, numbers)))
        outside = signal.getsignal(signal.SIGTERM)
        assert cli.main([]) == 0
        assert seen[1] == signal.SIG_IGN, "nohup"
        assert signal.getsignal(signal.SIGTERM) == outside
    finally:
        for number, old in zip(numbers[1:], before, strict=True):
            signal.signal(number, old)


def test_a_command_runs_on_another_thread(capsys: pytest.CaptureFixture[str]) -> None:
    status = []
    thread = threading.Thread(target=lambda: status.append(cli.main([])))
    thread.start()
    thread.join()
    assert status == [0] and "commands:" in capsys.readouterr().out
