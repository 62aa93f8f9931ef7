# SPDX-License-Identifier: Apache-2.0
"""Starts the kinest node, which gets active, and on request RViz or a Foxglove bridge.

    ros2 launch kinest_ros kinest.launch.py route:=openxr left_hand_topic:=/quest/left rviz:=true
    ros2 launch kinest_ros kinest.launch.py route:=vive_tf head_source:=LHR-0A1B2C3D
    ros2 launch kinest_ros kinest.launch.py route:=mocap head_source:=helmet
    ros2 launch kinest_ros kinest.launch.py route:=bag bag:=/tmp/sample
    ros2 launch kinest_ros kinest.launch.py route:=openxr robot:=g1.xml

`ros2 launch kinest_ros kinest.launch.py --show-args` lists the arguments. What comes later wins:
config/kinest.yaml, the file of the route, params_file, then the arguments. One left empty changes
nothing. The arguments themselves are in kinest_ros/node/launch_arguments.py.

The node is brought up once; from then on its life cycle is the operator's. A launch whose node or
bag fails ends by itself, with a code that is not zero.
"""

import re
from pathlib import Path

from kinest_ros.node.launch_arguments import (
    OTHER_ARGUMENTS,
    PARAMETER_ARGUMENTS,
    ROUTE_TOPICS,
    ROUTES,
    SIM_TIME_ROUTES,
    TOPIC_ARGUMENTS,
    existing,
    value_of,
)

SHARE = Path(__file__).resolve().parent.parent

PACKAGE = "kinest_ros"
EXECUTABLE = "kinest_node"
NODE_NAME = "kinest"
PARAMS_FILE = str(SHARE / "config" / "kinest.yaml")
RETARGET_FILE = str(SHARE / "config" / "retarget.yaml")
RVIZ_FILE = str(SHARE / "rviz" / "kinest.rviz")

# Topics that the RViz layout shows: the body's, and the robot's where there is one.
SHOWN = (
    f"/{NODE_NAME}/markers",
    f"/{NODE_NAME}/tf_description",
    "/kinest_retarget/markers",
)

# End of the line that the node logs when it is active, in whatever format and colour.
ACTIVE_LINE = rb"(^|\W)active(\x1b\[0m)?\r?\n"


def route_file(route):
    """Return the parameter file of a route."""
    if route not in ROUTES:
        raise ValueError(f"route is '{route}'; use one of {', '.join(ROUTES)}")
    return str(SHARE / "config" / f"{route}.yaml")


def generate_launch_description():
    """Declare the arguments; the actions need their values, so they come from a function."""
    from launch import LaunchDescription
    from launch.actions import DeclareLaunchArgument, OpaqueFunction

    # What is to be known first comes first.
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, (default, text) in OTHER_ARGUMENTS.items()
    ]
    declared += [
        DeclareLaunchArgument(name, default_value="", description=text)
        for name, (_, _, text) in PARAMETER_ARGUMENTS.items()
    ]
    declared += [
        DeclareLaunchArgument(name, default_value="", description=f"topic to read for {topic}")
        for name, topic in TOPIC_ARGUMENTS.items()
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=start)])


def start(context):
    """Return what watches, shows and feeds the node, and the node."""
    from launch.substitutions import LaunchConfiguration
    from launch_ros.actions import Node

    given = {
        name: LaunchConfiguration(name).perform(context)
        for name in (*OTHER_ARGUMENTS, *PARAMETER_ARGUMENTS, *TOPIC_ARGUMENTS)
    }
    route = given["route"]
    files = [PARAMS_FILE, *([route_file(route)] if route else [])]
    # ROS 2 would only warn of a file that is not there, and the node would run on its defaults.
    files += [existing("params_file", given["params_file"])] if given["params_file"] else []
    bag = existing("bag", given["bag"]) if given["bag"] else ""
    parameters = {
        parameter: value_of(name, kind, given[name])
        for name, (kind, parameter, _) in PARAMETER_ARGUMENTS.items()
        if given[name]
    }
    topics = {name: given[name] for name in TOPIC_ARGUMENTS if given[name]}
    topics = {**ROUTE_TOPICS.get(route, {}), **topics}
    node = Node(
        package=PACKAGE,
        executable=EXECUTABLE,
        name=NODE_NAME,
        namespace=given["namespace"],
        arguments=retarget_arguments(given),
        output="screen",
        # It brings itself up, once. From then on its life cycle is the operator's.
        parameters=[*files, {**parameters, "autostart": True}],
        remappings=[(TOPIC_ARGUMENTS[name], topic) for name, topic in topics.items()],
    )
    actions = []
    clock = {"use_sim_time": parameters.get("use_sim_time", route in SIM_TIME_ROUTES)}
    if value_of("rviz", bool, given["rviz"]):
        arguments = ["-d", RVIZ_FILE]
        # The layout shows the frame "world"; -f names another one.
        arguments += ["-f", given["world_frame"]] if given["world_frame"] else []
        space = f"/{given['namespace'].strip('/')}" if given["namespace"] else ""
        actions.append(
            Node(
                package="rviz2",
                executable="rviz2",
                arguments=arguments,
                parameters=[clock],
                remappings=[(topic, space + topic) for topic in SHOWN if space],
            )
        )
    if value_of("foxglove", bool, given["foxglove"]):
        actions.append(
            Node(package="foxglove_bridge", executable="foxglove_bridge", parameters=[clock])
        )
    # launch asks the handler first that was registered last. Those of the node itself, which show
    # the end of its output, are to come before ours.
    watches = [watched(node), *(play_when_active(node, bag) if bag else [])]
    return [*watches, *actions, node]


def retarget_arguments(given):
    """Return what lets the executable run the robot's node as well, in the same process."""
    import tempfile

    import yaml

    if not given["robot"]:
        return []
    robot = given["robot"]
    parameters = {}
    for path in [RETARGET_FILE, *([given["robot_params"]] if given["robot_params"] else [])]:
        content = yaml.safe_load(Path(existing("robot_params", path)).read_text()) or {}
        for node in ("/**", "kinest_retarget", "/kinest_retarget"):
            parameters.update((content.get(node) or {}).get("ros__parameters") or {})
    parameters["robot"] = robot if robot in ("own", "topic") else existing("robot", robot)
    if given["namespace"]:
        parameters["body_topic"] = f"/{given['namespace'].strip('/')}/{NODE_NAME}/body"
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False) as file:
        yaml.safe_dump({"/**": {"ros__parameters": parameters}}, file)
    return ["--retarget", file.name, *([given["namespace"]] if given["namespace"] else [])]


def watched(node):
    """End the launch with the node: as an error, unless it ended well.

    What is raised here ends the launch with a code that is not zero, while a Shutdown event is a
    normal end.
    """
    from launch.actions import EmitEvent, RegisterEventHandler
    from launch.event_handlers import OnProcessExit
    from launch.events import Shutdown

    def ended(event, context):
        if context.is_shutdown:
            return None
        if event.returncode:
            raise RuntimeError(f"{EXECUTABLE} {end_of(event.returncode)}; the reason is above")
        return EmitEvent(event=Shutdown(reason=f"{EXECUTABLE} has ended"))

    return RegisterEventHandler(OnProcessExit(target_action=node, on_exit=ended))


def play_when_active(node, bag):
    """Play a bag, with /clock, once the node listens for the first time.

    It says so on its log. A transition event on DDS could be gone before we are connected.
    """
    from launch.actions import ExecuteProcess, RegisterEventHandler
    from launch.event_handlers import OnProcessExit, OnProcessIO

    play = ExecuteProcess(cmd=["ros2", "bag", "play", bag, "--clock"], output="screen")
    heard = {"text": b"", "active": False}

    def listen(event):
        if heard["active"]:
            return None
        # A line may come in pieces.
        heard["text"] = (heard["text"] + event.text)[-10000:]
        heard["active"] = re.search(ACTIVE_LINE, heard["text"]) is not None
        return [play] if heard["active"] else None

    def ended(event, context):
        if event.returncode and not context.is_shutdown:
            raise RuntimeError(f"ros2 bag play {end_of(event.returncode)}; the reason is above")

    return [
        RegisterEventHandler(OnProcessIO(target_action=node, on_stdout=listen, on_stderr=listen)),
        RegisterEventHandler(OnProcessExit(target_action=play, on_exit=ended)),
    ]


def end_of(code):
    """Say how a process ended."""
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
