# SPDX-License-Identifier: Apache-2.0
"""Parameter files that say nothing to the node they were given to: ROS 2 itself is silent then."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rclpy.node import Node

from kinest_ros.files.bounded import parse_yaml, read_text

_PARAMETERS = "ros__parameters"


def warn_of_unheard_files(node: Node, arguments: Sequence[str] | None = None) -> None:
    """Warn of each parameter file that names other nodes alone.

    Args:
        node: the files are meant for it.
        arguments: of the process or the node, as after --ros-args; those of the process when None.
    """
    name = node.get_fully_qualified_name()
    for file in _files(sys.argv if arguments is None else arguments):
        try:
            meant = list(_nodes(parse_yaml(read_text(file))))
        except (OSError, ValueError):
            continue  # ROS has read it; what it cannot read it refuses
        if not any(re.fullmatch(_pattern(other), name) for other in meant):
            said = f"is for {', '.join(meant)}" if meant else "holds no parameters"
            node.get_logger().warning(
                f"parameter file {file} {said}, so nothing in it reaches this node: write "
                f"{name.strip('/')}: or /**: above {_PARAMETERS}"
            )


def _files(arguments: Sequence[str]) -> list[Path]:
    return [Path(b) for a, b in itertools.pairwise(arguments) if a == "--params-file"]


def _nodes(content: Any, above: str = "") -> Iterator[str]:
    """Yield the names of nodes that a file has parameters for, namespaces may lie around them."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key == _PARAMETERS:
                yield above
            else:
                yield from _nodes(value, f"{above}/{str(key).strip('/')}")


def _pattern(name: str) -> str:
    """Return what full names of nodes match: ** stands for any number of names, * for one."""
    words = {"**": r"(/\w+)*", "*": r"/\w+"}
    return "".join(words.get(part, f"/{re.escape(part)}") for part in name.strip("/").split("/"))
