# SPDX-License-Identifier: Apache-2.0
"""Executable ``kinest_retarget``: runs the lifecycle node until SIGINT or SIGTERM."""

from __future__ import annotations

import sys

from kinest_ros.errors import KinestError
from kinest_ros.node.own_arguments import asks_for_help, refuse_unknown
from kinest_ros.node.signals import exit_at_signal, until_signal

_HELP = """usage: kinest_retarget [--ros-args -p NAME:=VALUE ...]

The lifecycle node /kinest_retarget: bodies of a kinest node in, joint positions of a robot out.

  --ros-args       parameters, remappings and the like, as of any ROS 2 node

  kinest_retarget --ros-args -p autostart:=true -p robot:=own
  kinest_retarget --ros-args --params-file config/retarget.yaml -p robot:=g1.xml

docs/RETARGETING.md has its topics and what it does when bodies stop or jump; docs/interface.md has
every parameter. `kinest retarget --describe ROBOT` shows how a description is understood."""


def main(args: list[str] | None = None) -> int:
    """Run the node; return 0 after a signal, 2 for a user's error such as a bad parameter."""
    given = sys.argv[1:] if args is None else args[1:]
    if asks_for_help(given):
        print(_HELP)
        return 0
    try:
        refuse_unknown("kinest_retarget", given)
    except KinestError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        with exit_at_signal():
            from kinest_ros.node.parameters.parameter_files import warn_of_unheard_files
            from kinest_ros.node.retarget.retarget_node import RetargetNode
            from kinest_ros.node.spinning import running_ros, spin
    except ModuleNotFoundError as error:
        print(f"error: {missing(error)}", file=sys.stderr)
        return 2
    try:
        with until_signal(last=True) as stop, running_ros(args):
            node = RetargetNode()
            warn_of_unheard_files(node, args)
            try:
                node.start_if_asked()
                spin(node, stop)
            finally:
                node.destroy_node()
    except KinestError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def missing(error: ModuleNotFoundError) -> str:
    """Say how to get a package that is missing."""
    if error.name in ("mujoco", "daqp"):
        return f"retargeting needs {error.name}: pip install 'kinest_ros[retarget]'"
    return (
        f"{error.name} is missing: source a ROS 2 workspace with kinest_ros in it, or run "
        "`make setup` and use .venv/bin/kinest_retarget"
    )


if __name__ == "__main__":
    sys.exit(main())
