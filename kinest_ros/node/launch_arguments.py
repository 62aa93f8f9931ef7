# SPDX-License-Identifier: Apache-2.0
"""The arguments of launch/kinest.launch.py: what each sets, and what may be written for it.

Plain tables, free of ROS and of launch: the docs and the tests read them.
"""

from __future__ import annotations

from pathlib import Path

from kinest_ros.body.joints import SLOTS

Value = bool | int | float | str | list[str]

#: Route -> what it is; each has its parameters in config/<route>.yaml.
ROUTES = {
    "openxr": "PoseStamped topics of an OpenXR bridge, Y up",
    "vive_tf": "trackers that are frames on /tf",
    "mocap": "rigid bodies of a motion capture system",
    "bag": "a recording of PoseStamped topics",
}
#: Routes whose parameter file sets use_sim_time; viewers must use that clock too, or they drop the
#: recording's stamps as old.
SIM_TIME_ROUTES = ("bag",)
#: Route -> topic argument -> topic, where the usual source does not publish below ~/.
ROUTE_TOPICS = {"mocap": {"poses_topic": "/poses"}}

#: Launch argument -> (its type, the parameter of the node that it sets, what it does). A list is
#: written with commas.
PARAMETER_ARGUMENTS: dict[str, tuple[type, str, str]] = {
    "input": (str, "input", "kind of message the poses come in: pose, tf, tracker_array, ..."),
    "input_basis": (str, "input_basis", "axes of the poses: ros (Z up), openxr or unity (Y up)"),
    "trackers": (list, "trackers", "slots to listen to: head,left_hand,right_hand"),
    "tf_fixed_frame": (str, "tf_fixed_frame", "with input tf: frame the trackers are looked up in"),
    "tracker_timeout": (float, "tracker_timeout", "s without a pose until a tracker is lost"),
    "frozen_timeout": (float, "frozen_timeout", "s of identical poses until lost; 0: never"),
    "patience": (float, "patience", "s to wait for a late tracker before extrapolating it"),
    "restamp": (bool, "restamp", "stamp with ROS time, not the trackers' clock: true or false"),
    "qos_reliability": (str, "qos_reliability", "QoS of the inputs: best_effort or reliable"),
    "qos_depth": (int, "qos_depth", "queue length of the inputs"),
    "web_host": (str, "web_host", "with input webxr: 0.0.0.0 lets headsets in over the network"),
    "web_port": (int, "web_port", "with input webxr: port of the page"),
    "deadman_topic": (
        str,
        "web_deadman_topic",
        "with input webxr: Bool topic, true while a trigger is held",
    ),
    **{
        f"{slot}_source": (str, f"source.{slot}", f"name of the {slot}: frame or rigid body")
        for slot in SLOTS
    },
    "hand_poses": (bool, "hand_poses", "also listen to ~/<hand>/hand_pose: true or false"),
    "calibration": (str, "calibration", "calibration of the wearer: a .yaml file or a user name"),
    "hand_device": (str, "hand_device", "what the hand trackers are: controller or wrist"),
    "stature": (float, "stature", "body height in m (default: as calibrated, else estimated)"),
    "skeleton": (str, "skeleton", ".npz file with rest_offsets; overrides stature"),
    "snap_wrists": (bool, "snap_wrists", "move the wrists onto the hand trackers: true or false"),
    "snap_body": (bool, "snap_body", "move pelvis and feet onto their trackers: true or false"),
    "smooth_posture": (bool, "smooth_posture", "filter jitter out of the posture: true or false"),
    "foot_lock": (bool, "foot_lock", "keep standing feet from sliding: true or false"),
    "world_frame": (str, "world_frame", "parent frame of the pelvis (default: the poses' frame)"),
    "publish_tf": (str, "publish_tf", "all links, root alone (robot_state_publisher) or none"),
    "body_id": (str, "body_id", "prefix of the link frames, <body_id>/pelvis"),
    "bodies": (list, "bodies", "ids of several bodies on this node: anna,ben"),
    "rep155": (bool, "rep155", "also publish the body as in REP-155: true or false"),
    "weights": (str, "weights", "name of bundled weights or path of a .safetensors file"),
    "device": (str, "device", "where the network runs: auto, cpu or cuda"),
    "runtime": (str, "runtime", "how the network runs: auto, torch, onnx, native or cuda_graph"),
    "realtime_priority": (
        int,
        "realtime_priority",
        "1 to 99: SCHED_FIFO priority, with locked memory; 0: off",
    ),
    "max_backlog": (
        float,
        "max_backlog",
        "s of poses that may wait in a node that is too slow; 0: any number",
    ),
    "batching": (
        str,
        "batching",
        "several bodies in one step of the network: auto, always or never",
    ),
    "use_sim_time": (bool, "use_sim_time", "take the node's clock from /clock: true or false"),
}

#: Launch argument -> the topic of the node that it renames.
TOPIC_ARGUMENTS = {
    **{f"{slot}_topic": f"~/{slot}/pose" for slot in SLOTS},
    "poses_topic": "~/poses",
    "rigid_bodies_topic": "~/rigid_bodies",
    "trackers_topic": "~/trackers",
}

#: Launch argument -> (default, what it does).
OTHER_ARGUMENTS = {
    "route": ("", f"where the poses come from: {', '.join(ROUTES)}; empty: PoseStamped, Z up"),
    "bag": ("", "folder of a rosbag2 to play as soon as the node is active"),
    "robot": ("", "MJCF or URDF of a robot to retarget to, or own; empty: no robot"),
    "robot_params": ("", "YAML file with your parameters for the robot's node"),
    "namespace": ("", "namespace of the node"),
    "params_file": ("", "YAML file with your parameters"),
    "rviz": ("false", "open RViz on the body: true or false"),
    "foxglove": ("false", "start foxglove_bridge on port 8765: true or false"),
}

#: Type of a launch argument -> what may be written for it.
WRITTEN = {bool: "true or false", int: "a whole number, such as 10", float: "a number, such as 0.5"}


def value_of(name: str, kind: type, text: str) -> Value:
    """Convert a launch argument's text; an error names the argument and what it may be."""
    try:
        return to_parameter(kind, text)
    except ValueError:
        raise ValueError(f"launch argument {name}:={text}: give {WRITTEN[kind]}") from None


def to_parameter(kind: type, text: str) -> Value:
    """Convert a launch argument's text to the type of its parameter."""
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise ValueError(f"'{text}' is neither true nor false")
        return text.lower() == "true"
    if kind is list:
        return [item.strip() for item in text.strip("[]").split(",")]
    value: int | float | str = kind(text)
    return value


def existing(name: str, text: str) -> str:
    """Return the path that a launch argument names, as a text; it must be there."""
    path = Path(text).expanduser()
    if not path.exists():
        raise ValueError(f"launch argument {name}:={text}: there is no such file")
    return str(path)
