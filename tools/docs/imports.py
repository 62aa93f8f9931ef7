# SPDX-License-Identifier: Apache-2.0
"""Which module of kinest_ros imports which, and the floors that the packages stand on."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "kinest_ros"

#: Floors from the ground up: a package imports from itself and from floors below, never from its
#: own floor's neighbours or from above.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("files",),
    ("body",),
    ("model",),
    ("runtime",),
    ("tracking",),
    ("human_description", "motion", "decoding"),
    ("formats",),
    ("bags", "calibration", "training"),
    ("retarget", "web"),
    ("node",),
    ("evaluation", "demo"),
    ("view",),
    ("bench", "fleet"),
    ("cli",),
)
FLOOR_OF: Mapping[str, int] = {
    package: floor for floor, packages in enumerate(FLOORS) for package in packages
}


def module_imports(root: Path = ROOT) -> dict[str, set[str]]:
    """Return, by module of kinest_ros, the modules of kinest_ros that it imports.

    Imports within functions and for type checking alone count like all others. The package itself
    is left out: whoever imports a module of it runs its `__init__` anyway.

    Args:
        root: of the checkout.
    """
    paths = {_module(path.relative_to(root)): path for path in (root / PACKAGE).rglob("*.py")}
    return {
        module: {
            name
            for named in _names(ast.parse(path.read_text(encoding="utf-8")))
            if (name := named if named in paths else named.rpartition(".")[0]) in paths
        }
        - {module, PACKAGE}
        for module, path in sorted(paths.items())
    }


def package_of(module: str) -> str:
    """Return the part of a module's name that stands on a floor; empty for kinest_ros itself."""
    return (module.split(".") + [""])[1]


def upward(imports: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    """Return the imports (importer, imported) between packages that do not lead downward."""
    found = []
    for module, imported in imports.items():
        here = package_of(module)
        for other in sorted(imported):
            there = package_of(other)
            if not here or not there or here == there:
                continue
            if FLOOR_OF.get(there, len(FLOORS)) >= FLOOR_OF.get(here, -1):
                found.append((module, other))
    return found


def circles(imports: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that import each other, directly or in a round."""
    reached = {module: _reachable(module, imports) for module in imports}
    groups = {
        tuple(sorted(other for other in reached[module] if module in reached[other]))
        for module in imports
        if module in reached[module]
    }
    return [list(group) for group in sorted(groups)]


def _reachable(start: str, imports: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    front = set(imports[start])
    while front:
        seen |= front
        front = {other for module in front for other in imports[module]} - seen
    return seen


def _module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _names(tree: ast.AST) -> Iterator[str]:
    """Yield what is imported, as dotted names; of `from a import b` it is a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
