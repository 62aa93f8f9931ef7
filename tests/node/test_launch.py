# SPDX-License-Identifier: Apache-2.0
"""What the launch file, the configuration and RViz name exists; launch itself is not needed."""

import json
import re
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from kinest_ros.body.joints import SLOTS
from kinest_ros.node.inputs.registry import INPUTS
from kinest_ros.node.parameters.checks import check_names
from kinest_ros.node.parameters.node_parameters import NodeParameters
from kinest_ros.node.parameters.table import BY_NAME, PARAMETERS
from kinest_ros.tracking.frame import TrackerFrame
from tests.node.launching import ROOT, load


@pytest.fixture(scope="module")
def launched() -> ModuleType:
    return load()


def test_parameters_and_topics_exist(launched: ModuleType) -> None:
    assert {route.stem for route in (ROOT / "config").glob("*.yaml")} - {
        "kinest",
        "retarget",
    } == set(launched.ROUTES)
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
    assert left == {"autostart", "publish_joint_states", "publish_markers"}


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
    # Of the links that are on /tf: RobotModel has an error for every other one.
    assert set(launched.SHOWN) == topics


def published(launched: ModuleType) -> set[str]:
    """Topics and services of the node, as its own code names them."""
    code = "".join(path.read_text() for path in (ROOT / "kinest_ros" / "node").rglob("*.py"))
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
    assert len(launched.start(context)) == 2
