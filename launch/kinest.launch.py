# SPDX-License-Identifier: Apache-2.0
"""Starts the kinest node, brings it to active and, on request, opens RViz.

    ros2 launch kinest_ros kinest.launch.py left_hand_topic:=/quest/left input_basis:=openxr

`ros2 launch kinest_ros kinest.launch.py --show-args` lists the arguments. One left empty keeps
the value of the parameter file. The tables below are plain data, read by the tests without launch.
"""

from pathlib import Path

SHARE = Path(__file__).resolve().parent.parent

PACKAGE = "kinest_ros"
EXECUTABLE = "kinest_node"
NODE_NAME = "kinest"
PARAMS_FILE = str(SHARE / "config" / "kinest.yaml")
RVIZ_FILE = str(SHARE / "rviz" / "kinest.rviz")

# Launch argument -> (type the node's parameter of that name has, what it does).
PARAMETER_ARGUMENTS = {
    "input_basis": (str, "axes of the incoming poses: ros (Z up), openxr or unity (Y up)"),
    "device": (str, "where the network runs: auto, cpu or cuda"),
    "runtime": (str, "how the network runs there: auto, torch, onnx or cuda_graph"),
    "weights": (str, "name of bundled weights or path of a .safetensors file"),
    "calibration": (str, "calibration of the wearer: a .yaml file or a user name"),
    "stature": (float, "body height in metres (default: as calibrated, or estimated)"),
    "skeleton": (str, "path of an .npz file with rest_offsets; comes before stature"),
    "world_frame": (str, "parent frame of the pelvis (default: the poses' frame_id)"),
    "body_id": (str, "prefix of the link frames, <body_id>/pelvis"),
    "use_sim_time": (bool, "take the node's clock from /clock: true or false"),
}

# Launch argument -> the topic of the node that it renames.
TOPIC_ARGUMENTS = {
    f"{slot}_topic": f"~/{slot}/pose"
    for slot in ("head", "left_hand", "right_hand", "pelvis", "left_foot", "right_foot")
}

# Launch argument -> (default, what it does).
OTHER_ARGUMENTS = {
    "namespace": ("", "namespace of the node"),
    "params_file": (PARAMS_FILE, "YAML file with the node's parameters"),
    "rviz": ("false", "open RViz on the body: true or false"),
}


def to_parameter(kind, text):
    """Convert a launch argument's text to the type of its parameter."""
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise ValueError(f"'{text}' is neither true nor false")
        return text.lower() == "true"
    return kind(text)


def generate_launch_description():
    """Declare the arguments; the actions need their values, so they come from a function."""
    from launch import LaunchDescription
    from launch.actions import DeclareLaunchArgument, OpaqueFunction

    declared = [
        DeclareLaunchArgument(name, default_value="", description=text)
        for name, (_, text) in PARAMETER_ARGUMENTS.items()
    ]
    declared += [
        DeclareLaunchArgument(
            name, default_value="", description=f"PoseStamped topic (default: {topic})"
        )
        for name, topic in TOPIC_ARGUMENTS.items()
    ]
    declared += [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, (default, text) in OTHER_ARGUMENTS.items()
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=start)])


def start(context):
    """Return the node, the handlers that activate it, and RViz."""
    from launch.substitutions import LaunchConfiguration
    from launch_ros.actions import LifecycleNode, Node

    def value(name):
        return LaunchConfiguration(name).perform(context)

    parameters = {
        name: to_parameter(kind, value(name))
        for name, (kind, _) in PARAMETER_ARGUMENTS.items()
        if value(name)
    }
    node = LifecycleNode(
        package=PACKAGE,
        executable=EXECUTABLE,
        name=NODE_NAME,
        namespace=value("namespace"),
        output="screen",
        parameters=[value("params_file"), parameters],
        remappings=[(topic, value(name)) for name, topic in TOPIC_ARGUMENTS.items() if value(name)],
    )
    actions = [node, *lifecycle_actions(node)]
    if to_parameter(bool, value("rviz")):
        actions.append(Node(package="rviz2", executable="rviz2", arguments=["-d", RVIZ_FILE]))
    return actions


def lifecycle_actions(node):
    """Configure, then activate; ChangeState events work on Humble, Jazzy and Kilted alike."""
    from launch.actions import EmitEvent, RegisterEventHandler
    from launch.events import Shutdown, matches_action
    from launch_ros.event_handlers import OnStateTransition
    from launch_ros.events.lifecycle import ChangeState
    from lifecycle_msgs.msg import Transition

    def change(transition):
        return EmitEvent(
            event=ChangeState(lifecycle_node_matcher=matches_action(node), transition_id=transition)
        )

    return [
        RegisterEventHandler(
            OnStateTransition(
                target_lifecycle_node=node,
                start_state="configuring",
                goal_state="inactive",
                entities=[change(Transition.TRANSITION_ACTIVATE)],
            )
        ),
        # The node says why on its log; a launch that stands there without a body helps no one.
        RegisterEventHandler(
            OnStateTransition(
                target_lifecycle_node=node,
                start_state="configuring",
                goal_state="unconfigured",
                entities=[EmitEvent(event=Shutdown(reason="kinest could not be configured"))],
            )
        ),
        change(Transition.TRANSITION_CONFIGURE),
    ]
