# SPDX-License-Identifier: Apache-2.0
"""Child processes that log to a file, can be waited for, and never outlive their parent's block."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from kinest_ros.errors import KinestError


class Child:
    """``python -m MODULE ARGUMENTS`` in a process group of its own."""

    def __init__(self, name: str, log: Path, module: str, *arguments: str) -> None:
        """Start it.

        Args:
            name: what it is called in error messages.
            log: file for its output.
            module: module to run.
            *arguments: its command line.
        """
        self._name, self._log = name, log
        with log.open("w") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Child:
        """Nothing more to do: the process runs."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill the group if it still runs."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait_for(self, text: str, timeout: float) -> None:
        """Wait until the log holds ``text``.

        Raises:
            KinestError: it ended or took too long.
        """
        end = time.monotonic() + timeout
        while text not in self._log.read_text():
            if not self.running:
                raise self.failure(f"ended with exit code {self._process.returncode}")
            if time.monotonic() > end:
                raise self.failure(f"did not say '{text}' within {timeout:.0f} s")
            time.sleep(0.05)

    def wait(self, timeout: float) -> None:
        """Wait for its end.

        Raises:
            KinestError: it failed or took too long.
        """
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise self.failure(f"did not end within {timeout:.0f} s") from None
        if code != 0:
            raise self.failure(f"ended with exit code {code}")

    def stop(self, timeout: float = 15.0) -> None:
        """Ask it to end and wait for that.

        Raises:
            KinestError: it failed or took too long.
        """
        if self.running:
            self._process.send_signal(signal.SIGINT)
        self.wait(timeout)

    def failure(self, what: str) -> KinestError:
        """Return an error that quotes the end of the log."""
        tail = "\n".join(self._log.read_text().strip().splitlines()[-8:])
        return KinestError(f"{self._name} {what}; {self._log} ends:\n{tail}")
