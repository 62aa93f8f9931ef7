# SPDX-License-Identifier: Apache-2.0
"""Starts the kinest node, which gets active, and on request RViz or a Foxglove bridge.

    ros2 launch kinest_ros kinest.launch.py route:=openxr left_hand_topic:=/quest/left rviz:=true
    ros2 launch kinest_ros kinest.launch.py route:=vive_tf head_source:=LHR-0A1B2C3D
    ros2 launch kinest_ros kinest.launch.py route:=mocap head_source:=helmet
    ros2 launch kinest_ros kinest.launch.py route:=bag bag:=/tmp/sample
    ros2 launch kinest_ros kinest.launch.py route:=openxr robot:=g1.xml

`ros2 launch kinest_ros kinest.launch.py --show-args` lists the arguments. What comes later wins:
config/kinest.yaml, the file of the route, params_file, then the arguments. One left empty changes
nothing. The tables below are plain data, read by the tests without launch.

The node is brought up once; from then on its life cycle is the operator's. A launch whose node or
bag fails ends by itself, with a code that is not zero.
"""

import re
from pathlib import Path

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

SLOTS = ("head", "left_hand", "right_hand", "pelvis", "left_foot", "right_foot")

# Route -> what it is; each has its parameters in config/<route>.yaml.
ROUTES = {
    "openxr": "PoseStamped topics of an OpenXR bridge, Y up",
    "vive_tf": "trackers that are frames on /tf",
    "mocap": "rigid bodies of a motion capture system",
    "bag": "a recording of PoseStamped topics",
}
# Routes whose parameter file sets use_sim_time; viewers must be on that clock too, or the stamps of
# the recording look old to them.
SIM_TIME_ROUTES = ("bag",)
# Route -> topic argument -> topic, where the usual source does not publish below ~/.
ROUTE_TOPICS = {"mocap": {"poses_topic": "/poses"}}

# Launch argument -> (its type, the parameter of the node that it sets, what it does). A list is
# written with commas.
PARAMETER_ARGUMENTS = {
    "input": (str, "input", "kind of message the poses come in: pose, tf, tracker_array, ..."),
    "input_basis": (str, "input_basis", "axes of the poses: ros (Z up), openxr or unity (Y up)"),
    "trackers": (list, "trackers", "slots to listen to: head,left_hand,right_hand"),
    "tf_fixed_frame": (str, "tf_fixed_frame", "with input tf: frame the trackers are looked up in"),
    "tracker_timeout": (float, "tracker_timeout", "s without a pose until a tracker is lost"),
    "frozen_timeout": (float, "frozen_timeout", "s of one same pose until it is lost; 0: never"),
    "patience": (float, "patience", "s that the head may be past a tick that waits for a tracker"),
    "restamp": (bool, "restamp", "stamp with ROS time, not the trackers' clock: true or false"),
    "qos_reliability": (str, "qos_reliability", "of the inputs: best_effort or reliable"),
    "qos_depth": (int, "qos_depth", "queue length of the inputs"),
    "web_host": (str, "web_host", "with input webxr: 0.0.0.0 lets headsets in over the network"),
    "web_port": (int, "web_port", "with input webxr: port of the page"),
    "deadman_topic": (str, "web_deadman_topic", "with input webxr: whether a trigger is held"),
    **{
        f"{slot}_source": (str, f"source.{slot}", f"name of the {slot}: frame or rigid body")
        for slot in SLOTS
    },
    "hand_poses": (bool, "hand_poses", "also listen to ~/<hand>/hand_pose: true or false"),
    "calibration": (str, "calibration", "calibration of the wearer: a .yaml file or a user name"),
    "hand_device": (str, "hand_device", "the hand trackers are a controller or at the wrist"),
    "stature": (float, "stature", "body height in metres (else as calibrated, or estimated)"),
    "skeleton": (str, "skeleton", "path of an .npz file with rest_offsets; precedes stature"),
    "snap_wrists": (bool, "snap_wrists", "pull the wrists onto the hand trackers: true or false"),
    "snap_body": (bool, "snap_body", "pelvis and feet onto their trackers: true or false"),
    "smooth_posture": (bool, "smooth_posture", "take the tremor out of the posture: true or false"),
    "foot_lock": (bool, "foot_lock", "keep standing feet from sliding: true or false"),
    "world_frame": (str, "world_frame", "parent frame of the pelvis (else the poses' frame_id)"),
    "publish_tf": (str, "publish_tf", "all links, root alone (robot_state_publisher) or none"),
    "body_id": (str, "body_id", "prefix of the link frames, <body_id>/pelvis"),
    "bodies": (list, "bodies", "ids of several bodies on this node: anna,ben"),
    "rep155": (bool, "rep155", "also publish the body as REP-155 asks: true or false"),
    "weights": (str, "weights", "name of bundled weights or path of a .safetensors file"),
    "device": (str, "device", "where the network runs: auto, cpu or cuda"),
    "runtime": (
        str,
        "runtime",
        "how it runs there: auto, torch, onnx, native or cuda_graph",
    ),
    "realtime_priority": (
        int,
        "realtime_priority",
        "SCHED_FIFO, 1 to 99, and locked memory; 0: not",
    ),
    "batching": (
        str,
        "batching",
        "one step of the network for several bodies: auto, always, never",
    ),
    "use_sim_time": (bool, "use_sim_time", "take the node's clock from /clock: true or false"),
}

# Launch argument -> the topic of the node that it renames.
TOPIC_ARGUMENTS = {
    **{f"{slot}_topic": f"~/{slot}/pose" for slot in SLOTS},
    "poses_topic": "~/poses",
    "rigid_bodies_topic": "~/rigid_bodies",
    "trackers_topic": "~/trackers",
}

# Launch argument -> (default, what it does).
OTHER_ARGUMENTS = {
    "route": ("", f"where the poses come from: {', '.join(ROUTES)}; empty: PoseStamped, Z up"),
    "bag": ("", "folder of a rosbag2 to play as soon as the node is active"),
    "robot": ("", "MJCF or URDF of a robot that follows, or own; empty: no robot"),
    "robot_params": ("", "YAML file with parameters of your own for the robot's node"),
    "namespace": ("", "namespace of the node"),
    "params_file": ("", "YAML file with parameters of your own"),
    "rviz": ("false", "open RViz on the body: true or false"),
    "foxglove": ("false", "start foxglove_bridge on port 8765: true or false"),
}

# End of the line that the node logs when it is active, in whatever format and colour.
ACTIVE_LINE = rb"(^|\W)active(\x1b\[0m)?\r?\n"

# Type of a launch argument -> what may be written for it.
WRITTEN = {bool: "true or false", int: "a whole number, such as 10", float: "a number, such as 0.5"}


def value_of(name, kind, text):
    """Convert a launch argument's text; an error names the argument and what it may be."""
    try:
        return to_parameter(kind, text)
    except ValueError:
        raise ValueError(f"launch argument {name}:={text}: give {WRITTEN[kind]}") from None


def to_parameter(kind, text):
    """Convert a launch argument's text to the type of its parameter."""
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise ValueError(f"'{text}' is neither true nor false")
        return text.lower() == "true"
    if kind is list:
        return [item.strip() for item in text.strip("[]").split(",")]
    return kind(text)


def existing(name, text):
    """Return the path that a launch argument names, as a text; it must be there."""
    path = Path(text).expanduser()
    if not path.exists():
        raise ValueError(f"launch argument {name}:={text}: there is no such file")
    return str(path)


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
            raise RuntimeError(f"{EXECUTABLE} {end_of(event.returncode)}; its reason stands above")
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
            raise RuntimeError(f"ros2 bag play {end_of(event.returncode)}; its reason stands above")

    return [
        RegisterEventHandler(OnProcessIO(target_action=node, on_stdout=listen, on_stderr=listen)),
        RegisterEventHandler(OnProcessExit(target_action=play, on_exit=ended)),
    ]


def end_of(code):
    """Say how a process ended."""
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
