# SPDX-License-Identifier: Apache-2.0
"""Changes the code at random places and sees whether the tests notice.

    python -m tests.campaign.mutation --count 60
    python -m tests.campaign.mutation --again build/mutants.json

Each mutant is one change of one module: a comparison, an operator, a number, a condition, a
statement left out. It meets the tests that reach the changed statement, which a first run of all
tests records (again once code or tests were changed). A test that fails has to pass without the
change. Prints each mutant that no test caught.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.campaign import judging
from tests.campaign.mutants import mutated, places
from tests.campaign.reach import Marks, Place, Reach, Recorder, instead
from tests.campaign.watched import LEFT_OUT, PACKAGES, ROOT, modules, watchers

REACH = ROOT / "build" / "reach.json"


@dataclass
class Mutant:
    """A change, where it is (line and column), and the test that caught it, if any."""

    module: str
    kind: str
    at: tuple[int, int]
    change: str
    caught: str = ""


def mutants(count: int, seed: int, packages: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    """Yield module, place and kind: as many of each package, at places drawn at random."""
    rng = random.Random(seed)
    drawn: dict[str, list[tuple[str, int, str]]] = {}
    for package in packages:
        drawn[package] = [place for module in modules(package) for place in _all(module)]
        rng.shuffle(drawn[package])
    for number in range(count):
        package = packages[number % len(packages)]
        if drawn[package]:
            yield drawn[package].pop()


def survivors(path: Path) -> Iterator[tuple[str, int, str]]:
    """Yield what survived before, as far as the code is still there."""
    for held in json.loads(path.read_text()):
        if not held["caught"]:
            words = held["change"].split(": ", 1)[1]
            same = [
                (abs(line - held["at"][0]), abs(column - held["at"][1]), module, index, kind)
                for module, index, kind in _all(held["module"])
                if kind == held["kind"]
                and mutated(_source(module), index, kind)[2].split(": ", 1)[1] == words
                for line, column in [_position(module, index)]
            ]
            if same:
                yield min(same)[2:]
            else:
                print(f"gone: {held['module']} {held['change']}")


def _all(module: str) -> Iterator[tuple[str, int, str]]:
    if (ROOT / "kinest_ros" / module).exists():
        for index, kind in places(ast.parse(_source(module))):
            yield module, index, kind


def _position(module: str, index: int) -> tuple[int, int]:
    node = list(ast.walk(ast.parse(_source(module))))[index]
    return node.lineno, node.col_offset


def _source(module: str) -> str:
    return (ROOT / "kinest_ros" / module).read_text()


class Tests:
    """The tests, and what they reach."""

    def __init__(self, seconds: float, record: bool) -> None:
        self._seconds = seconds
        folders = [
            f"tests/{path.name}"
            for path in sorted((ROOT / "tests").iterdir())
            if path.is_dir() and path.name not in (*LEFT_OUT, "data") and path.name[0] not in "._"
        ]
        stale = folders if record else _stale(folders)
        if stale:
            said = judging.in_a_copy(lambda: _record(stale, stale is not folders), 3600.0)
            assert not said, said
        self.reach = Reach.read(REACH)
        self._copies = judging.Copies(folders, judging.Chosen(PACKAGES))

    def judge(self, module: str, index: int, kind: str) -> Mutant:
        """Return a mutant with the test that catches it, if any does."""
        tree, line, words = mutated(_source(module), index, kind)
        mutant = Mutant(module, kind, _position(module, index), words)
        tests = watchers((module, line), self.reach, self._seconds)
        change = (str(ROOT / "kinest_ros" / module), ast.fix_missing_locations(tree))
        while tests:
            failed = self._first_failure((module, line), change, tests)
            mutant.caught = failed
            if failed.startswith(judging.NOT_READ):
                self._assert_read(tests)
            if failed not in tests or not self._copies.first_failure(None, self._limits([failed])):
                break
            # It fails by itself: by chance, or where it is not run after the others.
            tests = tests[tests.index(failed) + 1 :]
            mutant.caught = ""
        return mutant

    def _first_failure(self, place: Place, change: judging.Change, tests: list[str]) -> str:
        limits = self._limits(tests)
        if place not in self.reach.imported:
            failed = self._copies.first_failure(change, limits)
            if failed != judging.UNCHANGED:
                return failed
        longest = 60.0 + 5.0 * sum(self.reach.tests[test] for test in tests)
        return judging.in_a_copy(lambda: judging.on_import(change, tests), longest)

    def _assert_read(self, tests: list[str]) -> None:
        said = judging.in_a_copy(lambda: judging.on_import(None, tests), 120.0)
        assert not said, said

    def _limits(self, tests: list[str]) -> dict[str, float]:
        """Return for how long tests may run, s: on a busy machine it takes longer."""
        return {test: 20.0 + 10.0 * self.reach.tests[test] for test in tests}

    def close(self) -> None:
        """End the process that holds the tests."""
        self._copies.close()


def _stale(folders: list[str]) -> list[str]:
    """Return which tests to record: all once other code was changed, else those changed."""
    if not REACH.exists():
        return folders
    files = [path for folder in ("kinest_ros", "tests") for path in (ROOT / folder).rglob("*.py")]
    changed = [
        path.relative_to(ROOT)
        for path in files
        if path.stat().st_mtime > REACH.stat().st_mtime and path.parent != Path(__file__).parent
    ]
    if not all(path.name.startswith("test_") for path in changed):
        return folders
    return [str(path) for path in changed if str(Path(*path.parts[:2])) in folders]


def _record(tests: list[str], only_some: bool) -> str:
    import pytest

    watched = {module for package in PACKAGES for module in modules(package)}
    marks = Marks(ROOT / "kinest_ros", watched)
    instead(marks.compiled)
    recorder = Recorder(marks)
    began = time.time()
    pytest.main([*judging.QUIET, *tests], plugins=[recorder, judging.Chosen(PACKAGES)])
    found = recorder.reach
    if only_some:
        found = Reach.read(REACH)
        found.merge(recorder.reach)
    found.write(REACH)
    os.utime(REACH, (began, began))  # a file that was changed meanwhile is younger
    return judging.PASSED


def _preload() -> None:
    """Import what all copies need, and nothing of what is mutated."""
    import hypothesis
    import numpy  # noqa: F401
    import pytest  # noqa: F401
    import scipy.spatial.transform  # noqa: F401
    import torch

    from tests import search

    torch.set_num_threads(1)
    # A test that fails has said all that is asked: no smaller example is looked for.
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    suite = hypothesis.settings.get_profile("suite")
    hypothesis.settings.register_profile("mutation", suite, phases=phases)
    search.PROFILE = "mutation"

    import kinest_ros.model.weights
    import kinest_ros.runtime.base  # noqa: F401

    names = tuple(f"kinest_ros.{package}." for package in PACKAGES)
    assert not [name for name in sys.modules if name.startswith(names)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--first", type=int, default=0, help="leave out so many before")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so long")
    parser.add_argument("--tests", type=float, default=40.0, help="s of tests for one mutant")
    parser.add_argument("--packages", nargs="+", choices=PACKAGES, default=list(PACKAGES))
    parser.add_argument("--record", action="store_true", help="what tests reach, in any case")
    parser.add_argument("--again", type=Path, help="only those that survived, of an --output")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "mutants.json")
    chosen = parser.parse_args()
    os.chdir(ROOT)
    _preload()
    tests = Tests(chosen.tests, chosen.record)
    print(f"{len(tests.reach.tests)} tests", flush=True)
    if chosen.again:
        drawn = list(survivors(chosen.again))
    else:
        drawn = list(mutants(chosen.first + chosen.count, chosen.seed, chosen.packages))
    judged: list[Mutant] = []
    until = time.monotonic() + chosen.seconds
    # One that is told to end says how far it came, also in the background of a shell.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        for place in drawn[chosen.first :]:
            if time.monotonic() > until:
                break
            mutant = tests.judge(*place)
            judged.append(mutant)
            chosen.output.write_text(json.dumps([asdict(one) for one in judged], indent=1))
            if not mutant.caught:
                print(f"survived: {mutant.module} {mutant.change}", flush=True)
    summary(judged)
    if chosen.again:
        print("with those that were caught before:")
        before = [Mutant(**held) for held in json.loads(chosen.again.read_text())]
        summary([mutant for mutant in before if mutant.caught] + judged)
    tests.close()
    return 0


def summary(judged: list[Mutant]) -> None:
    """Print how many were caught, by package and by kind."""
    for group in (lambda mutant: mutant.module.split("/")[0], lambda mutant: mutant.kind):
        done = Counter(group(mutant) for mutant in judged)
        caught = Counter(group(mutant) for mutant in judged if mutant.caught)
        for name, count in done.items():
            print(f"{name}: {count} mutants, {caught[name]} caught")
    count, number = len(judged), sum(bool(mutant.caught) for mutant in judged)
    print(f"{count} mutants, {number} caught ({number / max(count, 1):.0%})")


if __name__ == "__main__":
    sys.exit(main())
