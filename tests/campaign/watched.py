# SPDX-License-Identifier: Apache-2.0
"""Which modules are mutated, and which tests watch over a place in them."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from tests.campaign.reach import Place, Reach

ROOT = Path(__file__).parents[2]
PACKAGES = ("tracking", "node", "bags", "retarget", "web")
#: Folders of tests that run little of these packages, and take long.
LEFT_OUT = ("bench", "demo", "fleet", "installed", "model", "packaging", "tools", "training")
#: The node's tests run it in processes of its own, where a mutant is not seen: of it, only modules
#: that tests call in their own process are mutated.
CALLED = (
    "node/diagnostics", "node/parameters/table.py", "node/parameters/body_names.py",
    "node/outputs/markers.py", "node/outputs/restamp.py", "node/outputs/tracker_axes.py",
    "node/launch_arguments.py", "node/realtime.py", "node/together.py", "node/inputs/registry.py",
    "node/clients/trace.py",
)  # fmt: skip
#: Of these, what only the node itself runs.
NOT_CALLED = ("node/diagnostics/absence.py", "node/diagnostics/body_report.py")
#: Tables of numbers that somebody chose: another number is another design, not a fault.
TABLES = ("retarget/own_robot/table.py", "retarget/solver/settings.py")


def modules(package: str) -> list[str]:
    """Return the modules of a package that are mutated, relative to kinest_ros."""
    found = [
        str(path.relative_to(ROOT / "kinest_ros"))
        for path in sorted((ROOT / "kinest_ros" / package).rglob("*.py"))
        if not path.name.startswith("__")
    ]
    if package == "node":
        found = [name for name in found if name.startswith(CALLED) and name not in NOT_CALLED]
    return [name for name in found if name not in TABLES]


def watchers(place: Place, reach: Reach, seconds: float) -> list[str]:
    """Return the tests that reach a statement: its own first, for about so long at most.

    Those of a file stay together. What runs on import is watched by all tests that reach anything
    of the module, and by those named for it. Of other files, those that take less time come first.
    """
    module = Path(place[0])
    found = set(reach.reached.get(place, ()))
    if place in reach.imported or not found:
        for (name, _), tests in reach.reached.items():
            if name == place[0]:
                found |= tests
        own = f"tests/{module.parent}/test_{module.name}::"
        found |= {test for test in reach.tests if test.startswith(own)}
    found &= reach.tests.keys()
    if not found:  # such as tables, of which nothing runs but on import
        folder = f"tests/{module.parent}/"
        found = {test for test in reach.tests if test.startswith(folder)}
    files = [
        (file, list(tests))
        for file, tests in groupby(
            (test for test in reach.tests if test in found), key=lambda test: test.split("::")[0]
        )
    ]

    def rank(held: tuple[str, list[str]]) -> tuple[int, float]:
        file, tests = Path(held[0]).relative_to("tests"), held[1]
        near = (file.name == f"test_{module.name}", file.parent == module.parent,
                file.parts[0] == module.parts[0])  # fmt: skip
        return near.index(True) if any(near) else len(near), sum(map(reach.tests.get, tests))

    chosen: list[str] = []
    left = seconds
    for _, tests in sorted(files, key=rank):
        for test in tests:
            if left > 0:
                chosen.append(test)
                left -= reach.tests[test]
    return chosen
