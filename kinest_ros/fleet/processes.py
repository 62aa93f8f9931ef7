# SPDX-License-Identifier: Apache-2.0
"""Workers as processes of this machine, with nothing installed for it."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from kinest_ros.fleet.engine import ATTEMPTS, given_up
from kinest_ros.fleet.listing import Listed
from kinest_ros.fleet.task import Done, Task
from kinest_ros.fleet.worker import do_bag

_PR_SET_PDEATHSIG = 1


@dataclass
class _Seat:
    """A process, and what it has to do."""

    process: BaseProcess
    line: Connection
    bag: Listed | None = None
    attempt: int = 1


class Processes:
    """So many processes; one that dies is replaced, and its bag begun again."""

    def __init__(self, task: Task, workers: int) -> None:
        """Start none yet: a bag does."""
        self._task, self.workers = task, workers
        # Threads and locks of this process are no good in a copy of it.
        self._context = multiprocessing.get_context("spawn")
        self._seats: list[_Seat] = []
        self._ended: list[Done] = []

    @property
    def room(self) -> int:
        """How many more bags it takes now."""
        return self.workers - sum(seat.bag is not None for seat in self._seats)

    def give(self, bag: Listed) -> None:
        """Take a bag."""
        free = [seat for seat in self._seats if seat.bag is None and seat.process.is_alive()]
        self._begin(free[0] if free else self._hire(), bag, 1)

    def wait(self, seconds: float) -> list[Done]:
        """Return what is done."""
        busy = [seat for seat in self._seats if seat.bag is not None]
        ready = wait([seat.line for seat in busy], seconds)
        for seat in busy:
            if seat.line in ready:
                self._hear(seat)
        found, self._ended = self._ended, []
        return found

    def close(self) -> None:
        """End all processes."""
        for seat in self._seats:
            seat.process.kill()
        for seat in self._seats:
            seat.process.join()
            seat.line.close()
        self._seats.clear()

    @property
    def pids(self) -> list[int]:
        """Of the processes."""
        return [seat.process.pid for seat in self._seats if seat.process.pid is not None]

    def _hear(self, seat: _Seat) -> None:
        bag = seat.bag
        assert bag is not None
        try:
            self._ended.append(seat.line.recv())
            seat.bag = None
        except (EOFError, OSError):
            seat.process.join()
            seat.line.close()
            self._seats.remove(seat)
            if seat.attempt < ATTEMPTS:
                self._begin(self._hire(), bag, seat.attempt + 1)
            else:
                code = seat.process.exitcode or 0
                why = signal.Signals(-code).name if code < 0 else f"exit code {code}"
                self._ended.append(given_up(bag.name, f"its worker died ({why})"))

    def _begin(self, seat: _Seat, bag: Listed, attempt: int) -> None:
        seat.bag, seat.attempt = bag, attempt
        with contextlib.suppress(OSError):  # it died since it was hired: wait() finds out
            seat.line.send(bag)

    def _hire(self) -> _Seat:
        self._seats = [seat for seat in self._seats if seat.bag or seat.process.is_alive()]
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_work, args=(theirs, self._task, os.getpid()), daemon=True
        )
        process.start()
        theirs.close()
        self._seats.append(_Seat(process, ours))
        return self._seats[-1]


def _work(line: Connection, task: Task, parent: int) -> None:
    """Do bags until the other end is gone."""
    # Ctrl-C is for the parent, who ends us; and nobody is to work for one who was killed.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    while True:
        try:
            bag = line.recv()
        except EOFError:
            return
        line.send(do_bag(task, b"", bag))
