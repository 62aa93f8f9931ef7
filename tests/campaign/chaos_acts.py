# SPDX-License-Identifier: Apache-2.0
"""What can happen to a source, a node or a robot's node: killed, stopped, out of step, hogged."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from tests.campaign.chaos_judging import AT_REST, judge_rest
from tests.campaign.chaos_stage import PATIENCE, TIMEOUT, Stage
from tests.node.node_process import wait_for

#: s that the last body may take beyond the timeout.
GRACE = 0.05
#: s in which bodies come again once the head does.
RECOVERY = 2.0


def gone(stage: Stage, end, again, pause: float) -> None:
    """Let the head be away, and judge what was published meanwhile."""
    jump = 2.0 * abs(stage.offset)
    first = len(stage.heard.bodies)
    end()
    ended_ns = time.time_ns() + round(stage.offset * 1e9)
    time.sleep(pause + (AT_REST if pause > 1.5 else 0.0))
    if pause > 1.5:
        judge_rest(stage)
    begun_ns = time.time_ns() + round(stage.offset * 1e9)
    again()
    count = len(stage.heard.bodies)
    wait_for(lambda: len(stage.heard.bodies) > count, PATIENCE)
    stamps = np.array([stamp for stamp, _ in stage.heard.bodies[first:]])
    if stage.offset == 0.0 and jump == 0.0:
        latest = ended_ns + round((TIMEOUT + GRACE) * 1e9)
        wrong = stamps[(stamps > latest) & (stamps < begun_ns)]
        if len(wrong):
            late = (wrong.max() - ended_ns) * 1e-9
            stage.broken.append(f"a body {late:.3f} s after the head was gone")
        before = stamps[stamps < begun_ns]
        if len(before):
            stage.note("last body after the head was gone, ms", (before.max() - ended_ns) / 1e6)


def kill_source(stage: Stage, pause: float) -> None:
    def again() -> None:
        stage.source = stage.start_source()

    gone(stage, lambda: (stage.source.kill(), stage.source.wait()), again, pause)


def stop_source(stage: Stage, pause: float) -> None:
    def again() -> None:
        stage.source.send_signal(signal.SIGCONT)
        since = time.time_ns()
        count = len(stage.heard.bodies)
        wait_for(lambda: len(stage.heard.bodies) > count, PATIENCE)
        took = (stage.heard.bodies[count][0] - since) * 1e-9
        stage.note("first body after the head was back, ms", took * 1e3)
        if took > RECOVERY:
            stage.broken.append(f"recovery took {took:.2f} s by the stamps")

    gone(stage, lambda: stage.source.send_signal(signal.SIGSTOP), again, pause)


def _until_silent(stage: Stage, quiet: float = 0.5) -> None:
    """Wait until no body has come for some time, s."""
    count = -1
    while count != len(stage.heard.bodies):
        count = len(stage.heard.bodies)
        time.sleep(quiet)


def clock_jumps(stage: Stage, pause: float) -> None:
    """Another source, whose clock is elsewhere; then back."""
    for offset in (3600.0, 0.0):
        stage.source.kill()
        stage.source.wait()
        _until_silent(stage)  # bodies of the old clock that are under way belong before the mark
        stage.heard.bodies.append((0, 0.0))  # stamps may begin anew
        stage.source = stage.start_source("--offset", str(offset))
        stage.offset = offset
        count = len(stage.heard.bodies)
        wait_for(lambda count=count: len(stage.heard.bodies) > count + 10, PATIENCE)
        stage.heard.bodies.append((0, 0.0))


def five_khz(stage: Stage, pause: float) -> None:
    stage.source.kill()
    stage.source.wait()
    stage.source = stage.start_source("--rate", "5000")
    count = len(stage.heard.bodies)
    wait_for(lambda: len(stage.heard.bodies) > count + 30, PATIENCE)
    kill_source(stage, pause)


def kill_node(stage: Stage, pause: float) -> None:
    os.killpg(stage.node.process.pid, signal.SIGKILL)
    stage.node.__exit__(None, None, None)
    stage.heard.bodies.append((0, 0.0))
    time.sleep(AT_REST + 0.5)
    judge_rest(stage)
    stage.node = stage.start_node()


def stop_node(stage: Stage, pause: float) -> None:
    stage.node.process.send_signal(signal.SIGSTOP)
    time.sleep(pause)
    stage.node.process.send_signal(signal.SIGCONT)


def kill_robot(stage: Stage, pause: float) -> None:
    os.killpg(stage.robot.process.pid, signal.SIGKILL)
    stage.robot.__exit__(None, None, None)
    stage.robot = stage.start_robot()
    count = len(stage.heard.robot)
    wait_for(lambda: len(stage.heard.robot) > count + 10, PATIENCE)


def stop_robot(stage: Stage, pause: float) -> None:
    stage.robot.process.send_signal(signal.SIGSTOP)
    time.sleep(pause)
    stage.robot.process.send_signal(signal.SIGCONT)
    count = len(stage.heard.robot)
    wait_for(lambda: len(stage.heard.robot) > count + 10, PATIENCE)


def hog(stage: Stage, pause: float) -> None:
    hogs = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(os.cpu_count() or 1)
    ]
    time.sleep(pause)
    for each in hogs:
        each.kill()
        each.wait()


def deaf_subscriber(stage: Stage, pause: float) -> None:
    """One with a reliable subscription that never takes anything."""
    code = (
        "import rclpy, time; from kinest_ros.msg import FullBodyState\n"
        "rclpy.init(); n = rclpy.create_node('deaf')\n"
        "n.create_subscription(FullBodyState, '/kinest/body', print, 1); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code])
    time.sleep(pause + 1.0)
    child.kill()
    child.wait()


#: What can happen, by its name.
ACTS: dict[str, Callable[[Stage, float], None]] = {
    "kill source": kill_source,
    "stop source": stop_source,
    "clock jumps": clock_jumps,
    "5 kHz": five_khz,
    "kill node": kill_node,
    "stop node": stop_node,
    "kill robot": kill_robot,
    "stop robot": stop_robot,
    "hog": hog,
    "deaf subscriber": deaf_subscriber,
}


def act(stage: Stage, what: str, rng: np.random.Generator) -> None:
    """Do something bad, undo it, and wait until bodies come again."""
    pause = float(rng.uniform(0.6, 2.5))
    ACTS[what](stage, pause)
    count = len(stage.heard.bodies)
    wait_for(lambda: len(stage.heard.bodies) > count + 20, PATIENCE)
