# SPDX-License-Identifier: Apache-2.0
"""Start processes whose imports are done: forked from one that has loaded PyTorch and ROS once.

A node loads for seconds before it does anything. What a test says of a node after that is the same
whether these seconds were spent anew, so all nodes of one pytest process come from one parent.
Whatever is about starting itself (signals while it loads, the executables) starts afresh instead.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

#: Loaded before the first fork; none joins the network.
PRELOADED = (
    "kinest_ros.bags.body_files",
    "kinest_ros.tracking.body_tracker",
    "kinest_ros.runtime.onnx.export",
    "kinest_ros.node.kinest_node",
    "kinest_ros.node.retarget.composed",
    "kinest_ros.node.spinning",
)
#: Longest message in bytes, above any environment.
LARGEST = 1 << 20

_parent: WarmParent | None = None


class WarmProcess:
    """A process started warm; has of subprocess.Popen what tests use."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str],
        output: int,
        errors: int | None = None,
        folder: str = "",
    ) -> None:
        """Run a module as ``python -m`` does, in a session of its own.

        Args:
            module: with a main part; a name, or the path of a file.
            arguments: those after its name.
            output: open file that stdout goes to.
            errors: one for stderr; the same by default.
            folder: to run in; this process's by default.
        """
        self._parent = _shared_parent()
        self.pid = self._parent.ask(
            {
                "module": module,
                "arguments": [str(argument) for argument in arguments],
                "environment": dict(os.environ),
                "folder": folder or os.getcwd(),
            },
            (output, output if errors is None else errors),
        )
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, that of a signal negative; None while it runs."""
        if self.returncode is None:
            self.returncode = self._parent.ask({"poll": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code.

        Raises:
            subprocess.TimeoutExpired: it is still running.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class WarmParent:
    """The process that forks, as this process sees it."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self._ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGEST)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        theirs.close()
        self.owner = os.getpid()
        atexit.register(self.close)

    def ask(self, request: dict[str, object], files: Sequence[int] = ()) -> int | None:
        """Return the answer to a request, with which open files may go."""
        socket.send_fds(self._ours, [json.dumps(request).encode()], files)
        answer = self._ours.recv(LARGEST)
        assert answer, "the process that forks has ended"
        return json.loads(answer)

    def close(self) -> None:
        """End it, and with it whatever it started."""
        if os.getpid() == self.owner:
            self._ours.close()
            self._process.wait()


def _shared_parent() -> WarmParent:
    """Return the one of this pytest process."""
    global _parent
    if _parent is None or _parent.owner != os.getpid():
        _parent = WarmParent()
    return _parent


def preload(*names: str) -> None:
    """Load modules that many processes will need, so that each finds them loaded."""
    _shared_parent().ask({"preload": names})


def serve(connection: socket.socket) -> None:
    """Fork and watch processes until the other end is closed."""
    running: set[int] = set()
    while True:
        text, files, _, _ = socket.recv_fds(connection, LARGEST, 2)
        if not text:
            break
        request = json.loads(text)
        if "preload" in request:
            answer = None
            for name in request["preload"]:
                importlib.import_module(name)
        elif "poll" in request:
            pid, status = os.waitpid(request["poll"], os.WNOHANG)
            running.discard(pid)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            alone, told = os.pipe()
            answer = os.fork()
            if answer == 0:
                connection.close()
                os.setsid()
                os.close(alone)
                os.close(told)
                _become(request, files)
            os.close(told)
            os.read(alone, 1)  # whoever has its number can kill its group
            os.close(alone)
            running.add(answer)
            for file in files:
                os.close(file)
        connection.send(json.dumps(answer).encode())
    for pid in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _become(request: dict[str, Any], files: Sequence[int]) -> NoReturn:
    """Run what was asked for, in this new process, and end it."""
    for number, file in enumerate(files, 1):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(request["environment"], OMP_NUM_THREADS="1")
    os.chdir(request["folder"])
    sys.argv = ["", *request["arguments"]]
    code: object = 1
    try:
        if request["module"].endswith(".py"):
            sys.argv[0] = request["module"]
            runpy.run_path(request["module"], run_name="__main__")
        else:
            runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    _leave_ros()
    # As Python ends, up to taking down modules that were there before the fork.
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def _leave_ros() -> None:
    """Say goodbye to others, who would else see this process's nodes and services for 20 s."""
    if "rclpy" in sys.modules:
        gc.unfreeze()
        gc.collect()  # nodes, which hold on to their contexts
        context = sys.modules["rclpy.utilities"].g_default_context
        if context is not None:
            context.destroy()


if __name__ == "__main__":
    with contextlib.suppress(ModuleNotFoundError):  # without ROS, from the first that needs it
        for name in PRELOADED:
            importlib.import_module(name)
    gc.freeze()  # pages that the collector does not touch stay shared
    serve(socket.socket(fileno=int(sys.argv[1])))
