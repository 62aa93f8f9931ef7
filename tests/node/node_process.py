# SPDX-License-Identifier: Apache-2.0
"""A real node in its own process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from types import TracebackType

from tests.warm import WarmProcess

#: s that a node has to take its leave in.
GOODBYE = 5.0


class NodeProcess:
    """A node as a subprocess in a process group of its own; never outlives the ``with``."""

    #: How many this process has started.
    started = 0

    def __init__(
        self,
        *parameters: str,
        arguments: Sequence[str] = (),
        module: str = "kinest_ros.node.main",
        own: Sequence[str] = (),
        fresh: bool = False,
    ) -> None:
        """Start a module with parameters.

        Args:
            parameters: as ``name:=value``.
            arguments: further ones, as they follow ``--ros-args``.
            module: kinest_node's by default.
            own: the module's own arguments, before ``--ros-args``.
            fresh: load everything anew, where that is what is tested.
        """
        NodeProcess.started += 1
        self._log = tempfile.NamedTemporaryFile(mode="w+", suffix=".log")  # noqa: SIM115
        given = [*arguments, *(part for parameter in parameters for part in ("-p", parameter))]
        arguments = [*own, "--ros-args", *given]
        self.process: subprocess.Popen[bytes] | WarmProcess
        if not fresh:
            self.process = WarmProcess(module, arguments, self._log.fileno())
            return
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            start_new_session=True,
        )

    def __enter__(self) -> NodeProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # One that is killed says no goodbye: while DDS waits for it (20 s), publishers count
        # it among those who hear them, and the next test's poses go to nobody.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=GOODBYE)
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._log.close()

    @property
    def log(self) -> str:
        """Everything the node printed so far."""
        with open(self._log.name) as file:
            return file.read()

    def wait_for_log(self, text: str, timeout: float = 180.0) -> None:
        """Wait until the node has printed ``text``."""
        wait_for(lambda: text in self.log or self.process.poll() is not None, timeout)
        assert text in self.log, f"the node did not print '{text}':\n{self.log}"

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=20.0)


def wait_for(condition: Callable[[], bool], timeout: float) -> None:
    """Poll until the condition holds, or fail."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"waited {timeout} s in vain"
        time.sleep(0.02)
