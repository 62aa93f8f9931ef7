# SPDX-License-Identifier: Apache-2.0
"""Runs tests against a changed module, each time in a process that ends with it.

A change within a function is made in a copy of a process that has read all tests: the functions
there get other code. Any other change is made where nothing of the package was imported yet.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import gc
import os
import select
import signal
import sys
import traceback
import types
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection

import pytest

from tests.campaign.reach import instead

#: A file's path, and what is compiled in its place.
Change = tuple[str, ast.Module]
#: Said where functions could not be given other code.
UNCHANGED = "cannot be changed"
#: Said where tests could not be read, with the status of pytest.
NOT_READ = "tests cannot be read: status"
PASSED = "passed"
_WRONG = "error: "

#: Of pytest.
QUIET = ["-qq", "-p", "no:cacheprovider", "-n", "0", "-m", "not ros"]


def in_a_copy(work: Callable[[], str], longest: float) -> str:
    """Return what work returns in a copy of this process, or "hangs", or "ends" if that ended.

    Raises:
        RuntimeError: the work failed, which says nothing of a mutant.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        be_quiet()
        try:
            os.write(writing, work().encode())
        except Exception:
            os.write(writing, (_WRONG + traceback.format_exc()).encode()[-5000:])
        finally:
            os._exit(0)
    os.close(writing)
    ready, _, _ = select.select([reading], [], [], longest)
    said = os.read(reading, 10_000).decode() if ready else "hangs"
    os.close(reading)
    status = with_what_it_started(child)
    if not said:
        said = (
            "hangs" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM else "ends"
        )
    if said.startswith(_WRONG):
        raise RuntimeError(said)
    return "" if said == PASSED else said


def be_quiet() -> None:
    """Read and write nothing from now on."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def with_what_it_started(child: int) -> int:
    """End a process and those of its session; return how it ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


class Chosen:
    """A plugin of pytest that leaves out slow tests but for those of some folders of tests."""

    def __init__(self, folders: Sequence[str]) -> None:
        self._folders = folders

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave them out."""
        items[:] = [
            item
            for item in items
            if item.nodeid.split("/")[1] in self._folders or not item.get_closest_marker("slow")
        ]


class FirstFailure:
    """A plugin of pytest that keeps the first test that fails."""

    def __init__(self) -> None:
        self.test = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep it."""
        if report.failed and not self.test:
            self.test = report.nodeid


def on_import(change: Change | None, tests: list[str]) -> str:
    """Return which test fails first in this process, which has imported nothing yet.

    Without a change they are only read.
    """
    if change:
        path, tree = change
        instead(lambda file: tree if file == path else None)
    first = FirstFailure()
    status = pytest.main(
        [*QUIET, "-x", *([] if change else ["--collect-only"]), *tests], plugins=[first]
    )
    return first.test or (PASSED if status == 0 else f"{NOT_READ} {status}")


class Judge:
    """A plugin of pytest that, in place of running the tests, runs those that it is asked for."""

    def __init__(self, asked: Connection) -> None:
        self._asked = asked

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Answer until nothing more is asked."""
        items = {item.nodeid: item for item in session.items}
        first = FirstFailure()
        session.config.pluginmanager.register(first)
        self._asked.send(len(items))
        while (question := self._asked.recv()) is not None:
            change, tests = question
            chosen = [(items[test], longest) for test, longest in tests.items()]
            self._asked.send(in_a_copy(lambda: _run(change, chosen, first), 3600.0))  # noqa: B023
        return True


def _run(change: Change | None, items: list[tuple[pytest.Item, float]], first: FirstFailure) -> str:
    if change and not patch(*change):
        return UNCHANGED
    for (item, longest), (following, _) in zip(items, [*items[1:], (None, 0.0)], strict=True):
        signal.setitimer(signal.ITIMER_REAL, longest)  # which ends the process
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        if first.test:
            return first.test
    return PASSED


def patch(path: str, tree: ast.Module) -> bool:
    """Give the functions of a module the code of a changed one; return whether that could be done.

    A module that was not imported yet is imported as changed.
    """
    instead(lambda file: tree if file == path else None)
    loaded = [module for module in sys.modules.values() if type(module) is types.ModuleType]
    if not any(vars(module).get("__file__") == path for module in loaded):
        return True
    changed = codes(compile(tree, path, "exec"))
    gc.unfreeze()
    found = [
        held
        for held in gc.get_objects()
        if type(held) is types.FunctionType and held.__code__.co_filename == path
    ]
    for held in gc.get_objects():
        if type(held) is functools._lru_cache_wrapper:
            held.cache_clear()
    pairs = [(held, changed.get(_key(held.__code__))) for held in found]
    if not any(code for _, code in pairs):
        return False
    for held, code in pairs:
        if code is not None and code.co_freevars != held.__code__.co_freevars:
            return False
    for held, code in pairs:
        if code is not None:
            held.__code__ = code
    return True


def codes(code: types.CodeType) -> dict[tuple[str, int], types.CodeType]:
    """Return all code within code, by name and line, where those belong to no other."""
    held = list(_within(code))
    count = Counter(_key(inner) for inner in held)
    return {_key(inner): inner for inner in held if count[_key(inner)] == 1}


def _within(code: types.CodeType) -> Iterator[types.CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield inner
            yield from _within(inner)


def _key(code: types.CodeType) -> tuple[str, int]:
    return code.co_name, code.co_firstlineno


class Copies:
    """A process that has read the tests, and that judges in copies of itself."""

    def __init__(self, folders: list[str], chosen: Chosen) -> None:
        self._asking, answering = Pipe()
        self._child = os.fork()
        if self._child == 0:
            be_quiet()
            pytest.main([*QUIET, "-x", *folders], plugins=[Judge(answering), chosen])
            os._exit(0)
        self.tests = self._asking.recv()

    def first_failure(self, change: Change | None, tests: dict[str, float]) -> str:
        """Return which test fails first with other code in place of a file's.

        Args:
            change: the code; None for none.
            tests: s that each may take.
        """
        self._asking.send((change, tests))
        return self._asking.recv()

    def close(self) -> None:
        """End the process."""
        self._asking.send(None)
        os.waitpid(self._child, 0)
