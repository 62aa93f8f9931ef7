# SPDX-License-Identifier: Apache-2.0
"""Executable ``kinest_retarget``: runs the lifecycle node until SIGINT or SIGTERM."""

from __future__ import annotations

import sys

from kinest_ros.errors import KinestError
from kinest_ros.node.signals import exit_at_signal, until_signal


def main(args: list[str] | None = None) -> int:
    """Run the node; return 0 after a signal, 2 for a user's error such as a bad parameter."""
    try:
        with exit_at_signal():
            from kinest_ros.node.retarget.retarget_node import RetargetNode
            from kinest_ros.node.spinning import running_ros, spin
    except ModuleNotFoundError as error:
        print(f"error: {missing(error)}", file=sys.stderr)
        return 2
    try:
        with until_signal(last=True) as stop, running_ros(args):
            node = RetargetNode()
            try:
                if node.get_parameter("autostart").value:
                    node.start()
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
