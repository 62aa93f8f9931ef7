# SPDX-License-Identifier: Apache-2.0
"""What the launch file, the configuration and RViz name exists; launch itself is not needed.

launch is not on PyPI, so a recording stand-in runs the launch file's own code.
"""

import importlib.util
import json
import re
import sys
import types
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

import pytest
import yaml

from kinest_ros.body.joints import SLOTS
from kinest_ros.node.inputs.registry import INPUTS
from kinest_ros.node.parameters import BY_NAME, PARAMETERS, NodeParameters, check_names
from kinest_ros.tracking.frame import TrackerFrame

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
    assert launched.SLOTS == SLOTS
    assert {route.stem for route in (ROOT / "config").glob("*.yaml")} - {"kinest"} == set(
        launched.ROUTES
    )
    for argument, (kind, name, text) in launched.PARAMETER_ARGUMENTS.items():
        assert text
        if name == "use_sim_time":
            assert kind is bool
        else:
            assert kind is type(BY_NAME[name].default), argument
    everything = " ".join(spec.topics for spec in INPUTS.values())
    for topic in launched.TOPIC_ARGUMENTS.values():
        slot = topic.split("/")[1] if topic.endswith("/pose") else ""
        assert not slot or slot in SLOTS
        assert topic.replace(slot or "<none>", "<slot>") in everything
    for topics in launched.ROUTE_TOPICS.values():
        assert set(topics) <= set(launched.TOPIC_ARGUMENTS)


def test_parameters_that_matter_can_be_set(launched: ModuleType) -> None:
    """Those left out are for a parameter file: no tuning of one tracker, no switches of topics."""
    reachable = {name for _, name, _ in launched.PARAMETER_ARGUMENTS.values()}
    left = {name for name in BY_NAME if name not in reachable and "." not in name}
    assert left == {"autostart", "publish_tf", "publish_joint_states", "publish_markers"}


@pytest.mark.parametrize("route", ["openxr", "vive_tf", "mocap", "bag"])
def test_routes_are_valid_parameters(launched: ModuleType, route: str) -> None:
    values = {}
    for path in (launched.PARAMS_FILE, launched.route_file(route)):
        given = yaml.safe_load(Path(path).read_text())["/**"]["ros__parameters"]
        check_names(given)
        values.update(given)
    assert values.pop("use_sim_time", False) is (route in launched.SIM_TIME_ROUTES)
    for name, value in values.items():
        assert type(value) is type(BY_NAME[name].default), name
    parameters = NodeParameters.from_values(values)
    moved = {launched.TOPIC_ARGUMENTS[name] for name in launched.ROUTE_TOPICS.get(route, {})}
    assert all(topic in INPUTS[parameters.input].topics for topic in moved)


@pytest.mark.parametrize("name", ["openxr", "vive_tf", "mocap", "bag"])
def test_comments_of_routes_name_arguments_that_exist(launched: ModuleType, name: str) -> None:
    known = {
        *launched.OTHER_ARGUMENTS,
        *launched.PARAMETER_ARGUMENTS,
        *launched.TOPIC_ARGUMENTS,
    }
    text = Path(launched.route_file(name)).read_text()
    assert set(re.findall(r"\b([a-z_]+):=", text)) <= known
    assert f"route:={name}" in text


def test_files_and_executables_exist(launched: ModuleType) -> None:
    assert Path(launched.PARAMS_FILE).is_file()
    assert Path(launched.RVIZ_FILE).is_file()
    assert launched.SHARE == ROOT
    cmake = (ROOT / "CMakeLists.txt").read_text()
    assert re.search(rf"PROGRAMS[^)]*scripts/{launched.EXECUTABLE}\b", cmake)
    assert (ROOT / "scripts" / launched.EXECUTABLE).is_file()
    assert f"project({launched.PACKAGE})" in cmake
    shared = re.search(r"install\(DIRECTORY ([a-z ]+)\n", cmake)
    assert shared is not None
    manifest = (ROOT / "MANIFEST.in").read_text()
    for folder in ("launch", "config", "rviz", "foxglove"):
        assert folder in shared[1].split()
        assert f"recursive-include {folder} " in manifest


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


def published(launched: ModuleType) -> set[str]:
    """Topics and services of the node, as its own code names them."""
    code = "".join(path.read_text() for path in (ROOT / "kinest_ros" / "node").glob("*.py"))
    names = set(re.findall(r'topic\("([a-z_]+)"\)', code))
    assert {"body", "markers", "robot_description", "calibrate", "reset"} <= names
    return {f"/{launched.NODE_NAME}/{name}" for name in names}


def test_layouts_name_what_the_node_has(launched: ModuleType) -> None:
    known = published(launched) | {f"/{launched.NODE_NAME}/{slot}/pose" for slot in SLOTS}
    foxglove = json.loads((ROOT / "foxglove" / "kinest.json").read_text())
    for text in (json.dumps(foxglove), Path(launched.RVIZ_FILE).read_text()):
        named = set(re.findall(r"/kinest/[a-z_/]+", text))
        assert named
        assert named <= known

    def panels(part: str | dict) -> list[str]:
        return [part] if isinstance(part, str) else panels(part["first"]) + panels(part["second"])

    assert sorted(panels(foxglove["layout"])) == sorted(foxglove["configById"])


def test_layouts_fit_the_messages(launched: ModuleType) -> None:
    fields = (ROOT / "msg" / "FullBodyState.msg").read_text()
    foxglove = json.loads((ROOT / "foxglove" / "kinest.json").read_text())
    plotted = re.findall(r"/kinest/body\.(\w+)", json.dumps(foxglove))
    assert plotted
    assert all(re.search(rf"^\S+ {name}$", fields, re.MULTILINE) for name in plotted)
    # Where no frame_id comes, the trackers are in "world"; both layouts look from there.
    rviz = yaml.safe_load(Path(launched.RVIZ_FILE).read_text())["Visualization Manager"]
    assert rviz["Global Options"]["Fixed Frame"] == TrackerFrame(0, {}).frame_id
    assert foxglove["configById"]["3D!body"]["followTf"] == TrackerFrame(0, {}).frame_id


def test_text_becomes_the_parameters_type(launched: ModuleType) -> None:
    assert launched.to_parameter(float, "1.8") == 1.8
    assert launched.to_parameter(list, "head, left_hand") == ["head", "left_hand"]
    assert launched.to_parameter(list, "[anna,ben]") == ["anna", "ben"]
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
            "ExecuteProcess",
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
    assert set(transitions_watched(stand_ins)) == {
        ("configuring", "inactive"),
        ("configuring", "unconfigured"),
        ("activating", "inactive"),
        (None, "errorprocessing"),
    }
    # The handlers must listen before the first transition is asked for.
    assert actions[0] is stand_ins["LifecycleNode"].return_value
    assert actions[-1] is stand_ins["EmitEvent"].return_value


def transitions_watched(made: dict[str, MagicMock]) -> dict[tuple[str | None, str], list]:
    """Entities by the start and the goal of the transition that they follow."""
    return {
        (call.kwargs["start_state"], call.kwargs["goal_state"]): call.kwargs["entities"]
        for call in made["OnStateTransition"].call_args_list
    }


@pytest.mark.parametrize(
    ("start", "goal", "reason"),
    [
        ("configuring", "unconfigured", "configured"),
        ("activating", "inactive", "activated"),
        (None, "errorprocessing", "failed"),
    ],
)
def test_a_node_that_does_not_get_active_ends_the_launch(
    launched: ModuleType, stand_ins: dict, start: str | None, goal: str, reason: str
) -> None:
    stand_ins["Shutdown"].side_effect = lambda reason: ("shutdown", reason)
    stand_ins["EmitEvent"].side_effect = lambda event: event
    run(launched, stand_ins)
    ((what, why),) = transitions_watched(stand_ins)[start, goal]
    assert what == "shutdown"
    assert reason in why
    watched = {
        call.kwargs["target_lifecycle_node"]
        for call in stand_ins["OnStateTransition"].call_args_list
    }
    assert watched == {stand_ins["LifecycleNode"].return_value}


@pytest.mark.parametrize(
    ("name", "text", "fix"),
    [
        ("rviz", "yes", "give true or false"),
        ("foxglove", "1", "give true or false"),
        ("foot_lock", "on", "give true or false"),
        ("stature", "1,80", "give a number, such as"),
        ("qos_depth", "5.0", "give a whole number, such as"),
    ],
)
def test_wrong_values_name_the_argument(
    launched: ModuleType, stand_ins: dict, name: str, text: str, fix: str
) -> None:
    with pytest.raises(ValueError, match=f"launch argument {name}:={text}: {fix}"):
        run(launched, stand_ins, **{name: text})


def test_arguments_reach_the_node(launched: ModuleType, stand_ins: dict) -> None:
    actions = run(
        launched,
        stand_ins,
        stature="1.82",
        input_basis="openxr",
        use_sim_time="true",
        left_hand_topic="/quest/left",
        right_hand_source="glove",
        trackers="head,right_hand",
        params_file="mine.yaml",
        namespace="lab",
        rviz="true",
    )
    arguments = stand_ins["LifecycleNode"].call_args.kwargs
    assert arguments["parameters"] == [
        launched.PARAMS_FILE,
        "mine.yaml",
        {
            "input_basis": "openxr",
            "trackers": ["head", "right_hand"],
            "source.right_hand": "glove",
            "stature": 1.82,
            "use_sim_time": True,
        },
    ]
    assert arguments["remappings"] == [("~/left_hand/pose", "/quest/left")]
    assert arguments["namespace"] == "lab"
    shown = stand_ins["Node"].call_args.kwargs
    assert (shown["package"], shown["arguments"]) == ("rviz2", ["-d", launched.RVIZ_FILE])
    assert ("/kinest/markers", "/lab/kinest/markers") in shown["remappings"]
    assert stand_ins["Node"].return_value in actions


def test_routes_come_before_what_is_given(launched: ModuleType, stand_ins: dict) -> None:
    run(launched, stand_ins, route="mocap", params_file="mine.yaml", input="rigid_bodies")
    arguments = stand_ins["LifecycleNode"].call_args.kwargs
    assert arguments["parameters"] == [
        launched.PARAMS_FILE,
        str(ROOT / "config" / "mocap.yaml"),
        "mine.yaml",
        {"input": "rigid_bodies"},
    ]
    assert arguments["remappings"] == [("~/poses", "/poses")]
    run(launched, stand_ins, route="mocap", poses_topic="/hall/poses")
    arguments = stand_ins["LifecycleNode"].call_args.kwargs
    assert arguments["remappings"] == [("~/poses", "/hall/poses")]
    with pytest.raises(ValueError, match="use one of openxr, vive_tf, mocap, bag"):
        run(launched, stand_ins, route="quest")


def test_bag_is_played_once_the_node_is_active(launched: ModuleType, stand_ins: dict) -> None:
    run(launched, stand_ins, route="bag", bag="/tmp/mine")
    command = stand_ins["ExecuteProcess"].call_args.kwargs["cmd"]
    assert command == ["ros2", "bag", "play", "/tmp/mine", "--clock"]
    when = next(
        call.kwargs
        for call in stand_ins["OnStateTransition"].call_args_list
        if stand_ins["ExecuteProcess"].return_value in call.kwargs["entities"]
    )
    assert (when["start_state"], when["goal_state"]) == ("activating", "active")


def test_viewers_follow_the_world_frame(launched: ModuleType, stand_ins: dict) -> None:
    run(launched, stand_ins, rviz="true", foxglove="true", world_frame="room")
    started = {call.kwargs["package"]: call.kwargs for call in stand_ins["Node"].call_args_list}
    assert started["rviz2"]["arguments"][-2:] == ["-f", "room"]
    assert started["rviz2"]["remappings"] == []
    assert started["foxglove_bridge"]["executable"] == "foxglove_bridge"


@pytest.mark.parametrize(
    ("given", "simulated"),
    [({}, False), ({"route": "bag"}, True), ({"route": "bag", "use_sim_time": "false"}, False)],
)
def test_viewers_are_on_the_nodes_clock(
    launched: ModuleType, stand_ins: dict, given: dict, simulated: bool
) -> None:
    run(launched, stand_ins, rviz="true", foxglove="true", **given)
    for call in stand_ins["Node"].call_args_list:
        assert call.kwargs["parameters"] == [{"use_sim_time": simulated}]


def test_real_launch_takes_the_file() -> None:
    """With the real launch, where there is one."""
    pytest.importorskip("launch_ros", reason="launch is part of a ROS 2 installation, not on PyPI")
    from launch import LaunchContext
    from launch.actions import DeclareLaunchArgument, OpaqueFunction

    launched, context = load(), LaunchContext()
    for entity in launched.generate_launch_description().entities:
        if isinstance(entity, DeclareLaunchArgument):
            entity.execute(context)
        else:
            assert isinstance(entity, OpaqueFunction)
    context.launch_configurations["route"] = "openxr"
    assert len(launched.start(context)) == 6
