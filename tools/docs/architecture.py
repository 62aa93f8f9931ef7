# SPDX-License-Identifier: Apache-2.0
"""The picture of ARCHITECTURE.md: packages on their floors, drawn from the imports themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tools.docs.imports import FLOORS, module_imports, package_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT, _STEP = 3.1, 0.56, 1.0
_TINTS = ("#eef3f7", "#dfe9f1")
_BOX, _LINE, _TEXT = "#1f4e79", "#7f9db9", "#ffffff"


def package_imports(imports: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Return, by package that stands on a floor, the packages it imports from.

    Args:
        imports: as `kinest_ros` has them, by module.
    """
    packages = {package_of(module) for module in imports} & {p for floor in FLOORS for p in floor}
    found: dict[str, set[str]] = {package: set() for package in packages}
    for module, imported in imports.items():
        here = package_of(module)
        if here in found:
            found[here] |= {package_of(other) for other in imported} & packages - {here}
    return found


def without_detours(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Return the graph less every edge whose ends another path joins too.

    Args:
        graph: without circles.
    """

    def reached(start: str) -> set[str]:
        return set().union(*({other} | reached(other) for other in graph[start]))

    return {
        package: {
            other
            for other in imported
            if not any(other in reached(via) for via in imported - {other})
        }
        for package, imported in graph.items()
    }


def floors_picture() -> Figure:
    """Draw the floors with their packages, how many modules each has, and what each stands on."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import FancyBboxPatch

    imports = module_imports()
    graph = package_imports(imports)
    sizes = Counter(package_of(module) for module in imports)
    floors = [here for floor in FLOORS if (here := [p for p in floor if p in graph])]
    places = {
        package: ((index - (len(floor) - 1) / 2) * (_WIDTH + 0.5), level * _STEP)
        for level, floor in enumerate(floors)
        for index, package in enumerate(floor)
    }
    figure, axes = plt.subplots(figsize=(9.0, 0.62 * len(floors) + 0.6))
    reach = 1.9 * (_WIDTH + 0.5)
    for level in range(len(floors)):
        axes.axhspan(
            level * _STEP - _STEP / 2, level * _STEP + _STEP / 2, color=_TINTS[level % 2], zorder=0
        )
    for package, imported in without_detours(graph).items():
        for other in imported:
            (x, y), (u, v) = places[package], places[other]
            bend = 0.0 if y - v < 1.5 * _STEP else 0.28 * (1 if x + u >= 0.0 else -1)
            axes.annotate(
                "", (u, v + _HEIGHT / 2), (x, y - _HEIGHT / 2), zorder=1,
                arrowprops={
                    "arrowstyle": "-|>", "color": _LINE, "connectionstyle": f"arc3,rad={bend}",
                },
            )  # fmt: skip
    for package, (x, y) in places.items():
        axes.add_patch(
            FancyBboxPatch(
                (x - _WIDTH / 2, y - _HEIGHT / 2), _WIDTH, _HEIGHT, boxstyle="round,pad=0.02",
                color=_BOX, zorder=2,
            )
        )  # fmt: skip
        count = sizes[package]
        label = package if count == 1 else f"{package}  ({count})"
        axes.text(x, y, label, color=_TEXT, ha="center", va="center", fontsize=10, zorder=3)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-_STEP / 2, len(floors) * _STEP - _STEP / 2)
    axes.axis("off")
    return figure
