# SPDX-License-Identifier: Apache-2.0
"""`kinest up`: the node, its page for the headset and the view, in one command."""

from __future__ import annotations

import argparse
import json
import re
import sys

from kinest_ros.cli import options
from kinest_ros.cli.web import add_address
from kinest_ros.errors import KinestError

NAME = "up"
HELP = "start the node, a page for your headset's browser, and a 3D view"
EXAMPLES = """examples:
  kinest up --host 0.0.0.0                        scan the code with the headset, and see yourself
  kinest up --host 0.0.0.0 --calibration anna     calibrations are saved under that name
  kinest up                                       a headset on a USB cable, see docs/web.md
  kinest up --no-view --param publish_tf:=root    parameters of the node as in config/kinest.yaml

Ctrl-C stops everything."""

_URL = re.compile(r"https://\S+/#[\w-]+")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_address(parser)
    parser.add_argument("--stature", type=float, metavar="M", help="body height in m")
    parser.add_argument(
        "--calibration",
        default="default",
        metavar="NAME",
        help="user name or .yaml file that the calibration is read from and saved to "
        "(default: %(default)s)",
    )
    parser.add_argument("--no-view", action="store_true", help="do not serve the 3D view")
    parser.add_argument(
        "--view-port",
        type=options.port,
        default=8080,
        help="port of the 3D view (default: %(default)s)",
    )
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME:=VALUE",
        help="parameter of the node; repeatable",
    )


def run(args: argparse.Namespace) -> int:
    """Start all of it and wait for a signal, or for one of them to end."""
    _check_ros()
    from kinest_ros.cli.children import Children
    from kinest_ros.node.signals import until_signal

    with until_signal() as stop, Children() as children:
        children.start("node", "kinest_ros.node.main", "--ros-args", *node_arguments(args))
        if not args.no_view:
            port = str(args.view_port)
            children.start("view", "kinest_ros.cli.main", "view", "--port", port)
        while not stop.is_set():
            line = children.line(0.2)
            if line is not None:
                print(f"[{line[0]}] {line[1]}", flush=True)
                _show_code(line[1])
                continue
            ended = children.ended()
            if ended is not None and not stop.is_set():
                raise KinestError(f"the {ended[0]} ended with exit code {ended[1]}: see above")
    return 0


def node_arguments(args: argparse.Namespace) -> list[str]:
    """Return the node's arguments behind --ros-args."""
    parameters = {
        "autostart": "true",
        "input": "webxr",
        "web_host": args.host,
        "web_port": str(args.port),
        "calibration": json.dumps(args.calibration),  # 007 is a name too
    }
    if args.stature is not None:
        parameters["stature"] = str(float(args.stature))
    if args.deadman:
        parameters["web_deadman_topic"] = args.deadman
    for item in args.param:
        name, sign, value = item.partition(":=")
        if not sign or not name:
            raise KinestError(f"--param {item}: write it as NAME:=VALUE, such as rep155:=true")
        parameters[name] = value
    return [part for name, value in parameters.items() for part in ("-p", f"{name}:={value}")]


def _show_code(line: str) -> None:
    found = _URL.search(line)
    if found is not None and "localhost" not in found[0] and sys.stdout.isatty():
        from kinest_ros.web.addresses import qr_code

        print(qr_code(found[0]), flush=True)


def _check_ros() -> None:
    import importlib.util

    if importlib.util.find_spec("rclpy") is None:
        raise KinestError(
            "rclpy is missing: source a ROS 2 workspace with kinest_ros in it, or run `make setup` "
            "and use .venv/bin/kinest"
        )
    for module in ("aiohttp", "cryptography", "segno"):
        if importlib.util.find_spec(module) is None:
            options.note(f"{module} is missing: pip install kinest_ros[web]")
