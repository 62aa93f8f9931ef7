# SPDX-License-Identifier: Apache-2.0
"""The launch file without launch, which is not on PyPI: stand-ins that record what is made."""

import importlib.util
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
STOOD_IN = {
    "launch": ("LaunchDescription",),
    "launch.actions": (
        "DeclareLaunchArgument",
        "OpaqueFunction",
        "EmitEvent",
        "ExecuteProcess",
        "RegisterEventHandler",
    ),
    "launch.event_handlers": ("OnProcessExit", "OnProcessIO"),
    "launch.events": ("Shutdown",),
    "launch.substitutions": ("LaunchConfiguration",),
    "launch_ros": (),
    "launch_ros.actions": ("Node",),
}


def load() -> ModuleType:
    """Import the launch file."""
    spec = importlib.util.spec_from_file_location("launched", ROOT / "launch" / "kinest.launch.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(eq=False)
class Made:
    """Something of launch that the launch file has made."""

    kind: str
    args: tuple[Any, ...]
    given: dict[str, Any]

    def perform(self, context: "Context") -> str:
        """As a LaunchConfiguration."""
        return context.arguments[self.args[0]]


@dataclass
class Context:
    """What launch knows while it runs: the arguments, and whether it is ending."""

    arguments: dict[str, str]
    is_shutdown: bool = False


def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put stand-ins in the place of launch and launch_ros."""

    def maker(kind: str) -> Any:
        return lambda *args, **given: Made(kind, args, given)

    for name, members in STOOD_IN.items():
        module = types.ModuleType(name)
        for member in members:
            setattr(module, member, maker(member))
        monkeypatch.setitem(sys.modules, name, module)


@dataclass
class Launched:
    """What the launch file made of some arguments."""

    actions: list[Made]

    def nodes(self) -> dict[str, Made]:
        """Nodes by executable."""
        return {a.given["executable"]: a for a in self.actions if a.kind == "Node"}

    @property
    def kinest(self) -> Made:
        """Our node."""
        return self.nodes()["kinest_node"]

    def handlers(self, kind: str) -> list[Made]:
        """Registered event handlers of a kind, in order."""
        registered = [a.args[0] for a in self.actions if a.kind == "RegisterEventHandler"]
        return [handler for handler in registered if handler.kind == kind]


def run(launched: ModuleType, **given: str) -> Launched:
    """Run the launch file as launch would: arguments declared, then the opaque function called."""
    (entities,) = launched.generate_launch_description().args
    *declared, opaque = entities
    assert {action.kind for action in declared} == {"DeclareLaunchArgument"}
    assert all(action.given["description"] for action in declared)
    defaults = {action.args[0]: action.given["default_value"] for action in declared}
    assert set(given) <= set(defaults)
    return Launched(opaque.given["function"](Context({**defaults, **given})))
