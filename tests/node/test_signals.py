# SPDX-License-Identifier: Apache-2.0
"""The executable ends with code 0 after the first signal, and is deaf to further ones."""

import signal
import time

import pytest

from tests.node.launching import load

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import re
import subprocess
import sys

from tests.node.live import NodeProcess

#: A process that is told to stop, says so, and takes a while to end.
SLOW_END = """
import atexit, time
from kinest_ros.node.signals import {name}
atexit.register(time.sleep, 1.5)
with {name}({argument}) as stop:
    print("up", flush=True)
    {block}
"""

#: Code with which the process ends that is interrupted after the block.
INTERRUPTED = 7
#: A process that goes on after the block.
AFTERWARDS = f"""
import signal, sys, time
from kinest_ros.node.signals import until_signal
# A shell may have started the tests with it ignored, as it does in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)
with until_signal() as stop:
    print("up", flush=True)
    stop.wait()
try:
    print("left", flush=True)
    time.sleep(60.0)
except KeyboardInterrupt:
    sys.exit({INTERRUPTED})
"""


def ends_deaf(code: str) -> int:
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    process.stdout.close()
    return process.returncode


def test_a_second_signal_is_ignored_while_the_process_ends() -> None:
    code = SLOW_END.format(name="until_signal", argument="last=True", block="stop.wait()")
    assert ends_deaf(code) == 0


def test_a_signal_ends_a_process_that_is_still_loading() -> None:
    code = SLOW_END.format(name="exit_at_signal", argument="", block="time.sleep(60.0)")
    assert ends_deaf(code) == 0


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, -signal.SIGTERM)]
)
def test_signals_do_what_they_did_before_after_the_block(number: int, code: int) -> None:
    command = [sys.executable, "-c", AFTERWARDS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            # Each signal once, when the process has said where it is: nothing hangs on timing.
            assert process.stdout.readline() == "up\n"
            process.send_signal(number)
            assert process.stdout.readline() == "left\n"
            process.send_signal(number)
            assert process.wait(timeout=60.0) == code
        finally:
            process.kill()


@pytest.mark.parametrize("deaf", [False, True])
def test_a_closed_terminal_ends_it_unless_nohup_was_asked_for(deaf: bool) -> None:
    code = SLOW_END.format(name="until_signal", argument="last=True", block="stop.wait(2.0)")
    code = f"{code}\nprint('told' if stop.is_set() else 'not told', flush=True)"
    # The tests themselves may have been started by nohup.
    before = ["nohup"] if deaf else ["env", "--default-signal=HUP"]
    command = [*before, sys.executable, "-c", code]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGHUP)
        assert process.stdout.readline() == ("not told\n" if deaf else "told\n")
        assert process.wait(timeout=60.0) == 0


@pytest.mark.ros
def test_the_node_ends_cleanly_however_often_it_is_told(ros_domain: int) -> None:
    with NodeProcess("autostart:=true", fresh=True) as node:
        node.wait_for_log("]: active")
        # By this line the launch file knows when to play a bag.
        assert re.search(load().ACTIVE_LINE, node.log.encode())
        while node.process.poll() is None:
            node.process.send_signal(signal.SIGINT)
            time.sleep(0.02)
        assert node.process.returncode == 0
        assert "Traceback" not in node.log
