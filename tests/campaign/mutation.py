# SPDX-License-Identifier: Apache-2.0
"""Changes the code at random places and sees whether the tests notice.

    python -m tests.campaign.mutation --count 60

Each mutant is one change of one module: a comparison, an operator, a number, a condition, a
statement left out. It runs in a process of its own, with the mutated module in place of the file's,
first against the tests named for the module, then against those of the whole tracker. Prints each
mutant that no test caught.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.machinery
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TRACKING = "tests/tracking"
#: Tests by module: those that are named for it or feed it alone.
TESTS = {
    "steadying/jumps": ["steadying/test_jumps.py"],
    "steadying/fit_leaps": ["steadying/test_fit_leaps.py"],
    "steadying/standing": ["steadying/test_standing.py", "steadying/test_foot_lock.py"],
    "steadying/posture_smoothing": ["steadying/test_posture_smoothing.py"],
    "admission/gating": ["admission/test_gating.py"],
    "admission/unmeasured": ["admission/test_unmeasured.py", "admission/test_presence.py"],
    "admission/presence": ["admission/test_presence.py"],
    "admission/laid_down": ["admission/test_presence.py"],
    "sampling/clock": ["sampling/test_clock.py", "sampling/test_resampler.py"],
    "sampling/motion_limits": ["sampling/test_motion_limits.py", "sampling/test_sample_track.py"],
    "sampling/sample_track": ["sampling/test_sample_track.py", "sampling/test_resampler.py"],
    "sampling/resampler": ["sampling/test_resampler.py"],
}
#: For what those did not catch.
WIDER = ["test_body_tracker.py", "test_outliers.py", "test_wearing.py"]
#: s for one mutant; one that takes longer hangs, and is caught.
LONGEST = 150.0

_COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_BINARY = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
           ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}  # fmt: skip


def places(tree: ast.Module) -> list[tuple[int, str]]:
    """Return where a module can be changed and how: index in the walk, and a word."""
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        for part in (
            [node.annotation] if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation
            else [node.returns] if isinstance(node, ast.FunctionDef) and node.returns else []
        )
        for inner in ast.walk(part)
    }  # fmt: skip
    found: list[tuple[int, str]] = []
    for index, node in enumerate(ast.walk(tree)):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARE:
            found.append((index, "comparison"))
        elif isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            found.append((index, "operator"))
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            found.append((index, "number"))
        elif isinstance(node, ast.BoolOp):
            found.append((index, "and or"))
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            found.append((index, "condition"))
        elif isinstance(node, ast.Assign | ast.AugAssign) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        ):
            found.append((index, "statement"))
    return found


def mutated(source: str, index: int, kind: str) -> tuple[str, str]:
    """Return a module with one change, and the change in words."""
    tree = ast.parse(source)
    node = list(ast.walk(tree))[index]
    before = ast.unparse(node)
    line = getattr(node, "lineno", 0)
    match kind:
        case "comparison":
            node.ops[0] = _COMPARE[type(node.ops[0])]()
        case "operator":
            node.op = _BINARY[type(node.op)]()
        case "number":
            node.value = 1 if node.value == 0 else node.value * 2
        case "and or":
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case "condition":
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case "statement":
            after = ast.copy_location(ast.Pass(), node)
            for parent in ast.walk(tree):
                for field in ("body", "orelse", "finalbody"):
                    held = getattr(parent, field, None)
                    if isinstance(held, list) and node in held:
                        held[held.index(node)] = after
            node = after
    ast.fix_missing_locations(tree)
    after = ast.unparse(node)
    short = [text.splitlines()[0][:70] for text in (before, after)]
    return ast.unparse(tree), f"line {line}: {short[0]}  ->  {short[1]}"


def mutants(count: int, seed: int) -> Iterator[tuple[str, int, str]]:
    """Yield module, place and kind: as many of each module, at places drawn at random."""
    rng = random.Random(seed)
    drawn = {}
    for module in TESTS:
        tree = ast.parse(_path(module).read_text())
        drawn[module] = places(tree)
        rng.shuffle(drawn[module])
    modules = list(TESTS)
    for number in range(count):
        module = modules[number % len(modules)]
        if drawn[module]:
            yield module, *drawn[module].pop()


def _path(module: str) -> Path:
    return ROOT / "kinest_ros" / "tracking" / f"{module}.py"


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
         *(f"{TRACKING}/{test}" for test in tests)]
    )  # fmt: skip
    os._exit(int(status != 0))


def _preload() -> None:
    """Import what all children need, and nothing of the tracker."""
    import hypothesis  # noqa: F401
    import numpy  # noqa: F401
    import pytest  # noqa: F401
    import scipy.spatial.transform  # noqa: F401
    import torch

    torch.set_num_threads(1)
    import kinest_ros.model.weights
    import kinest_ros.runtime.base  # noqa: F401

    assert not [name for name in sys.modules if name.startswith("kinest_ros.tracking.")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so long")
    parser.add_argument("--narrow", action="store_true", help="the module's own tests alone")
    chosen = parser.parse_args()
    _preload()
    until = time.monotonic() + chosen.seconds
    done = alive = 0
    for module, index, kind in mutants(chosen.count, chosen.seed):
        if time.monotonic() > until:
            break
        source, change = mutated(_path(module).read_text(), index, kind)
        stages = [TESTS[module]] if chosen.narrow else [TESTS[module], WIDER]
        done += 1
        if not any(caught(module, copy.copy(source), tests) for tests in stages):
            alive += 1
            print(f"survived: {module} {change}", flush=True)
    print(f"{done} mutants, {done - alive} caught ({(done - alive) / max(done, 1):.0%})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
