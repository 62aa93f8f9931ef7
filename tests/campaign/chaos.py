# SPDX-License-Identifier: Apache-2.0
"""Kills, stops and restarts a source, the node and a robot's node at random, and judges by stamps.

python -m tests.campaign.chaos --acts 200 --seed 0
"""

from __future__ import annotations

import argparse
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import JointState

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.msg import FullBodyState
from tests.campaign.chaos_source import place
from tests.node.node_process import NodeProcess, wait_for
from tests.node.pose_messages import stamp_of

#: s without the head after which nothing may be published (tracker_timeout), and what it may take.
TIMEOUT, GRACE = 0.25, 0.05
#: s in which bodies come again once the head does.
RECOVERY = 2.0
#: m that the head may be from where it was at the stamp: one that is 0.15 s old is farther off.
MOST_OFF = 0.05
#: s after the last body at which a robot has come to rest.
AT_REST = 1.5
#: Bodies after which a head that was away is where its tracker is; the last ones before it goes are
#: extrapolated.
SETTLED, HELD = 60, 16
#: s within which a machine, however busy, has sent five samples.
STILL_SENT = 3.0
#: s that a machine may take for what is not judged: starting programs.
PATIENCE = 240.0
ACTS = ("kill source", "stop source", "clock jumps", "5 kHz", "kill node", "stop node",
        "kill robot", "stop robot", "hog", "deaf subscriber")  # fmt: skip


@dataclass
class Heard:
    """What was published, in the order of its arrival: bodies and samples of the robot."""

    bodies: list[tuple[int, float]] = field(default_factory=list)
    robot: list[tuple[int, int, np.ndarray]] = field(default_factory=list)


class Stage:
    """A source, a node, a robot's node and whoever listens to all of them."""

    def __init__(self, domain: int) -> None:
        os.environ["ROS_DOMAIN_ID"] = str(domain)
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        node = rclpy.create_node("chaos_listener", context=self._context)
        self.heard, self.broken = Heard(), []
        self.worst: Counter[str] = Counter()
        self._kept = (
            node.create_subscription(FullBodyState, "/kinest/body", self._body, 5000),
            node.create_subscription(
                JointState, "/kinest_retarget/joint_states", self._sample, 5000
            ),
        )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(node)
        self._running = True
        self._thread = threading.Thread(target=self._spin)
        self._thread.start()
        self.children: list[subprocess.Popen] = []
        self.node = self._start_node()
        self.robot = self._start_robot()
        self.source = self.start_source()
        self.offset = 0.0

    def _spin(self) -> None:
        while self._running:
            self._executor.spin_once(timeout_sec=0.05)

    def _body(self, message: FullBodyState) -> None:
        stamp = stamp_of(message)
        head = message.positions[JOINT_INDEX["head"]]
        off = float(np.linalg.norm(place("head", stamp) - (head.x, head.y, head.z)))
        self.heard.bodies.append((stamp, off))

    def _sample(self, message: JointState) -> None:
        self.heard.robot.append(
            (time.monotonic_ns(), stamp_of(message), np.array(message.position))
        )

    def _start_node(self) -> NodeProcess:
        process = NodeProcess("autostart:=true", "stature:=1.7", "device:=cpu", "runtime:=onnx",
                              f"tracker_timeout:={TIMEOUT}")  # fmt: skip
        process.wait_for_log("active", PATIENCE)
        return process

    def _start_robot(self) -> NodeProcess:
        process = NodeProcess("autostart:=true", module="kinest_ros.node.retarget.main")
        process.wait_for_log("active", PATIENCE)
        return process

    def start_source(self, *arguments: str) -> subprocess.Popen:
        """Start a source; return it once bodies come, or the patience is over."""
        return self._child("tests.campaign.chaos_source", *arguments)

    def _child(self, module: str, *arguments: str) -> subprocess.Popen:
        child = subprocess.Popen([sys.executable, "-m", module, *arguments],
                                 stdout=subprocess.DEVNULL)  # fmt: skip
        self.children.append(child)
        return child

    def close(self) -> None:
        for child in self.children:
            child.kill()
            child.wait()
        for process in (self.node, self.robot):
            process.__exit__(None, None, None)
        self._running = False
        self._thread.join()
        rclpy.shutdown(context=self._context)

    # What is done ---------------------------------------------------------------------------------

    def act(self, what: str, rng: np.random.Generator) -> None:
        """Do something bad, undo it, and wait until bodies come again."""
        pause = float(rng.uniform(0.6, 2.5))
        name = what.lower().replace(" ", "_").replace("5", "five")
        getattr(self, f"_{name}")(pause)
        count = len(self.heard.bodies)
        wait_for(lambda: len(self.heard.bodies) > count + 20, PATIENCE)

    def _gone(self, end, again, pause: float) -> None:
        """Let the head be away, and judge what was published meanwhile."""
        jump = 2.0 * abs(self.offset)
        first = len(self.heard.bodies)
        end()
        ended_ns = time.time_ns() + round(self.offset * 1e9)
        time.sleep(pause + (AT_REST if pause > 1.5 else 0.0))
        if pause > 1.5:
            self._robot_rests()
        begun_ns = time.time_ns() + round(self.offset * 1e9)
        again()
        count = len(self.heard.bodies)
        wait_for(lambda: len(self.heard.bodies) > count, PATIENCE)
        stamps = np.array([stamp for stamp, _ in self.heard.bodies[first:]])
        if self.offset == 0.0 and jump == 0.0:
            latest = ended_ns + round((TIMEOUT + GRACE) * 1e9)
            wrong = stamps[(stamps > latest) & (stamps < begun_ns)]
            if len(wrong):
                late = (wrong.max() - ended_ns) * 1e-9
                self.broken.append(f"a body {late:.3f} s after the head was gone")
            before = stamps[stamps < begun_ns]
            if len(before):
                self._note("last body after the head was gone, ms", (before.max() - ended_ns) / 1e6)

    def _kill_source(self, pause: float) -> None:
        def again() -> None:
            self.source = self.start_source()

        self._gone(lambda: (self.source.kill(), self.source.wait()), again, pause)

    def _stop_source(self, pause: float) -> None:
        def again() -> None:
            self.source.send_signal(signal.SIGCONT)
            since = time.time_ns()
            count = len(self.heard.bodies)
            wait_for(lambda: len(self.heard.bodies) > count, PATIENCE)
            took = (self.heard.bodies[count][0] - since) * 1e-9
            self._note("first body after the head was back, ms", took * 1e3)
            if took > RECOVERY:
                self.broken.append(f"recovery took {took:.2f} s by the stamps")

        self._gone(lambda: self.source.send_signal(signal.SIGSTOP), again, pause)

    def _clock_jumps(self, pause: float) -> None:
        """Another source, whose clock is elsewhere; then back."""
        for offset in (3600.0, 0.0):
            self.source.kill()
            self.source.wait()
            self.heard.bodies.append((0, 0.0))  # stamps may begin anew
            self.source = self.start_source("--offset", str(offset))
            self.offset = offset
            count = len(self.heard.bodies)
            wait_for(lambda count=count: len(self.heard.bodies) > count + 10, PATIENCE)
            self.heard.bodies.append((0, 0.0))

    def _five_khz(self, pause: float) -> None:
        self.source.kill()
        self.source.wait()
        self.source = self.start_source("--rate", "5000")
        count = len(self.heard.bodies)
        wait_for(lambda: len(self.heard.bodies) > count + 30, PATIENCE)
        self._kill_source(pause)

    def _kill_node(self, pause: float) -> None:
        os.killpg(self.node.process.pid, signal.SIGKILL)
        self.node.__exit__(None, None, None)
        self.heard.bodies.append((0, 0.0))
        time.sleep(AT_REST + 0.5)
        self._robot_rests()
        self.node = self._start_node()

    def _stop_node(self, pause: float) -> None:
        self.node.process.send_signal(signal.SIGSTOP)
        time.sleep(pause)
        self.node.process.send_signal(signal.SIGCONT)

    def _kill_robot(self, pause: float) -> None:
        os.killpg(self.robot.process.pid, signal.SIGKILL)
        self.robot.__exit__(None, None, None)
        self.robot = self._start_robot()
        count = len(self.heard.robot)
        wait_for(lambda: len(self.heard.robot) > count + 10, PATIENCE)

    def _stop_robot(self, pause: float) -> None:
        self.robot.process.send_signal(signal.SIGSTOP)
        time.sleep(pause)
        self.robot.process.send_signal(signal.SIGCONT)
        count = len(self.heard.robot)
        wait_for(lambda: len(self.heard.robot) > count + 10, PATIENCE)

    def _hog(self, pause: float) -> None:
        hogs = [
            subprocess.Popen([sys.executable, "-c", "while True: pass"])
            for _ in range(os.cpu_count() or 1)
        ]
        time.sleep(pause)
        for hog in hogs:
            hog.kill()
            hog.wait()

    def _deaf_subscriber(self, pause: float) -> None:
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

    # What is judged -------------------------------------------------------------------------------

    def _robot_rests(self) -> None:
        """The robot's reference has come to a stop, and is still published."""
        time.sleep(0.2)
        last = list(self.heard.robot[-5:])
        if (time.monotonic_ns() - last[0][0]) * 1e-9 > STILL_SENT:
            self.broken.append("nothing is published of a robot whose human is gone")
            return
        bodies = [stamp for stamp, _ in self.heard.bodies if stamp]
        if not bodies or last[0][1] - bodies[-1] < AT_REST * 1e9:
            # By its own clock it had no time to stop: a busy machine lets it send too seldom.
            self.worst["stops of the robot that were too slow to judge"] += 1
            return
        self.worst["stops of the robot judged"] += 1
        moved = max(float(np.abs(a[2] - b[2]).max()) for a, b in itertools.pairwise(last))
        self._note("robot's last step at rest, microrad", moved * 1e6)
        if moved > 1e-4:
            self.broken.append(f"the robot still moves, {moved:.4f} rad a sample")

    def judge(self) -> None:
        """Look at all bodies: stamps rise, and none shows an old pose."""
        found = list(self.heard.bodies)
        repeated = sum(1 for (a, _), (b, _) in itertools.pairwise(found) if a and b and b <= a)
        if repeated:
            self.broken.append(f"{repeated} bodies whose stamps do not rise")
        # A head that was away is caught up with at a bounded speed, and while it is, held.
        steps = np.diff([stamp for stamp, _ in found], prepend=0)
        broken_at = np.flatnonzero((steps < 0) | (steps > 100_000_000))
        settled = [
            i - broken_at[broken_at <= i][-1] > SETTLED
            and not ((broken_at > i) & (broken_at - i <= HELD)).any()
            for i in range(len(found))
        ]
        offs = np.array([off for (_, off), good in zip(found, settled, strict=True) if good])
        offs = offs if len(offs) else np.zeros(1)
        for name, value in (("99.9 %", np.percentile(offs, 99.9)), ("worst", offs.max())):
            self._note(f"head from where it was at the stamp, mm, {name}", value * 1e3)
        if offs.max() > MOST_OFF:
            self.broken.append(f"a head {offs.max():.3f} m from where it was at its stamp")

    def _note(self, what: str, value: float) -> None:
        self.worst[what] = max(self.worst.get(what, 0.0), float(value))  # type: ignore[assignment]


def run(acts: int, seed: int, kinds: Sequence[str] = ACTS, domain: int = 54) -> Stage:
    """Do so many acts; return the stage, closed, with what was broken."""
    rng = np.random.default_rng(seed)
    stage = Stage(domain)
    try:
        wait_for(lambda: min(len(stage.heard.bodies), len(stage.heard.robot)) > 60, PATIENCE)
        for index in range(acts):
            what = str(rng.choice(kinds))
            print(f"{index + 1}: {what}", flush=True)
            stage.act(what, rng)
        stage.judge()
    finally:
        stage.close()
    return stage


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--acts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--domain", type=int, default=54)
    parser.add_argument("--only", nargs="+", choices=ACTS, default=ACTS)
    chosen = parser.parse_args()
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    begin = time.monotonic()
    stage = run(chosen.acts, chosen.seed, chosen.only, chosen.domain)
    minutes = (time.monotonic() - begin) / 60.0
    print(f"{chosen.acts} acts, {len(stage.heard.bodies)} bodies, {len(stage.heard.robot)} samples "
          f"of the robot in {minutes:.1f} min")  # fmt: skip
    for what, value in sorted(stage.worst.items()):
        print(f"  {what}: {value:.1f}")
    print(f"broken: {len(stage.broken)} times" if stage.broken else "broken: nothing")
    for text in stage.broken[:20]:
        print(f"  {text}")
    return 1 if stage.broken else 0


if __name__ == "__main__":
    sys.exit(main())
