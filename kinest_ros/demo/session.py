# SPDX-License-Identifier: Apache-2.0
"""One run of the demonstration: node, recorder and player as processes of their own."""

from __future__ import annotations

import importlib
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from kinest_ros.demo.processes import Child
from kinest_ros.errors import KinestError

#: Seconds in which Python, torch and the weights load on a slow machine.
START_TIMEOUT = 120.0
#: Seconds without a message after which the recorder, told to stop, takes the run for over.
QUIET = 2.0
#: Queues long enough that a machine busy with other things gives late bodies and not fewer.
QUEUES = {"qos_reliability": "reliable", "qos_depth": "2000", "max_backlog": "0.0"}


def check_ros() -> None:
    """Raise KinestError unless ROS 2 and the message packages can be imported."""
    for module in ("rclpy", "tf2_msgs.msg", "kinest_ros.msg"):
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise KinestError(
                f"the demo needs ROS 2, and {module} cannot be imported ({error}). In a checkout: "
                "make setup, then .venv/bin/kinest demo. With ROS 2 installed: source it and "
                "build this package with colcon"
            ) from None


def use_private_domain() -> int:
    """Keep this process's children off the ROS graph around them; return the domain id."""
    domains = [10 + (os.getpid() + further) % 90 for further in range(90)]
    domain = next((domain for domain in domains if not _in_use(domain)), domains[0])
    os.environ["ROS_DOMAIN_ID"] = str(domain)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    return domain


def _in_use(domain: int) -> bool:
    """Whether a node on this machine is the first of its domain (RTPS 2.5, 9.6.2.3: its port)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("", 7400 + 250 * domain + 10))
        except OSError:
            return True
        return False


def run(
    source: Path,
    out: Path,
    seconds: float,
    node_parameters: dict[str, str],
    say: Callable[[str], None],
) -> Path:
    """Play a bag through the live node and record what is published.

    Args:
        source: bag with tracker topics under their default names.
        out: folder for the recording (``bag``) and the processes' logs (``logs``).
        seconds: length of the bag, for the time limit.
        node_parameters: the node's parameters, as text.
        say: called with what is going on.

    Returns:
        The recording: a bag folder.

    Raises:
        KinestError: a process failed; its log is quoted.
    """
    # Told to end, we must still take the children down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logs, recording = out / "logs", out / "bag"
    logs.mkdir(parents=True, exist_ok=True)
    parameters = [
        part
        for name, value in {**QUEUES, **node_parameters}.items()
        for part in ("-p", f"{name}:={value}")
    ]
    with ExitStack() as stack:
        node = stack.enter_context(
            Child(
                "the node",
                logs / "node.log",
                "kinest_ros.node.main",
                *("--ros-args", "-p", "autostart:=true", *parameters),
            )
        )
        recorder = stack.enter_context(
            Child(
                "the recorder",
                logs / "recorder.log",
                "kinest_ros.node.clients.recorder",
                *(str(recording), "--overwrite", "--quiet", str(QUIET)),
            )
        )
        say("starting the node and the recorder")
        node.wait_for("]: active", START_TIMEOUT)
        recorder.wait_for("recording", START_TIMEOUT)
        # The other topics' subscriptions follow the first one within a moment.
        time.sleep(1.0)
        say(f"playing {seconds:.0f} s of {source} in real time")
        player = stack.enter_context(
            Child(
                "the player",
                logs / "player.log",
                "kinest_ros.cli.main",
                # The listeners are the node and the recorder; neither is on simulated time.
                *("play", str(source), "--listeners", "2", "--no-clock"),
            )
        )
        player.wait(1.5 * seconds + START_TIMEOUT)
        # A machine that is too slow has a queue to work off.
        recorder.stop(2.0 * seconds + START_TIMEOUT)
        if not node.running:
            raise node.failure("ended while the bag was playing")
        node.stop()
    return recording
