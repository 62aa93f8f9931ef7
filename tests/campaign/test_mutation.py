# SPDX-License-Identifier: Apache-2.0
"""The tool that changes code: what it changes, whom it asks, and that nobody is blamed wrongly."""

import ast
import builtins
import importlib.util
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.campaign import judging
from tests.campaign.mutants import mutated, places
from tests.campaign.reach import Marks, Reach
from tests.campaign.watched import watchers

SOURCE = '''"""A module."""
from __future__ import annotations
import functools

LIMIT = 3


@functools.lru_cache
def double(x: int = 2) -> int:
    """Twice."""
    if x > LIMIT and x != 7:
        return x * 2
    return (lambda y: y + y)(x)


class Held:
    def __init__(self) -> None:
        self.value = [n for n in range(4) if n < 2]
'''


@pytest.fixture
def module(tmp_path: Path):
    path = tmp_path / "package" / "sample.py"
    path.parent.mkdir()
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("mutation_sample", path)
    loaded = importlib.util.module_from_spec(spec)
    sys.modules["mutation_sample"] = loaded
    spec.loader.exec_module(loaded)
    yield loaded
    del sys.modules["mutation_sample"]


def test_each_mutant_is_one_change_that_compiles_at_the_line_that_is_said():
    found = places(ast.parse(SOURCE))
    assert {kind for _, kind in found} == {
        "comparison", "operator", "number", "and or", "condition", "statement",
    }  # fmt: skip
    plain = ast.unparse(ast.parse(SOURCE)).splitlines()
    for index, kind in found:
        tree, line, words = mutated(SOURCE, index, kind)
        compile(tree, "sample.py", "exec")
        changed = ast.unparse(tree).splitlines()
        assert sum(one != other for one, other in zip(plain, changed, strict=True)) == 1, words
        assert f"line {line}:" in words


def test_marks_tell_the_statements_that_ran(module):
    marks = Marks(Path(module.__file__).parent, {"sample.py"})
    try:
        tree = marks.compiled(module.__file__)
        names: dict = {"__name__": "mutation_sample"}
        exec(compile(tree, module.__file__, "exec"), names)
        assert {line for _, line in marks.taken()} >= {5, 9, 16, 17}
        assert names["double"](5) == 10
        assert {line for _, line in marks.taken()} == {11, 12}
        assert names["double"](1) == 2
        assert {line for _, line in marks.taken()} == {11, 13}
        assert marks.compiled(__file__) is None
    finally:
        del builtins.__reached__


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_functions_that_are_imported_already_get_the_changed_code(module):
    held = module.double
    assert (held(5), held(1)) == (10, 2)

    def results(kind: str, words: str) -> str:
        index = next(
            index
            for index, name in places(ast.parse(SOURCE))
            if name == kind and words in mutated(SOURCE, index, kind)[2]
        )
        change = (module.__file__, mutated(SOURCE, index, kind)[0])

        def work() -> str:
            done = judging.patch(*change)
            return f"{done} {held(5)} {held(1)} {module.Held().value}"

        return judging.in_a_copy(work, 60.0)

    assert results("operator", "x * 2") == "True 2.5 2 [0, 1]"
    assert results("operator", "y + y") == "True 10 0 [0, 1]"
    assert results("comparison", "n < 2") == "True 10 2 [0, 1, 2]"
    assert (held(5), held(1)) == (10, 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_what_fails_of_itself_is_no_mutant_that_was_caught():
    assert judging.in_a_copy(lambda: judging.PASSED, 60.0) == ""
    assert judging.in_a_copy(lambda: os._exit(3), 60.0) == "ends"
    assert judging.in_a_copy(lambda: time.sleep(60) or "", 0.2) == "hangs"
    assert judging.in_a_copy(lambda: os.kill(os.getpid(), signal.SIGALRM) or "", 60.0) == "hangs"
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        judging.in_a_copy(lambda: str(1 / 0), 60.0)


def test_own_tests_come_first_and_for_no_longer_than_is_asked(tmp_path: Path):
    reach = Reach()
    reach.tests = {
        "tests/cli/test_a.py::one": 0.1,
        "tests/web/test_other.py::one": 0.2,
        "tests/web/test_room.py::one": 5.0,
        "tests/web/test_room.py::two": 5.0,
        "tests/web/test_room.py::not_reached": 0.1,
    }
    for test in [*reach.tests][:-1]:
        reach.reached["web/room.py", 7].add(test)
    reach.reached["web/room.py", 9].add("tests/web/test_room.py::not_reached")
    reach.imported = {("web/room.py", 3)}
    reach.write(tmp_path / "reach.json")
    reach = Reach.read(tmp_path / "reach.json")
    assert [test.split("/", 1)[1] for test in watchers(("web/room.py", 7), reach, 60.0)] == [
        "web/test_room.py::one",
        "web/test_room.py::two",
        "web/test_other.py::one",
        "cli/test_a.py::one",
    ]
    assert len(watchers(("web/room.py", 7), reach, 4.0)) == 1
    assert len(watchers(("web/room.py", 3), reach, 60.0)) == 5
