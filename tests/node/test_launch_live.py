# SPDX-License-Identifier: Apache-2.0
"""The real launch with the real node: how it starts, fails and ends.

Skipped where launch is not importable: it is a part of a ROS 2 installation, and not on PyPI.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("launch_ros", reason="launch is part of a ROS 2 installation, not on PyPI")

from lifecycle_msgs.msg import State, Transition

from tests.node.launching import ROOT
from tests.node.live import Client, wait_for
from tests.node.managing import change, state

pytestmark = [pytest.mark.ros, pytest.mark.slow]

#: What `ros2 launch` does, without ros2cli.
LAUNCH = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import AnyLaunchDescriptionSource
arguments = [tuple(argument.split(":=", 1)) for argument in sys.argv[2:]]
source = AnyLaunchDescriptionSource(sys.argv[1])
service = LaunchService(argv=sys.argv[2:])
service.include_launch_description(
    LaunchDescription([IncludeLaunchDescription(source, launch_arguments=arguments)])
)
sys.exit(service.run())
"""


class Launch:
    """The launch file under launch, in a process group of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._log = folder / "launch.log"
        prefixes = (sys.prefix, os.environ.get("AMENT_PREFIX_PATH", ""))
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", LAUNCH, ROOT / "launch" / "kinest.launch.py", *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    "OMP_NUM_THREADS": "1",
                    "AMENT_PREFIX_PATH": os.pathsep.join(filter(None, prefixes)),
                    "ROS_LOG_DIR": str(folder),
                },
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def wait_for_log(self, text: str) -> None:
        wait_for(lambda: text in self.log or self.process.poll() is not None, 180.0)
        assert text in self.log, self.log

    def node_pid(self) -> int:
        return int(self.log.partition("process started with pid [")[2].partition("]")[0])

    def interrupt(self) -> None:
        """As Ctrl-C does: a signal to all processes of the terminal."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> int:
        """Wait until it has ended by itself, and return its exit code."""
        return self.process.wait(timeout=180.0)


@pytest.fixture
def launch(
    ros_domain: int, tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[..., Launch]:
    def start(*arguments: str) -> Launch:
        started = Launch(tmp_path, *arguments)

        def take_down() -> None:
            if started.process.poll() is None:
                os.killpg(started.process.pid, signal.SIGKILL)
            started.process.wait()

        request.addfinalizer(take_down)
        return started

    return start


@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        ("qos_depth:=0", "parameter 'qos_depth' must lie in [1, 100000]"),
        ("bodies:=an-na,ben", "use letters, digits and _ only"),
        ("head_topic:=/bad topic", "ROS 2 did not start"),
        ("calibration:=/nope.yaml", "parameter 'calibration': calibration /nope.yaml does not"),
        ("params_file:=/nope.yaml", "launch argument params_file:=/nope.yaml: there is no such"),
        ("bag:=/nope", "launch argument bag:=/nope: there is no such file"),
    ],
)
def test_a_start_that_fails_ends_with_the_reason(
    launch: Callable[..., Launch], argument: str, reason: str
) -> None:
    started = launch(argument)
    assert started.end() == 1
    assert reason in started.log
    if argument.startswith(("params_file", "bag")):
        assert "process started" not in started.log


def test_a_node_that_is_killed_is_a_failure(launch: Callable[..., Launch]) -> None:
    started = launch()
    started.wait_for_log("]: active")
    os.kill(started.node_pid(), signal.SIGKILL)
    assert started.end() == 1
    assert "kinest_node was ended by signal 9" in started.log


def test_ctrl_c_is_no_failure_however_often(launch: Callable[..., Launch]) -> None:
    started = launch("route:=openxr")
    started.wait_for_log("]: active")
    started.interrupt()
    # Again and again at the node alone: launch itself does not ignore signals to its very end.
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.kill(started.node_pid(), signal.SIGINT)
            time.sleep(0.05)
    assert started.end() == 0
    assert "process has finished cleanly" in started.log
    assert "Traceback" not in started.log


def test_the_life_cycle_is_the_operators(launch: Callable[..., Launch], client: Client) -> None:
    started = launch()
    started.wait_for_log("]: active")
    assert state(client) == State.PRIMARY_STATE_ACTIVE
    assert change(client, Transition.TRANSITION_DEACTIVATE)
    assert change(client, Transition.TRANSITION_CLEANUP)
    assert change(client, Transition.TRANSITION_CONFIGURE)
    time.sleep(1.0)  # for whoever would activate it
    assert state(client) == State.PRIMARY_STATE_INACTIVE
    assert change(client, Transition.TRANSITION_CLEANUP)
    assert started.process.poll() is None
    started.interrupt()
    assert started.end() == 0
