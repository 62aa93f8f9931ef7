# SPDX-License-Identifier: Apache-2.0
"""Records which statements each test reaches, so that a mutant meets the tests that run it.

Modules are imported with a mark before each statement. What a fixture reaches counts for each test
that uses it.
"""

from __future__ import annotations

import ast
import builtins
import importlib.machinery
import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

#: A module relative to kinest_ros, and the line of a statement.
Place = tuple[str, int]
#: Takes a file's path; returns what is compiled instead, or None.
Compiler = Callable[[str], "ast.Module | None"]
_NAME = "__reached__"


@dataclass
class Reach:
    """What was recorded.

    Attributes:
        tests: of each test that passed, in order, its node id and s that it took.
        reached: the tests that reach a statement.
        imported: statements that run while modules and tests are imported.
    """

    tests: dict[str, float] = field(default_factory=dict)
    reached: dict[Place, set[str]] = field(default_factory=lambda: defaultdict(set))
    imported: set[Place] = field(default_factory=set)

    def write(self, path: Path) -> None:
        """Write as JSON."""
        numbers = {test: number for number, test in enumerate(self.tests)}
        reached = [
            [*place, [numbers[test] for test in tests if test in numbers]]
            for place, tests in self.reached.items()
        ]
        content = {
            "tests": self.tests, "imported": sorted(self.imported), "reached": reached,
        }  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))

    @classmethod
    def read(cls, path: Path) -> Reach:
        """Read what was written."""
        content = json.loads(path.read_text())
        names = list(content["tests"])
        return cls(
            content["tests"],
            {(module, line): {names[n] for n in held} for module, line, held in content["reached"]},
            {(module, line) for module, line in content["imported"]},
        )

    def merge(self, later: Reach) -> None:
        """Take what was recorded anew of some files of tests."""
        files = {test.split("::")[0] for test in later.tests}
        for tests in self.reached.values():
            tests -= {test for test in tests if test.split("::")[0] in files}
        for place, tests in later.reached.items():
            self.reached.setdefault(place, set()).update(tests)
        kept = {test: s for test, s in self.tests.items() if test.split("::")[0] not in files}
        self.tests = kept | later.tests
        self.imported |= later.imported


def instead(compiler: Compiler) -> None:
    """Compile modules that are imported from now on otherwise."""
    plain = importlib.machinery.SourceFileLoader.get_code

    def get_code(self, fullname):
        path = os.path.realpath(self.path)
        if path.endswith(".py"):
            tree = compiler(path)
            if tree is not None:
                return compile(tree, path, "exec")
        return plain(self, fullname)

    importlib.machinery.SourceFileLoader.get_code = get_code


class Marks:
    """Marks of statements, one byte each; 1 once the statement was reached."""

    def __init__(self, package: Path, modules: set[str]) -> None:
        self.places: list[Place] = []
        self.hits = bytearray()
        self._package = package
        self._modules = modules
        setattr(builtins, _NAME, self.hits)

    def compiled(self, path: str) -> ast.Module | None:
        """Return a module with marks, if it is one of those asked for."""
        file = Path(path)
        if not file.is_relative_to(self._package):
            return None
        module = str(file.relative_to(self._package))
        if module not in self._modules:
            return None
        tree = ast.parse(file.read_text())
        for node in list(ast.walk(tree)):
            for name in ("body", "orelse", "finalbody"):
                held = getattr(node, name, None)
                if isinstance(held, list) and held and isinstance(held[0], ast.stmt):
                    setattr(node, name, list(self._marked(module, held)))
        return ast.fix_missing_locations(tree)

    def taken(self) -> set[Place]:
        """Return what was reached since the last time."""
        found = {place for place, hit in zip(self.places, self.hits, strict=True) if hit}
        self.hits[:] = bytes(len(self.hits))
        return found

    def _marked(self, module: str, statements: list[ast.stmt]) -> Iterator[ast.stmt]:
        for number, statement in enumerate(statements):
            future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
            text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if not future and not (text and number == 0):
                mark = ast.parse(f"{_NAME}[{len(self.places)}] = 1").body[0]
                for inner in ast.walk(mark):
                    if hasattr(inner, "lineno"):
                        ast.copy_location(inner, statement)
                self.places.append((module, statement.lineno))
                self.hits.append(0)
                yield mark
            yield statement


class Recorder:
    """A plugin of pytest that fills a `Reach`."""

    def __init__(self, marks: Marks) -> None:
        self.reach = Reach()
        self._marks = marks
        self._fixtures: dict[object, set[Place]] = defaultdict(set)
        self._not_passed: set[str] = set()
        self._began = 0.0

    def pytest_collection_finish(self) -> None:
        """What ran so far ran on import."""
        self.reach.imported = self._marks.taken()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef) -> Iterator[None]:
        """Keep what a fixture reaches, and those that it asks for."""
        before = self._marks.taken()
        yield
        own = self._marks.taken()
        self._fixtures[fixturedef] |= own
        self._again(before | own)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Keep what a test reaches, with its fixtures."""
        self._marks.taken()
        self._began = time.perf_counter()
        yield
        took = time.perf_counter() - self._began
        places = self._marks.taken()
        info = getattr(item, "_fixtureinfo", None)
        for definitions in info.name2fixturedefs.values() if info else ():
            for definition in definitions:
                places |= self._fixtures[definition]
        for place in places:
            self.reach.reached[place].add(item.nodeid)
        if item.nodeid not in self._not_passed:
            self.reach.tests[item.nodeid] = took

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Leave out tests that do not pass unchanged."""
        if not report.passed:
            self._not_passed.add(report.nodeid)

    def _again(self, places: set[Place]) -> None:
        hits = (place in places for place in self._marks.places)
        self._marks.hits[:] = bytes(hits)
