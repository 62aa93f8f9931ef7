# SPDX-License-Identifier: Apache-2.0
"""Programs that run beside each other and end together: one that ends ends all."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from types import TracebackType

#: s that a program has to end by itself once it was asked to.
PATIENCE = 10.0


class Children:
    """Starts programs, each in a process group of its own, and hands on what they print."""

    def __init__(self) -> None:
        """Have none."""
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._readers: dict[str, threading.Thread] = {}
        self._lines: queue.Queue[tuple[str, str]] = queue.Queue()

    def __enter__(self) -> Children:
        """Nothing more to do."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all of them, by force where asking does not help."""
        for process in self._running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        end = time.monotonic() + PATIENCE
        for process in self._running.values():
            try:
                process.wait(max(end - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def start(self, name: str, module: str, *arguments: str) -> None:
        """Start ``python -m MODULE ARGUMENTS``."""
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            # Ctrl-C is for us, who then ask each of them once.
            start_new_session=True,
        )
        self._running[name] = process
        reader = threading.Thread(target=self._read, args=(name, process), daemon=True)
        self._readers[name] = reader
        reader.start()

    def line(self, timeout: float) -> tuple[str, str] | None:
        """Return the next line that one of them printed, and whose it is; None: none came."""
        try:
            return self._lines.get(timeout=timeout)
        except queue.Empty:
            return None

    def ended(self) -> tuple[str, int] | None:
        """Return one that has ended, with its exit code, once all that it printed was read."""
        for name, process in self._running.items():
            if process.poll() is not None:
                # What it started may hold the other end of its output, and go on.
                self._readers[name].join(1.0)
                return (name, int(process.returncode)) if self._lines.empty() else None
        return None

    def _read(self, name: str, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as printed:
            for line in printed:
                self._lines.put((name, line.rstrip("\n")))
