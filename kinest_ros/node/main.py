# SPDX-License-Identifier: Apache-2.0
"""Executable ``kinest_node``: runs the lifecycle node until SIGINT or SIGTERM."""

from __future__ import annotations

import gc
import sys

from kinest_ros.errors import KinestError
from kinest_ros.node.own_arguments import asks_for_help, refuse_unknown
from kinest_ros.node.signals import exit_at_signal, until_signal

_HELP = """usage: kinest_node [--retarget FILE [NAMESPACE]] [--ros-args -p NAME:=VALUE ...]

The lifecycle node /kinest: poses of a headset and hands in, the pose of the whole body out.

  --retarget FILE  move a robot, too; FILE holds the parameters of its node (config/retarget.yaml)
  --ros-args       parameters, remappings and the like, as of any ROS 2 node

  kinest_node --ros-args -p autostart:=true -p stature:=1.80
  kinest_node --ros-args --params-file config/openxr.yaml -p autostart:=true -p calibration:=anna
  kinest_node --retarget config/retarget.yaml --ros-args -p autostart:=true

docs/interface.md has every parameter, topic and service. Without autostart it waits to be
configured and activated, as by the launch file: ros2 launch kinest_ros kinest.launch.py"""


def main(args: list[str] | None = None) -> int:
    """Run the node; return 0 after a signal, 2 for a user's error such as a bad parameter."""
    given = sys.argv[1:] if args is None else args[1:]
    if asks_for_help(given):
        print(_HELP)
        return 0
    try:
        refuse_unknown("kinest_node", given, "--retarget")
    except KinestError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        with exit_at_signal():  # PyTorch takes seconds to load
            from kinest_ros.node.kinest_node import KinestNode
            from kinest_ros.node.parameters.parameter_files import warn_of_unheard_files
            from kinest_ros.node.retarget.composed import beside
            from kinest_ros.node.spinning import running_ros, spin
    except ModuleNotFoundError as error:
        print(
            f"error: {error.name} is missing: source a ROS 2 workspace with kinest_ros in it, or "
            "run `make setup` and use .venv/bin/kinest_node",
            file=sys.stderr,
        )
        return 2

    try:
        with until_signal(last=True) as stop, running_ros(args):
            node = KinestNode()
            warn_of_unheard_files(node, args)
            robot = beside(node, sys.argv if args is None else args)
            try:
                node.start_if_asked()
                spin(node, stop, *([robot] if robot else []))
            finally:
                if robot:
                    robot.destroy_node()
                node.destroy_node()
    except KinestError as error:
        print(f"error: {error}", file=sys.stderr)
        # Python would look through all that PyTorch has loaded, for seconds, before it ends.
        gc.freeze()
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
