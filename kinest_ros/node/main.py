# SPDX-License-Identifier: Apache-2.0
"""Executable ``kinest_node``: runs the lifecycle node until SIGINT or SIGTERM."""

from __future__ import annotations

import gc
import sys

from kinest_ros.errors import KinestError
from kinest_ros.node.signals import exit_at_signal, until_signal


def main(args: list[str] | None = None) -> int:
    """Run the node; return 0 after a signal, 2 for a user's error such as a bad parameter."""
    try:
        with exit_at_signal():  # PyTorch takes seconds to load
            from kinest_ros.node.kinest_node import KinestNode
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
            robot = beside(node, sys.argv if args is None else args)
            try:
                if node.get_parameter("autostart").value:
                    node.start()
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
