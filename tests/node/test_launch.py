# SPDX-License-Identifier: Apache-2.0
"""What the launch file, the configuration and RViz name exists; launch itself is not needed.

launch is not on PyPI, so a recording stand-in runs the launch file's own code.
"""

import importlib.util
import re
import sys
import types
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

import pytest
import yaml

from kinest_ros.body.joints import SLOTS
from kinest_ros.node.parameters import BY_NAME, PARAMETERS, NodeParameters, check_names

ROOT = Path(__file__).resolve().parents[2]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("launched", ROOT / "launch" / "kinest.launch.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def launched() -> ModuleType:
    return load()


def test_parameters_and_topics_exist(launched: ModuleType) -> None:
    for name, (kind, _) in launched.PARAMETER_ARGUMENTS.items():
        if name == "use_sim_time":
            assert kind is bool
        else:
            assert kind is type(BY_NAME[name].default)
    assert {f"{slot}_topic": f"~/{slot}/pose" for slot in SLOTS} == launched.TOPIC_ARGUMENTS


def test_files_and_executables_exist(launched: ModuleType) -> None:
    assert Path(launched.PARAMS_FILE).is_file()
    assert Path(launched.RVIZ_FILE).is_file()
    assert launched.SHARE == ROOT
    cmake = (ROOT / "CMakeLists.txt").read_text()
    assert re.search(rf"PROGRAMS[^)]*scripts/{launched.EXECUTABLE}\b", cmake)
    assert (ROOT / "scripts" / launched.EXECUTABLE).is_file()
    assert f"project({launched.PACKAGE})" in cmake
    for folder in ("launch", "config", "rviz"):
        assert re.search(rf"\b{folder}\b", cmake)


def test_configuration_is_the_defaults(launched: ModuleType) -> None:
    text = yaml.safe_load(Path(launched.PARAMS_FILE).read_text())
    values = text["/**"]["ros__parameters"]
    check_names(values)
    NodeParameters.from_values(values)
    defaults = {spec.name: spec.default for spec in PARAMETERS}
    assert values == {name: defaults[name] for name in values}
    assert set(defaults) - set(values) == {"autostart"}
    assert all(type(value) is type(defaults[name]) for name, value in values.items())


def test_rviz_listens_to_our_topics(launched: ModuleType) -> None:
    rviz = yaml.safe_load(Path(launched.RVIZ_FILE).read_text())
    displays = rviz["Visualization Manager"]["Displays"]
    topics = {
        display[key].get("Value")
        for display in displays
        for key in ("Topic", "Description Topic")
        if key in display
    }
    assert {"/kinest/markers", "/kinest/robot_description"} <= topics


def test_text_becomes_the_parameters_type(launched: ModuleType) -> None:
    assert launched.to_parameter(float, "1.8") == 1.8
    assert launched.to_parameter(bool, "True") is True
    with pytest.raises(ValueError, match="neither true nor false"):
        launched.to_parameter(bool, "yes")


class Context:
    """Launch arguments by name."""

    def __init__(self, **arguments: str) -> None:
        self.arguments = arguments


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> dict[str, MagicMock]:
    """Modules of launch and launch_ros that record what is made of them."""
    made: dict[str, MagicMock] = {}
    names = {
        "launch": ("LaunchDescription",),
        "launch.actions": (
            "DeclareLaunchArgument",
            "OpaqueFunction",
            "EmitEvent",
            "RegisterEventHandler",
        ),
        "launch.substitutions": ("LaunchConfiguration",),
        "launch.events": ("Shutdown", "matches_action"),
        "launch_ros": (),
        "launch_ros.actions": ("LifecycleNode", "Node"),
        "launch_ros.event_handlers": ("OnStateTransition",),
        "launch_ros.events": (),
        "launch_ros.events.lifecycle": ("ChangeState",),
        "lifecycle_msgs.msg": ("Transition",),
    }
    for module_name, members in names.items():
        module = types.ModuleType(module_name)
        for member in members:
            made[member] = MagicMock(name=member)
            setattr(module, member, made[member])
        monkeypatch.setitem(sys.modules, module_name, module)
    made["Transition"].TRANSITION_CONFIGURE, made["Transition"].TRANSITION_ACTIVATE = 1, 3
    configuration = made["LaunchConfiguration"]
    configuration.side_effect = lambda name: types.SimpleNamespace(
        perform=lambda context: context.arguments[name]
    )
    return made


def run(launched: ModuleType, made: dict[str, MagicMock], **given: str) -> list:
    """Run the launch file as launch would: arguments declared, then the opaque function called."""
    launched.generate_launch_description()
    declared = {
        call.args[0]: call.kwargs["default_value"]
        for call in made["DeclareLaunchArgument"].call_args_list
    }
    assert all(call.kwargs["description"] for call in made["DeclareLaunchArgument"].call_args_list)
    assert set(given) <= set(declared)
    function = made["OpaqueFunction"].call_args.kwargs["function"]
    return function(Context(**{**declared, **given}))


def test_defaults_start_one_node_and_activate_it(launched: ModuleType, stand_ins: dict) -> None:
    actions = run(launched, stand_ins)
    arguments = stand_ins["LifecycleNode"].call_args.kwargs
    assert (arguments["package"], arguments["executable"]) == ("kinest_ros", "kinest_node")
    assert arguments["name"] == "kinest"
    assert arguments["parameters"] == [launched.PARAMS_FILE, {}]
    assert arguments["remappings"] == []
    assert not stand_ins["Node"].called
    transitions = [call.kwargs["transition_id"] for call in stand_ins["ChangeState"].call_args_list]
    assert sorted(transitions) == [1, 3]
    goals = {
        (call.kwargs["start_state"], call.kwargs["goal_state"])
        for call in stand_ins["OnStateTransition"].call_args_list
    }
    assert goals == {("configuring", "inactive"), ("configuring", "unconfigured")}
    # The handlers must listen before the first transition is asked for.
    assert actions[0] is stand_ins["LifecycleNode"].return_value
    assert actions[-1] is stand_ins["EmitEvent"].return_value


def test_arguments_reach_the_node(launched: ModuleType, stand_ins: dict) -> None:
    actions = run(
        launched,
        stand_ins,
        stature="1.82",
        input_basis="openxr",
        use_sim_time="true",
        left_hand_topic="/quest/left",
        params_file="mine.yaml",
        namespace="lab",
        rviz="true",
    )
    arguments = stand_ins["LifecycleNode"].call_args.kwargs
    assert arguments["parameters"] == [
        "mine.yaml",
        {"stature": 1.82, "input_basis": "openxr", "use_sim_time": True},
    ]
    assert arguments["remappings"] == [("~/left_hand/pose", "/quest/left")]
    assert arguments["namespace"] == "lab"
    assert stand_ins["Node"].call_args.kwargs["package"] == "rviz2"
    assert actions[-1] is stand_ins["Node"].return_value
