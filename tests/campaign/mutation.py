# SPDX-License-Identifier: Apache-2.0
"""Changes the code at random places and sees whether the tests notice.

    python -m tests.campaign.mutation --count 60

Each mutant is one change of one module: a comparison, an operator, a number, a condition, a
statement left out. It runs in a process of its own, with the mutated module in place of the file's,
first against the tests named for the module, then against those of its package. Prints each
mutant that no test caught.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib.machinery
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.campaign.mutants import mutated, places
from tests.campaign.watched import ROOT, WIDER, modules, tests_of

#: s for one mutant and one set of tests; one that takes longer hangs, and is caught.
LONGEST = 600.0


def mutants(count: int, seed: int, packages: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    """Yield module, place and kind: as many of each package, at places drawn at random."""
    rng = random.Random(seed)
    drawn: dict[str, list[tuple[str, int, str]]] = {}
    for package in packages:
        drawn[package] = [
            (module, index, kind)
            for module in modules(package)
            for index, kind in places(ast.parse(_path(module).read_text()))
        ]
        rng.shuffle(drawn[package])
    for number in range(count):
        package = packages[number % len(packages)]
        if drawn[package]:
            yield drawn[package].pop()


def _path(module: str) -> Path:
    return ROOT / "kinest_ros" / module


def caught(module: str, source: str, tests: list[str]) -> bool:
    """Return whether tests fail, or hang, with another source of a module."""
    child = os.fork()
    if child == 0:
        _run(module, source, tests)
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) != 0
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def _run(module: str, source: str, tests: list[str]) -> None:
    path = str(_path(module))
    plain = importlib.machinery.SourceFileLoader.get_code

    def get_code(self, fullname):
        if os.path.realpath(self.path) == path:
            return compile(source, path, "exec")
        return plain(self, fullname)

    importlib.machinery.SourceFileLoader.get_code = get_code
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    import pytest

    os.chdir(ROOT)
    status = pytest.main(
        ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", "-n", "0",
         "-m", "not slow", *(f"tests/{test}" for test in tests)]
    )  # fmt: skip
    os._exit(int(status != 0))


def _preload(packages: Sequence[str]) -> None:
    """Import what all children need, and nothing of what is mutated."""
    import hypothesis  # noqa: F401
    import numpy  # noqa: F401
    import pytest  # noqa: F401
    import scipy.spatial.transform  # noqa: F401
    import torch

    torch.set_num_threads(1)
    import kinest_ros.model.weights
    import kinest_ros.runtime.base  # noqa: F401

    mutated_names = tuple(f"kinest_ros.{package}." for package in packages)
    assert not [name for name in sys.modules if name.startswith(mutated_names)]


def _judged(chosen: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Yield each mutant's package and, if no test caught it, the change in words."""
    drawn = mutants(chosen.first + chosen.count, chosen.seed, chosen.packages)
    for number, (module, index, kind) in enumerate(drawn):
        if number < chosen.first:
            continue
        source, change = mutated(_path(module).read_text(), index, kind)
        stages = tests_of(module)[:1] if chosen.narrow else tests_of(module)
        alive = not any(caught(module, source, tests) for tests in stages)
        yield module.split("/")[0], f"{module} {change}" if alive else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--first", type=int, default=0, help="leave out so many before")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so long")
    parser.add_argument("--packages", nargs="+", choices=WIDER, default=list(WIDER))
    parser.add_argument("--narrow", action="store_true", help="the module's own tests alone")
    chosen = parser.parse_args()
    _preload(chosen.packages)
    until = time.monotonic() + chosen.seconds
    done: Counter[str] = Counter()
    alive: Counter[str] = Counter()
    # One that is told to end says how far it came, also in the background of a shell.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        for package, text in _judged(chosen):
            if time.monotonic() > until:
                break
            done[package] += 1
            alive[package] += bool(text)
            if text:
                print(f"survived: {text}", flush=True)
    for package, count in done.items():
        print(f"{package}: {count} mutants, {count - alive[package]} caught")
    count, caught_ = done.total(), done.total() - alive.total()
    print(f"{count} mutants, {caught_} caught ({caught_ / max(count, 1):.0%})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
