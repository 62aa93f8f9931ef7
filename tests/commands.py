# SPDX-License-Identifier: Apache-2.0
"""`kinest`, an example or another script in a process of its own, started warm."""

from __future__ import annotations

import os
import subprocess
import weakref

from tests.warm import WarmProcess

MODULE = "kinest_ros.cli.main"


class Command(WarmProcess):
    """A running command, and what it says."""

    def __init__(self, *words: object, module: str = MODULE, folder: str = "") -> None:
        """Start it with the words after its name.

        Args:
            words: the arguments.
            module: what is run, by name or the path of a file; `kinest` by default.
            folder: to run in; this process's by default.
        """
        self._said = [os.memfd_create(name) for name in ("stdout", "stderr")]
        for file in self._said:
            weakref.finalize(self, os.close, file)
        self.arguments = [str(word) for word in words]
        super().__init__(module, self.arguments, *self._said, folder=folder)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for the end and return stdout and stderr; it is killed if it takes too long."""
        try:
            self.wait(timeout)
        finally:
            self.kill()
        out, errors = (os.pread(file, os.fstat(file).st_size, 0).decode() for file in self._said)
        return out, errors


def run(
    *words: object, module: str = MODULE, folder: str = "", timeout: float = 240.0
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; see Command."""
    command = Command(*words, module=module, folder=folder)
    out, errors = command.communicate(timeout)
    return subprocess.CompletedProcess(command.arguments, command.wait(), out, errors)
