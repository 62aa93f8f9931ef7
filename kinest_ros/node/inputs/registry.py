# SPDX-License-Identifier: Apache-2.0
"""The input sources by name. A source's module is imported only when it is selected."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kinest_ros.errors import KinestError
from kinest_ros.node.inputs.callbacks import OnFrame, OnWarning
from kinest_ros.node.inputs.options import InputOptions

if TYPE_CHECKING:
    from rclpy.node import Node

    from kinest_ros.node.inputs.source import InputSource


@dataclass(frozen=True)
class InputSpec:
    """One kind of input.

    Attributes:
        module: below `kinest_ros.node.inputs`.
        kind: the InputSource's name in that module.
        topics: what it subscribes to, with the message type; for documentation.
        package: ROS package of its messages.
        remedy: how to get that package.
    """

    module: str
    kind: str
    topics: str
    package: str = "geometry_msgs"
    remedy: str = ""


def _packaged(package: str, pip: bool = False) -> str:
    wheel = f", or pip install ros-{package.replace('_', '-')}" if pip else ""
    return f"sudo apt install ros-$ROS_DISTRO-{package.replace('_', '-')}{wheel}"


INPUTS: Mapping[str, InputSpec] = {
    "pose": InputSpec("pose", "PoseInput", "~/<slot>/pose: geometry_msgs/PoseStamped"),
    "pose_with_covariance": InputSpec(
        "pose",
        "PoseWithCovarianceInput",
        "~/<slot>/pose_with_covariance: geometry_msgs/PoseWithCovarianceStamped",
    ),
    "odometry": InputSpec(
        "odometry",
        "OdometryInput",
        "~/<slot>/odometry: nav_msgs/Odometry",
        "nav_msgs",
        _packaged("nav_msgs", pip=True),
    ),
    "tracker_array": InputSpec(
        "tracker_array", "TrackerArrayInput", "~/trackers: kinest_ros/TrackerArray", "kinest_ros"
    ),
    "tf": InputSpec("tf", "TfInput", "/tf, /tf_static: tf2_msgs/TFMessage", "tf2_msgs"),
    "named_pose_array": InputSpec(
        "named_pose_array",
        "NamedPoseArrayInput",
        "~/poses: motion_capture_tracking_interfaces/NamedPoseArray",
        "motion_capture_tracking_interfaces",
        _packaged("motion_capture_tracking_interfaces"),
    ),
    "isaac_teleop": InputSpec(
        "isaac_teleop",
        "IsaacTeleopInput",
        "~/poses: teleop_ros2_interfaces/NamedPoseArray; ~/head/pose: geometry_msgs/PoseStamped",
        "teleop_ros2_interfaces",
        "sudo apt install ros-$ROS_DISTRO-teleop-ros2-interfaces from NVIDIA's Isaac repository, "
        "or build it in your workspace: examples/teleop_ros2/teleop_ros2_interfaces in "
        "https://github.com/NVIDIA/IsaacTeleop",
    ),
    "rigid_bodies": InputSpec(
        "rigid_bodies",
        "RigidBodiesInput",
        "~/rigid_bodies: mocap4r2_msgs/RigidBodies",
        "mocap4r2_msgs",
        _packaged("mocap4r2_msgs"),
    ),
    "webxr": InputSpec(
        "webxr", "WebxrInput", "https: WebXR in the headset's own browser", "std_msgs"
    ),
}


def create_input(
    name: str,
    node: Node,
    options: InputOptions,
    on_frame: OnFrame,
    on_warning: OnWarning,
    prefix: str = "~/",
) -> InputSource:
    """Import the named input and return it, not yet started.

    Args:
        name: key of `INPUTS`.
        node: subscribes.
        options: which trackers, and how.
        on_frame: called with each frame; see `OnFrame`.
        on_warning: called with what the user should know; see `OnWarning`.
        prefix: what the names of the input's own topics begin with.

    Raises:
        KinestError: no such input, its message package is missing or too old, or the options do
            not go with it.
    """
    spec = INPUTS.get(name)
    if spec is None:
        raise KinestError(f"there is no input '{name}'; available are {', '.join(INPUTS)}")
    try:
        module = importlib.import_module(f"kinest_ros.node.inputs.{spec.module}")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != spec.package:
            raise
        raise KinestError(
            f"input '{name}' needs the ROS package {spec.package}, which is not installed here: "
            f"{spec.remedy}"
        ) from error
    except ImportError as error:
        if spec.package not in str(error):
            raise
        raise KinestError(
            f"input '{name}': the installed {spec.package} does not have the message "
            f"({error}): {spec.remedy}"
        ) from error
    source: InputSource = getattr(module, spec.kind)(node, options, on_frame, on_warning, prefix)
    return source
