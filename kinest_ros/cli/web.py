# SPDX-License-Identifier: Apache-2.0
"""`kinest web`: the headset's own browser as a bridge to ROS 2."""

from __future__ import annotations

import argparse
import sys

from kinest_ros.cli import options
from kinest_ros.errors import KinestError

NAME = "web"
HELP = "serve a page that a headset's browser streams its poses from, as TrackerArray"
EXAMPLES = """examples:
  kinest web --host 0.0.0.0                    a headset on the same network: scan the code
  kinest web                                   this computer only, or a headset on a USB cable
  kinest web --prefix /kinest/anna --port 8444   the headset of one of several bodies

Publishes /kinest/trackers (kinest_ros/TrackerArray) and shows the body from /kinest/body. The
node reads it with `input: tracker_array`, on this machine or another one. On the same machine,
`input: webxr` serves the same page from the node itself, which is faster; `kinest up` does that."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_address(parser)
    parser.add_argument(
        "--prefix",
        default="/kinest",
        metavar="NAME",
        help="the node that makes the body, or one body of it, /kinest/anna (default: %(default)s)",
    )
    parser.add_argument(
        "--frame", default="world", help="frame_id of the published poses (default: %(default)s)"
    )


def add_address(parser: argparse.ArgumentParser) -> None:
    """Declare where a page for headsets is served."""
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="what to listen on: 127.0.0.1 is this computer alone, 0.0.0.0 the network "
        "(default: %(default)s)",
    )
    parser.add_argument("--port", type=options.port, default=8443, help="(default: %(default)s)")
    parser.add_argument(
        "--deadman",
        default="",
        metavar="TOPIC",
        help="publish on this topic (std_msgs/Bool) that a trigger is held",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until a signal."""
    try:
        import rclpy

        from kinest_ros.node.clients.web_bridge import BridgeOptions, WebBridge
        from kinest_ros.node.spinning import ros_until_signal, spin
    except ModuleNotFoundError as error:
        raise KinestError(
            f"{error.name} is missing: source a ROS 2 workspace with kinest_ros in it, or run "
            "`make setup` and use .venv/bin/kinest"
        ) from error
    from kinest_ros.web.addresses import qr_code

    address = BridgeOptions(args.host, args.port, args.prefix, args.frame, args.deadman)
    with ros_until_signal() as stop:
        node = rclpy.create_node("kinest_web")
        bridge = None
        try:
            bridge = WebBridge(node, address, lambda text: print(text, flush=True))
            url = bridge.server.url(bridge.room)
            if sys.stdout.isatty():
                print(qr_code(url))
            print(f"open in the headset's browser: {url}\n{bridge.server.meaning}", flush=True)
            spin(node, stop)
        finally:
            if bridge is not None:
                bridge.close()
            node.destroy_node()
    return 0
