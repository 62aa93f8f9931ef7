# SPDX-License-Identifier: Apache-2.0
"""The input sources by name. A source's module is imported only when it is selected."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kinest_ros.decoding.kinds import DECODERS
from kinest_ros.decoding.options import InputOptions
from kinest_ros.errors import KinestError
from kinest_ros.node.inputs.callbacks import OnFrame, OnWarning

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


def _decoded(topics: str, package: str = "geometry_msgs", remedy: str = "") -> InputSpec:
    """Return an input whose messages `kinest_ros.decoding` decodes."""
    return InputSpec("subscriber", "Subscriber", topics, package, remedy)


def _packaged(package: str, pip: bool = False) -> str:
    wheel = f", or pip install ros-{package.replace('_', '-')}" if pip else ""
    return f"sudo apt install ros-$ROS_DISTRO-{package.replace('_', '-')}{wheel}"


INPUTS: Mapping[str, InputSpec] = {
    "pose": _decoded("~/<slot>/pose: geometry_msgs/PoseStamped"),
    "pose_with_covariance": _decoded(
        "~/<slot>/pose_with_covariance: geometry_msgs/PoseWithCovarianceStamped",
    ),
    "odometry": _decoded(
        "~/<slot>/odometry: nav_msgs/Odometry",
        "nav_msgs",
        _packaged("nav_msgs", pip=True),
    ),
    "tracker_array": _decoded("~/trackers: kinest_ros/TrackerArray", "kinest_ros"),
    "tf": _decoded("/tf, /tf_static: tf2_msgs/TFMessage", "tf2_msgs"),
    "named_pose_array": _decoded(
        "~/poses: motion_capture_tracking_interfaces/NamedPoseArray",
        "motion_capture_tracking_interfaces",
        _packaged("motion_capture_tracking_interfaces"),
    ),
    "isaac_teleop": _decoded(
        "~/poses: teleop_ros2_interfaces/NamedPoseArray; ~/head/pose: geometry_msgs/PoseStamped",
        "teleop_ros2_interfaces",
        "sudo apt install ros-$ROS_DISTRO-teleop-ros2-interfaces from NVIDIA's Isaac repository, "
        "or build it in your workspace: examples/teleop_ros2/teleop_ros2_interfaces in "
        "https://github.com/NVIDIA/IsaacTeleop",
    ),
    "rigid_bodies": _decoded(
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
        make: Callable[..., InputSource] = getattr(module, spec.kind)
        if name in DECODERS:
            make = functools.partial(make, input_name=name)
        source = make(node, options, on_frame, on_warning, prefix)
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
    return source
