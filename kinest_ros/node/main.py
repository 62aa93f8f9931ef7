# SPDX-License-Identifier: Apache-2.0
"""Executable ``kinest_node``: runs the lifecycle node until SIGINT or SIGTERM."""

from __future__ import annotations

import sys

from kinest_ros.errors import KinestError


def main(args: list[str] | None = None) -> int:
    """Run the node; return 0 after a signal, 2 for a user's error such as a bad parameter."""
    try:
        from kinest_ros.node.kinest_node import KinestNode
        from kinest_ros.node.spinning import ros_until_signal, spin
    except ModuleNotFoundError as error:
        print(
            f"error: {error.name} is missing: source a ROS 2 workspace with kinest_ros in it, or "
            "run `make setup` and use .venv/bin/kinest_node",
            file=sys.stderr,
        )
        return 2

    try:
        with ros_until_signal(args) as stop:
            node = KinestNode()
            if node.get_parameter("autostart").value:
                node.start()
            spin(node, stop)
            node.destroy_node()
    except KinestError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
